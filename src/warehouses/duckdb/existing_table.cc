#include "warehouses/duckdb/existing_table.h"

#include "warehouses/duckdb/sql_text.h"
#include "warehouses/warehouse.h"

namespace keelboat::duckdb {

const Column* ExistingTable::Find(const std::string& column) const {
  for (const Column& candidate : columns) {
    if (candidate.name == column) return &candidate;
  }
  return nullptr;
}

bool ExistingTable::LooksOurs() const {
  return Find(kRunIdColumn) != nullptr && Find(kLoadedAtColumn) != nullptr;
}

arrow::Result<std::optional<ExistingTable>> ReadExistingTable(
    adbc::Connection& connection, const std::string& schema, const std::string& table) {
  const std::string here =
      " WHERE database_name = current_database() AND schema_name = " + QuoteText(schema);
  ARROW_ASSIGN_OR_RAISE(
      auto relations,
      connection.Fetch(
          "SELECT table_name, 'table', comment FROM duckdb_tables()" + here +
          " UNION ALL SELECT view_name, 'view', comment FROM duckdb_views()" + here));
  for (const adbc::Row& relation : relations) {
    if (!SameName(*relation[0], table)) continue;
    ExistingTable existing;
    existing.name = *relation[0];
    existing.is_view = relation[1] == "view";
    existing.description = relation[2].value_or("");
    const std::string of_table = here + " AND table_name = " + QuoteText(existing.name);
    ARROW_ASSIGN_OR_RAISE(
        auto rows,
        connection.Fetch("SELECT column_name, data_type, comment FROM duckdb_columns()" +
                         of_table + " ORDER BY column_index"));
    for (const adbc::Row& row : rows) {
      existing.columns.push_back({*row[0], *row[1], row[2].value_or("")});
    }
    ARROW_ASSIGN_OR_RAISE(
        auto indexes,
        connection.Fetch("SELECT sql, is_unique FROM duckdb_indexes()" + of_table +
                         " AND sql IS NOT NULL ORDER BY index_name"));
    for (const adbc::Row& row : indexes) {
      existing.indexes.push_back(*row[0]);
      existing.is_unique |= row[1] == "true";
    }
    ARROW_ASSIGN_OR_RAISE(
        auto constraints,
        connection.Fetch("SELECT constraint_type FROM duckdb_constraints()" + of_table));
    existing.has_constraints = !constraints.empty();
    for (const adbc::Row& row : constraints) {
      existing.is_unique |= row[0] == "PRIMARY KEY" || row[0] == "UNIQUE";
    }
    return existing;
  }
  return std::nullopt;
}

}  // namespace keelboat::duckdb
