#pragma once

#include <string>
#include <vector>

namespace keelboat {

/// \brief Columns of text under headings, for people: numbers right, words left.
///
/// Widths are terminal cells, so that names in any language line up; cells may be
/// coloured.
class TextTable {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    std::string heading;
    Align align = Align::kLeft;
  };

  explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}

  /// Missing cells at the end of a row are empty.
  void AddRow(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  bool empty() const { return rows_.empty(); }

  /// The heading line and one line a row, each ended by a newline, no trailing blanks.
  std::string ToString() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace keelboat
