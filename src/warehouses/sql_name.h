#pragma once

#include <string>
#include <string_view>

namespace keelboat {

/// Quotes a name: `a "b"` becomes `"a ""b"""`. Every name is safe this way.
std::string QuoteName(std::string_view name);

/// Whether two names differ at most in the case of ASCII letters.
bool SameName(std::string_view left, std::string_view right);

}  // namespace keelboat
