#pragma once

#include <string>
#include <vector>

#include <arrow/result.h>
#include <arrow/type_fwd.h>

namespace keelboat::snowflake {

/// A column of a warehouse table.
struct Column {
  std::string name;       ///< As Snowflake has it, in upper case.
  std::string lake_name;  ///< As the lake has it; empty for keelboat's own.
  std::string type;       ///< "NUMBER(10,0)".
  std::string comment;    ///< May be empty.
  bool nullable = true;   ///< In the lake.

  /// JSON is text in the lake's files.
  bool is_json() const { return type == "VARIANT"; }
};

/// \brief The warehouse type of a lake column (TYPES.md has the table).
///
/// kUnsupported, naming the column, for a type that lake tables do not have or that
/// Snowflake cannot hold.
arrow::Result<std::string> ColumnType(const arrow::Field& field);

/// \brief The columns of a lake schema, in order, followed by keelboat's own two.
///
/// kConfig when Snowflake would take two names for the same one.
arrow::Result<std::vector<Column>> TableColumns(const arrow::Schema& schema);

/// What has to happen to a column so that it holds values of another type.
enum class TypeChange {
  kNone,         ///< It holds them.
  kWiden,        ///< ALTER … SET DATA TYPE, which keeps every value.
  kIncompatible  ///< Only a new column does.
};

/// `existing` as DESCRIBE TABLE spells it: "VARCHAR(16777216)", "TIMESTAMP_NTZ(9)".
TypeChange ChangeBetween(const std::string& existing, const std::string& wanted);

}  // namespace keelboat::snowflake
