#include "telemetry/terminal_text.h"

#include <locale.h>
#include <wchar.h>

#include <algorithm>

namespace keelboat {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD
constexpr std::string_view kEllipsis = "…";

/// One character of a text: a code point, a terminal code, or a byte that is neither.
struct Character {
  size_t bytes = 1;
  char32_t code_point = 0;
  bool valid = true;
  bool terminal_code = false;
};

Character Next(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first == 0x1b && text.size() > 1 && text[1] == '[') {
    const size_t end = text.find('m');
    if (end != std::string_view::npos) return {end + 1, 0, true, true};
  }
  if (first < 0x80) return {1, first, true, false};
  size_t length = 0;
  if (first >= 0xc2 && first < 0xe0) length = 2;
  if (first >= 0xe0 && first < 0xf0) length = 3;
  if (first >= 0xf0 && first < 0xf5) length = 4;
  if (length == 0 || text.size() < length) return {1, 0, false, false};
  char32_t code_point = first & (0xff >> (length + 1));
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {1, 0, false, false};
    code_point = (code_point << 6) | (byte(i) & 0x3f);
  }
  const bool overlong =
      (length == 3 && code_point < 0x800) || (length == 4 && code_point < 0x10000);
  const bool surrogate = code_point >= 0xd800 && code_point < 0xe000;
  if (overlong || surrogate || code_point > 0x10ffff) return {1, 0, false, false};
  return {length, code_point, true, false};
}

/// The C library's own table of widths, whatever the process's locale is.
int WidthOf(const Character& character) {
  if (character.terminal_code) return 0;
  if (!character.valid || character.code_point < 0x80) return 1;
  static const locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  if (utf8 == nullptr) return 1;
  const locale_t before = uselocale(utf8);
  const int width = wcwidth(static_cast<wchar_t>(character.code_point));
  uselocale(before);
  return width < 0 ? 1 : width;
}

template <typename F>
void ForEach(std::string_view text, F&& use) {
  while (!text.empty()) {
    const Character character = Next(text);
    use(character, text.substr(0, character.bytes));
    text.remove_prefix(character.bytes);
  }
}

void WrapLine(std::string_view line, int width, std::vector<std::string>& lines) {
  std::string current;
  int used = 0;
  size_t last_space = std::string::npos;
  ForEach(line, [&](const Character& character, std::string_view bytes) {
    const int cells = WidthOf(character);
    if (used + cells > width && !current.empty()) {
      if (bytes == " ") {
        lines.push_back(std::move(current));
        current.clear();
        used = 0;
        last_space = std::string::npos;
        return;
      }
      const bool at_space = last_space != std::string::npos && last_space > 0;
      std::string rest = at_space ? current.substr(last_space + 1) : std::string();
      if (at_space) current.resize(last_space);
      lines.push_back(std::move(current));
      current = std::move(rest);
      used = DisplayWidth(current);
      last_space = std::string::npos;
    }
    if (bytes == " ") last_space = current.size();
    current += bytes;
    used += cells;
  });
  lines.push_back(std::move(current));
}

}  // namespace

std::string Printable(std::string_view text) {
  std::string printable;
  ForEach(text, [&](const Character& character, std::string_view bytes) {
    const char32_t point = character.code_point;
    if (bytes == "\n" || bytes == "\t") {
      printable += ' ';
    } else if (!character.valid || character.terminal_code || point < 0x20 ||
               (point >= 0x7f && point < 0xa0) || (point >= 0x202a && point <= 0x202e)) {
      printable += kReplacement;
    } else {
      printable += bytes;
    }
  });
  return printable;
}

int DisplayWidth(std::string_view text) {
  int width = 0;
  ForEach(text, [&](const Character& character, std::string_view) {
    width += WidthOf(character);
  });
  return width;
}

std::string Truncated(std::string_view text, int width) {
  if (DisplayWidth(text) <= width) return std::string(text);
  std::string cut;
  int used = 0;
  bool full = false;
  bool coloured = false;
  ForEach(text, [&](const Character& character, std::string_view bytes) {
    if (character.terminal_code) {
      if (!full) cut += bytes;
      coloured = true;
      return;
    }
    if (full) return;
    const int cells = WidthOf(character);
    if (used + cells > width - 1) {
      full = true;
      if (width > 0) cut += kEllipsis;
      return;
    }
    cut += bytes;
    used += cells;
  });
  if (coloured) cut += "\x1b[0m";
  return cut;
}

std::string PadRight(std::string_view text, int width) {
  std::string padded(text);
  padded.append(static_cast<size_t>(std::max(0, width - DisplayWidth(text))), ' ');
  return padded;
}

std::string PadLeft(std::string_view text, int width) {
  return std::string(static_cast<size_t>(std::max(0, width - DisplayWidth(text))), ' ') +
         std::string(text);
}

std::vector<std::string> Wrapped(std::string_view text, int width) {
  std::vector<std::string> lines;
  width = std::max(width, 1);
  while (true) {
    const size_t newline = text.find('\n');
    WrapLine(text.substr(0, newline), width, lines);
    if (newline == std::string_view::npos) return lines;
    text.remove_prefix(newline + 1);
  }
}

}  // namespace keelboat
