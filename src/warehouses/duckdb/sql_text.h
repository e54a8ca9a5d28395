#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "warehouses/sql_name.h"

namespace keelboat::duckdb {

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

}  // namespace keelboat::duckdb
