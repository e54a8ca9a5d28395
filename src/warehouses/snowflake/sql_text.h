#pragma once

#include <string>
#include <string_view>

#include "core/clock.h"
#include "warehouses/sql_name.h"

namespace keelboat::snowflake {

/// Quotes a string value; Snowflake reads backslashes in it as escapes.
std::string QuoteText(std::string_view text);

/// The name that Snowflake gives an unquoted one: ASCII letters in upper case.
std::string UpperName(std::string_view name);

/// \brief The name of an object as configured, without its quotes.
///
/// As in SQL: `raw` is RAW, `"Raw"` is Raw.
std::string ObjectName(std::string_view configured);

/// A timestamp literal; the session's time zone is UTC.
std::string TimeLiteral(SystemTime time);

/// Where tables are: names as Snowflake has them.
struct Place {
  std::string database;
  std::string schema;

  /// "DATABASE"."SCHEMA"
  std::string Schema() const;
  /// "DATABASE"."SCHEMA"."OBJECT"
  std::string Name(std::string_view object) const;
};

}  // namespace keelboat::snowflake
