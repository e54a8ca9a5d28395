#include "telemetry/text_table.h"

#include <algorithm>
#include <cstddef>

#include "telemetry/terminal_text.h"

namespace keelboat {
namespace {

std::size_t Width(const std::string& text) {
  return static_cast<std::size_t>(DisplayWidth(text));
}

}  // namespace

std::string TextTable::ToString() const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t width = Width(columns_[i].heading);
    for (const auto& row : rows_) {
      if (i < row.size()) width = std::max(width, Width(row[i]));
    }
    widths.push_back(width);
  }
  std::string text;
  auto add_line = [&](auto cell_at) {
    std::string line;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const std::string cell = cell_at(i);
      const std::string blanks(widths[i] - Width(cell), ' ');
      if (i > 0) line += "  ";
      line += columns_[i].align == Align::kRight ? blanks + cell : cell + blanks;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  };
  add_line([&](std::size_t i) { return columns_[i].heading; });
  for (const auto& row : rows_) {
    add_line([&](std::size_t i) { return i < row.size() ? row[i] : std::string(); });
  }
  return text;
}

}  // namespace keelboat
