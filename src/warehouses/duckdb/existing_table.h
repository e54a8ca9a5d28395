#pragma once

#include <optional>
#include <string>
#include <vector>

#include <arrow/result.h>

#include "warehouses/adbc.h"
#include "warehouses/duckdb/column_types.h"

namespace keelboat::duckdb {

/// What stands in the warehouse under a table's name.
struct ExistingTable {
  std::string name;  ///< As DuckDB has it, which ignores case.
  bool is_view = false;
  std::vector<Column> columns;
  std::string description;
  std::vector<std::string> indexes;  ///< SQL that makes them.
  /// Whether an index or a constraint holds a column unique. DuckDB then refuses a row
  /// that takes the place of one deleted in the same transaction.
  bool is_unique = false;

  /// The column of this name; null where there is none.
  const Column* Find(const std::string& column) const;
  bool has_constraints = false;  ///< Any, `NOT NULL` too: keelboat makes none.

  /// Whether its users hung something on it that goes when it is made anew.
  bool KeepsMore() const { return has_constraints || !indexes.empty(); }
  /// Whether it has keelboat's own columns. Without rows or a ledger row, it was made by
  /// `Setup`.
  bool LooksOurs() const;
};

/// Looks a table or view up; nullopt where there is none.
arrow::Result<std::optional<ExistingTable>> ReadExistingTable(
    adbc::Connection& connection, const std::string& schema, const std::string& table);

}  // namespace keelboat::duckdb
