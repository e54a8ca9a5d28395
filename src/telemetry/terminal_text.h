#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace keelboat {

// UTF-8 text measured in terminal cells. All pure and thread-safe. Text that holds
// terminal codes of ours (TextStyle) is measured without them.

/// Replaces control characters and broken UTF-8, so that a table's name or a server's
/// message cannot move the cursor. Newlines become spaces.
std::string Printable(std::string_view text);
/// Cells that the text takes: 0 for combining marks, 2 for wide characters.
int DisplayWidth(std::string_view text);
/// At most `width` cells; what was cut shows as "…". Keeps terminal codes whole and
/// closes them.
std::string Truncated(std::string_view text, int width);
/// Fills up with spaces on the right (or left) to `width` cells.
std::string PadRight(std::string_view text, int width);
std::string PadLeft(std::string_view text, int width);
/// Breaks at spaces, and inside longer words; keeps the text's own line breaks. Never
/// empty.
std::vector<std::string> Wrapped(std::string_view text, int width);

}  // namespace keelboat
