#pragma once

#include <string>
#include <vector>

#include <arrow/result.h>
#include <arrow/type_fwd.h>

namespace keelboat::duckdb {

/// A column of a warehouse table.
struct Column {
  std::string name;
  std::string type;     ///< As DuckDB itself spells it in `duckdb_columns()`.
  std::string comment;  ///< May be empty.
};

/// \brief The warehouse type of a lake column (TYPES.md has the table).
///
/// kUnsupported, naming the column, for a type that lake tables do not have.
arrow::Result<std::string> ColumnType(const arrow::Field& field);

/// \brief The columns of a lake schema, in order, followed by keelboat's own two.
///
/// kConfig when DuckDB would take two names for the same one.
arrow::Result<std::vector<Column>> TableColumns(const arrow::Schema& schema);

}  // namespace keelboat::duckdb
