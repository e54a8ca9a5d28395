#include "app/yaml_text.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace keelboat {
namespace {

constexpr std::string_view kHex = "0123456789ABCDEF";

// Words that some reader of YAML takes for something else than a text.
constexpr std::array<std::string_view, 12> kWords = {
    "null", "true", "false", "yes", "no", "on", "off", "y", "n", "nan", "inf", "auto"};

bool IsBare(std::string_view text) {
  if (text.empty() || !std::isalpha(static_cast<unsigned char>(text.front())))
    return false;
  std::string lower;
  for (unsigned char c : text) {
    if (c >= 0x80 || !(std::isalnum(c) || c == '_' || c == '-' || c == '.' || c == '/')) {
      return false;
    }
    lower += static_cast<char>(std::tolower(c));
  }
  return std::find(kWords.begin(), kWords.end(), lower) == kWords.end();
}

}  // namespace

std::string QuotedYamlText(std::string_view text) {
  std::string quoted = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == '"' || c == '\\') {
      quoted += {'\\', text[i]};
    } else if (c == '\n') {
      quoted += "\\n";
    } else if (c == '\t') {
      quoted += "\\t";
    } else if (c < 0x20 || c == 0x7F) {
      quoted += {'\\', 'x', kHex[c >> 4], kHex[c & 15]};
    } else if (c == 0xC2 && i + 1 < text.size() &&
               static_cast<unsigned char>(text[i + 1]) < 0xA0) {
      // U+0080 to U+009F are control characters to YAML.
      const auto low = static_cast<unsigned char>(text[++i]);
      quoted += {'\\', 'x', kHex[low >> 4], kHex[low & 15]};
    } else {
      quoted += text[i];
    }
  }
  return quoted + '"';
}

std::string YamlText(std::string_view text) {
  return IsBare(text) ? std::string(text) : QuotedYamlText(text);
}

}  // namespace keelboat
