#include "transform/duckdb_profile.h"

#include <nlohmann/json.hpp>

namespace keelboat {
namespace {

/// A JSON string is a YAML string; dbt also renders profiles with Jinja, so braces that
/// would open an expression are taken apart.
std::string Quoted(const std::string& text) {
  std::string quoted =
      nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  if (text.find("{{") == std::string::npos && text.find("{%") == std::string::npos &&
      text.find("{#") == std::string::npos) {
    return quoted;
  }
  std::string safe;
  for (char c : quoted) {
    // The YAML parser turns the escape back before Jinja sees it, hence an expression.
    if (c == '{') {
      safe += "{{ '{' }}";
    } else {
      safe += c;
    }
  }
  return safe;
}

}  // namespace

std::string DuckdbProfile(const DuckdbProfileOptions& options) {
  std::string text;
  text += std::string(kDbtProfileName) + ":\n";
  text += "  target: " + Quoted(options.target) + "\n";
  text += "  outputs:\n";
  text += "    " + Quoted(options.target) + ":\n";
  text += "      type: duckdb\n";
  text += "      path: " + Quoted(options.path.string()) + "\n";
  text += "      schema: " + Quoted(options.schema) + "\n";
  text += "      threads: " + std::to_string(options.threads) + "\n";
  if (!options.settings.empty()) text += "      settings:\n";
  for (const auto& [name, value] : options.settings) {
    text += "        " + Quoted(name) + ": " + Quoted(value) + "\n";
  }
  return text;
}

}  // namespace keelboat
