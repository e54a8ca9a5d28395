#include "warehouses/snowflake/ledger.h"

#include "keelboat/error.h"

namespace keelboat::snowflake {
namespace {

std::string Values(const LedgerEntry& entry) {
  return QuoteText(entry.row.table) + ", " + std::to_string(entry.row.lake_version) +
         ", " + QuoteText(entry.row.lake_uri) + ", " + QuoteText(entry.files_sha256) +
         ", " + std::to_string(entry.row.rows) + ", " + QuoteText(entry.row.run_id) +
         ", " + TimeLiteral(entry.row.loaded_at) + ", " + std::to_string(kLedgerFormat);
}

}  // namespace

arrow::Result<std::vector<LedgerEntry>> Ledger::Read(Session& session) const {
  ARROW_ASSIGN_OR_RAISE(
      auto rows,
      session.Fetch("SELECT \"TABLE_NAME\", \"LAKE_VERSION\", \"LAKE_URI\", "
                    "\"FILES_SHA256\", \"ROWS\", \"RUN_ID\", DATEDIFF(MICROSECOND, "
                    "CAST('1970-01-01 00:00:00' AS TIMESTAMP_NTZ), CAST(\"LOADED_AT\" AS "
                    "TIMESTAMP_NTZ)), \"FORMAT\" FROM " +
                    name() + " ORDER BY \"TABLE_NAME\""));
  std::vector<LedgerEntry> entries;
  for (adbc::Row& row : rows) {
    ARROW_ASSIGN_OR_RAISE(int64_t format, ToInteger(row.at(7)));
    ARROW_RETURN_NOT_OK(CheckLedgerFormat(name(), format));
    LedgerEntry entry;
    entry.row.table = row[0].value_or("");
    if (entry.row.table.empty()) continue;
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

std::string Ledger::CreateStatement() const {
  return "CREATE TABLE IF NOT EXISTS " + name() +
         " (\"TABLE_NAME\" VARCHAR NOT NULL, \"LAKE_VERSION\" NUMBER(19,0) NOT NULL, "
         "\"LAKE_URI\" VARCHAR NOT NULL, \"FILES_SHA256\" VARCHAR NOT NULL, \"ROWS\" "
         "NUMBER(19,0) NOT NULL, \"RUN_ID\" VARCHAR NOT NULL, \"LOADED_AT\" "
         "TIMESTAMP_TZ(6) NOT NULL, \"FORMAT\" NUMBER(10,0) NOT NULL)";
}

std::string Ledger::GateStatement() const {
  LedgerEntry gate;
  gate.row.loaded_at = SystemTime();
  return "INSERT INTO " + name() + " SELECT " + Values(gate) +
         " WHERE NOT EXISTS (SELECT 1 FROM " + name() + " WHERE \"TABLE_NAME\" = '')";
}

std::string Ledger::LockStatement(const LedgerEntry& next) const {
  return "UPDATE " + name() + " SET \"RUN_ID\" = " + QuoteText(next.row.run_id) +
         ", \"LOADED_AT\" = " + TimeLiteral(next.row.loaded_at) +
         " WHERE \"TABLE_NAME\" = ''";
}

std::string Ledger::InsertStatement(const LedgerEntry& next) const {
  return "INSERT INTO " + name() + " SELECT " + Values(next) +
         " WHERE NOT EXISTS (SELECT 1 FROM " + name() +
         " WHERE \"TABLE_NAME\" = " + QuoteText(next.row.table) + ")";
}

std::string Ledger::AdvanceStatement(const LedgerEntry& previous,
                                     const LedgerEntry& next) const {
  return "UPDATE " + name() +
         " SET \"LAKE_VERSION\" = " + std::to_string(next.row.lake_version) +
         ", \"LAKE_URI\" = " + QuoteText(next.row.lake_uri) +
         ", \"FILES_SHA256\" = " + QuoteText(next.files_sha256) +
         ", \"ROWS\" = " + std::to_string(next.row.rows) +
         ", \"RUN_ID\" = " + QuoteText(next.row.run_id) +
         ", \"LOADED_AT\" = " + TimeLiteral(next.row.loaded_at) +
         ", \"FORMAT\" = " + std::to_string(kLedgerFormat) +
         " WHERE \"TABLE_NAME\" = " + QuoteText(previous.row.table) +
         " AND \"LAKE_VERSION\" = " + std::to_string(previous.row.lake_version) +
         " AND \"LAKE_URI\" = " + QuoteText(previous.row.lake_uri) +
         " AND \"FILES_SHA256\" = " + QuoteText(previous.files_sha256);
}

std::string Ledger::RowsStatement(const LedgerEntry& entry) const {
  return "UPDATE " + name() + " SET \"ROWS\" = " + std::to_string(entry.row.rows) +
         " WHERE \"TABLE_NAME\" = " + QuoteText(entry.row.table);
}

}  // namespace keelboat::snowflake
