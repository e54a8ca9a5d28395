#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace keelboat {

/// \brief Colours and signs of human output; a value. Without colour the text stays as it
/// is.
struct TextStyle {
  bool colour = false;
  bool unicode = true;
  int width = 80;  ///< Terminal cells a line may take.

  std::string Good(std::string_view text) const;
  std::string Bad(std::string_view text) const;
  std::string Warn(std::string_view text) const;
  std::string Accent(std::string_view text) const;
  std::string Dim(std::string_view text) const;
  std::string Bold(std::string_view text) const;

  /// Signs of how something ended, one cell wide, coloured.
  std::string Tick() const { return Good(unicode ? "✓" : "+"); }
  std::string Cross() const { return Bad(unicode ? "✗" : "x"); }
  std::string Bang() const { return Warn("!"); }
  std::string Skipped() const { return Dim("-"); }
  /// " · " between facts of a line.
  std::string Dot() const { return unicode ? " · " : " - "; }
  /// A bar of `cells` cells, `share` (0 to 1) of it filled.
  std::string Bar(double share, int cells) const;
  /// The n-th picture of a spinner.
  std::string Spinner(int64_t n) const;
};

}  // namespace keelboat
