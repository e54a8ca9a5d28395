#pragma once

#include <optional>
#include <string>
#include <vector>

#include <arrow/result.h>

#include "warehouses/ledger_entry.h"
#include "warehouses/snowflake/session.h"
#include "warehouses/snowflake/sql_text.h"

namespace keelboat::snowflake {

inline constexpr const char* kLedgerTable = "_KEELBOAT_LEDGER";

/// \brief The table that says which lake version each warehouse table holds.
///
/// docs/formats/ledger.md is its specification. Snowflake does not enforce primary keys,
/// so one row without a table's name, the gate, is there for first loads to lock: of two
/// that update it, one waits for the other's end.
class Ledger {
 public:
  explicit Ledger(Place place) : place_(std::move(place)) {}

  std::string name() const { return place_.Name(kLedgerTable); }

  /// \brief All rows but the gate, sorted by table.
  ///
  /// kNotFound where there is no ledger; kUnsupported when a newer keelboat wrote it.
  arrow::Result<std::vector<LedgerEntry>> Read(Session& session) const;

  // SQL. The first two make the ledger and its gate where they are missing.
  std::string CreateStatement() const;
  std::string GateStatement() const;
  /// Locks the gate until the transaction ends; changes one row or more.
  std::string LockStatement(const LedgerEntry& next) const;
  /// Makes the first row of a table, or changes none where it has one.
  std::string InsertStatement(const LedgerEntry& next) const;
  /// Puts `next` in the place of `previous`; changes one row, or none when somebody else
  /// has moved the ledger since `previous` was read.
  std::string AdvanceStatement(const LedgerEntry& previous,
                               const LedgerEntry& next) const;
  /// Says how many rows the table of `entry` came to.
  std::string RowsStatement(const LedgerEntry& entry) const;

 private:
  Place place_;
};

}  // namespace keelboat::snowflake
