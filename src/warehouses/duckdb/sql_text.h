#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace keelboat::duckdb {

/// Quotes a name: `a "b"` becomes `"a ""b"""`. Every name is safe this way.
std::string QuoteName(std::string_view name);

/// Quotes a string value: `it's` becomes `'it''s'`.
std::string QuoteText(std::string_view text);

/// "schema"."table".
std::string QuoteTable(std::string_view schema, std::string_view table);

/// \brief A path that DuckDB's file functions take literally.
///
/// They read `*`, `?` and `[` as patterns; here each stands for itself.
std::string EscapePattern(std::string_view path);

/// ['a', 'b'], each path escaped and quoted.
std::string QuotePathList(const std::vector<std::string>& paths);

/// Whether DuckDB takes two names for the same one: it ignores the case of ASCII letters.
bool SameName(std::string_view left, std::string_view right);

}  // namespace keelboat::duckdb
