#include "warehouses/duckdb/table_in_pieces.h"

#include "warehouses/duckdb/database_file.h"
#include "warehouses/duckdb/existing_table.h"
#include "warehouses/duckdb/sql_text.h"
#include "warehouses/duckdb/table_making.h"
#include "warehouses/taken_name.h"
#include "warehouses/warehouse.h"

namespace keelboat::duckdb {
namespace {

constexpr const char* kMergeNothing = "SET max_vacuum_tasks = 0";

/// DuckDB's own.
constexpr const char* kSkipLogBytes = "100000";

}  // namespace

std::string PiecesComment() {
  return std::string(kLoadedAtComment) + " The table came in pieces: large rows.";
}

TableInPieces::TableInPieces(LoadSession* session, const std::string& schema)
    : session_(*session), schema_(schema), target_(QuoteTable(schema, kPiecesTable)) {}

arrow::Status TableInPieces::Fill(const std::vector<Column>& columns,
                                  const std::vector<std::string>& selects) {
  ARROW_ASSIGN_OR_RAISE(auto foreign,
                        ReadExistingTable(session_.connection(), schema_, kPiecesTable));
  if (foreign.has_value()) return NotOurs(target_, foreign->is_view);
  // Every commit is a checkpoint, without the write-ahead log: that would hold and write
  // all values once more.
  for (const std::string& sql :
       {std::string(kMergeNothing), std::string("SET checkpoint_threshold = '0b'"),
        std::string("SET auto_checkpoint_skip_wal_threshold = 0"),
        "CREATE SCHEMA IF NOT EXISTS " + QuoteName(schema_),
        std::string("BEGIN TRANSACTION"), CreateStatement(target_, columns),
        "COMMENT ON COLUMN " + target_ + "." + QuoteName(kLoadedAtColumn) + " IS " +
            QuoteText(PiecesComment()),
        std::string("COMMIT")}) {
    ARROW_RETURN_NOT_OK(session_.Execute(sql));
  }
  for (const std::string& select : selects) {
    ARROW_RETURN_NOT_OK(session_.InsertInto(target_, select));
  }
  ARROW_RETURN_NOT_OK(session_.Execute(std::string("SET checkpoint_threshold = ") +
                                       QuoteText(kCheckpointBytes)));
  return session_
      .Execute(std::string("SET auto_checkpoint_skip_wal_threshold = ") + kSkipLogBytes)
      .status();
}

arrow::Status TableInPieces::Publish(const std::string& table) {
  ARROW_RETURN_NOT_OK(session_.Execute("DROP TABLE IF EXISTS " + session_.target()));
  return session_.Execute("ALTER TABLE " + target_ + " RENAME TO " + QuoteName(table))
      .status();
}

arrow::Status SettlePieces(adbc::Connection& connection, const std::string& schema) {
  ARROW_ASSIGN_OR_RAISE(
      auto found,
      connection.Fetch("SELECT schema_name, table_name FROM duckdb_columns() WHERE "
                       "database_name = current_database() AND column_name = " +
                       QuoteText(kLoadedAtColumn) +
                       " AND comment = " + QuoteText(PiecesComment())));
  bool any = false;
  for (const adbc::Row& table : found) {
    if (table[0] == schema && table[1] == kPiecesTable) {
      ARROW_RETURN_NOT_OK(
          connection.Execute("DROP TABLE " + QuoteTable(schema, kPiecesTable)).status());
    } else {
      any = true;
    }
  }
  if (!any) return arrow::Status::OK();
  return connection.Execute(kMergeNothing).status();
}

}  // namespace keelboat::duckdb
