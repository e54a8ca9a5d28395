#include "warehouses/duckdb/ledger.h"

#include <charconv>

#include "keelboat/error.h"
#include "warehouses/duckdb/sql_text.h"

namespace keelboat::duckdb {
namespace {

arrow::Result<int64_t> ToInteger(const std::optional<std::string>& text) {
  int64_t value = 0;
  if (text.has_value()) {
    auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (error == std::errc() && end == text->data() + text->size()) return value;
  }
  return MakeError(ErrorKind::kData, "the ledger holds '" + text.value_or("NULL") +
                                         "' where a whole number belongs");
}

}  // namespace

arrow::Result<std::vector<LedgerEntry>> Ledger::Read() {
  ARROW_ASSIGN_OR_RAISE(
      auto tables,
      connection_->Fetch("SELECT table_name FROM duckdb_tables() WHERE database_name = "
                         "current_database() AND schema_name = " +
                         QuoteText(schema_) +
                         " AND table_name = " + QuoteText(kLedgerTable)));
  std::vector<LedgerEntry> entries;
  if (tables.empty()) return entries;
  const std::string ledger = QuoteTable(schema_, kLedgerTable);
  ARROW_ASSIGN_OR_RAISE(auto formats,
                        connection_->Fetch("SELECT max(format) FROM " + ledger));
  if (formats[0][0].has_value()) {
    ARROW_ASSIGN_OR_RAISE(int64_t format, ToInteger(formats[0][0]));
    ARROW_RETURN_NOT_OK(CheckLedgerFormat(ledger, format));
  }
  ARROW_ASSIGN_OR_RAISE(
      auto rows,
      connection_->Fetch("SELECT table_name, lake_version, lake_uri, files_sha256, rows, "
                         "run_id, epoch_us(loaded_at) FROM " +
                         ledger + " ORDER BY table_name"));
  for (adbc::Row& row : rows) {
    LedgerEntry entry;
    entry.row.table = row[0].value_or("");
    ARROW_ASSIGN_OR_RAISE(entry.row.lake_version, ToInteger(row[1]));
    entry.row.lake_uri = row[2].value_or("");
    entry.files_sha256 = row[3].value_or("");
    ARROW_ASSIGN_OR_RAISE(entry.row.rows, ToInteger(row[4]));
    entry.row.run_id = row[5].value_or("");
    ARROW_ASSIGN_OR_RAISE(int64_t microseconds, ToInteger(row[6]));
    entry.row.loaded_at = SystemTime(std::chrono::microseconds(microseconds));
    entries.push_back(std::move(entry));
  }
  return entries;
}

std::vector<std::string> Ledger::CreateStatements() const {
  return {"CREATE SCHEMA IF NOT EXISTS " + QuoteName(schema_),
          "CREATE TABLE IF NOT EXISTS " + QuoteTable(schema_, kLedgerTable) +
              " (table_name VARCHAR PRIMARY KEY, lake_version BIGINT NOT NULL, "
              "lake_uri VARCHAR NOT NULL, files_sha256 VARCHAR NOT NULL, "
              "rows BIGINT NOT NULL, run_id VARCHAR NOT NULL, "
              "loaded_at TIMESTAMPTZ NOT NULL, format INTEGER NOT NULL)"};
}

std::string Ledger::AdvanceStatement(const std::optional<LedgerEntry>& previous,
                                     const LedgerEntry& next) const {
  const std::string ledger = QuoteTable(schema_, kLedgerTable);
  const std::string version = std::to_string(next.row.lake_version);
  const std::string uri = QuoteText(next.row.lake_uri);
  const std::string files = QuoteText(next.files_sha256);
  const std::string rows = std::to_string(next.row.rows);
  const std::string run = QuoteText(next.row.run_id);
  const std::string loaded_at =
      "TIMESTAMPTZ " + QuoteText(FormatTime(next.row.loaded_at));
  const std::string format = std::to_string(kLedgerFormat);
  if (!previous.has_value()) {
    // The primary key refuses the second of two first loads.
    return "INSERT INTO " + ledger + " VALUES (" + QuoteText(next.row.table) + ", " +
           version + ", " + uri + ", " + files + ", " + rows + ", " + run + ", " +
           loaded_at + ", " + format + ")";
  }
  return "UPDATE " + ledger + " SET lake_version = " + version + ", lake_uri = " + uri +
         ", files_sha256 = " + files + ", rows = " + rows + ", run_id = " + run +
         ", loaded_at = " + loaded_at + ", format = " + format +
         " WHERE table_name = " + QuoteText(previous->row.table) +
         " AND lake_version = " + std::to_string(previous->row.lake_version) +
         " AND lake_uri = " + QuoteText(previous->row.lake_uri) +
         " AND files_sha256 = " + QuoteText(previous->files_sha256);
}

std::string Ledger::RowsStatement(const LedgerEntry& entry) const {
  return "UPDATE " + QuoteTable(schema_, kLedgerTable) +
         " SET rows = " + std::to_string(entry.row.rows) +
         " WHERE table_name = " + QuoteText(entry.row.table);
}

}  // namespace keelboat::duckdb
