#include "transform/profile_text.h"

#include <nlohmann/json.hpp>

namespace keelboat::transform {

std::string ProfileText(const std::string& text) {
  // A JSON string is a YAML string.
  std::string quoted =
      nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  if (text.find("{{") == std::string::npos && text.find("{%") == std::string::npos &&
      text.find("{#") == std::string::npos) {
    return quoted;
  }
  std::string safe;
  for (char c : quoted) {
    // The YAML parser turns an escape back before Jinja sees it, hence an expression.
    if (c == '{') {
      safe += "{{ '{' }}";
    } else {
      safe += c;
    }
  }
  return safe;
}

std::string ProfileHead(const std::string& target) {
  std::string text = std::string(kDbtProfileName) + ":\n";
  text += "  target: " + ProfileText(target) + "\n";
  text += "  outputs:\n";
  text += "    " + ProfileText(target) + ":\n";
  return text;
}

}  // namespace keelboat::transform
