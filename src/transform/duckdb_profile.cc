#include "transform/duckdb_profile.h"

#include "transform/profile_text.h"

namespace keelboat {

using transform::ProfileText;

std::string DuckdbProfile(const DuckdbProfileOptions& options) {
  std::string text = transform::ProfileHead(options.target);
  text += "      type: duckdb\n";
  text += "      path: " + ProfileText(options.path.string()) + "\n";
  text += "      schema: " + ProfileText(options.schema) + "\n";
  text += "      threads: " + std::to_string(options.threads) + "\n";
  if (!options.settings.empty()) text += "      settings:\n";
  for (const auto& [name, value] : options.settings) {
    text += "        " + ProfileText(name) + ": " + ProfileText(value) + "\n";
  }
  return text;
}

}  // namespace keelboat
