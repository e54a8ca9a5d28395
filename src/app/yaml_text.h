#pragma once

#include <string>
#include <string_view>

namespace keelboat {

/// \brief A text as a YAML scalar: bare where that is safe, else in double quotes.
///
/// Reading it back gives the same text, also where it looks like a number, `null` or
/// `on`.
std::string YamlText(std::string_view text);

/// As YamlText, always in double quotes.
std::string QuotedYamlText(std::string_view text);

}  // namespace keelboat
