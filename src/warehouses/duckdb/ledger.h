#pragma once

#include <optional>
#include <string>
#include <vector>

#include <arrow/result.h>

#include "warehouses/adbc.h"
#include "warehouses/ledger_entry.h"

namespace keelboat::duckdb {

inline constexpr const char* kLedgerTable = "_keelboat_ledger";

/// \brief The table that says which lake version each warehouse table holds.
///
/// docs/formats/ledger.md is its specification. Borrows the connection.
class Ledger {
 public:
  Ledger(adbc::Connection* connection, std::string schema)
      : connection_(connection), schema_(std::move(schema)) {}

  /// All rows, sorted by table; empty when there is no ledger yet. kUnsupported when a
  /// newer keelboat wrote it.
  arrow::Result<std::vector<LedgerEntry>> Read();

  /// SQL that makes schema and ledger where they are missing.
  std::vector<std::string> CreateStatements() const;

  /// SQL that puts `next` in the place of `previous`, or makes the first row. It changes
  /// one row, or none when somebody else has moved the ledger since `previous` was read.
  std::string AdvanceStatement(const std::optional<LedgerEntry>& previous,
                               const LedgerEntry& next) const;

  /// SQL that says how many rows the table of `entry` came to, after `AdvanceStatement`.
  std::string RowsStatement(const LedgerEntry& entry) const;

 private:
  adbc::Connection* connection_;
  std::string schema_;
};

}  // namespace keelboat::duckdb
