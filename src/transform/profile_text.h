#pragma once

#include <string>

namespace keelboat {

/// The name under which every generated profile stands in profiles.yml.
inline constexpr const char* kDbtProfileName = "keelboat";

namespace transform {

/// A text as a YAML string that dbt's Jinja leaves as it is.
std::string ProfileText(const std::string& text);

/// "keelboat:" down to the target's own settings, which follow with six spaces.
std::string ProfileHead(const std::string& target);

}  // namespace transform
}  // namespace keelboat
