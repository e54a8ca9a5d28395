#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace keelboat {

/// Percent-encodes everything but letters, digits and "-._~".
std::string PercentEncoded(std::string_view text);

/// "name=value&name=value" of an application/x-www-form-urlencoded body.
std::string FormText(
    const std::vector<std::pair<std::string_view, std::string_view>>& fields);

}  // namespace keelboat
