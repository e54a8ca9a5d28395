#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <arrow/result.h>

#include "warehouses/snowflake/existing_table.h"
#include "warehouses/snowflake/ledger.h"
#include "warehouses/snowflake/load_sql.h"
#include "warehouses/snowflake/staged_load.h"
#include "warehouses/warehouse.h"

namespace keelboat::snowflake {

/// \brief One table's way from lake files into the warehouse.
///
/// Files into a table of their own, columns altered, then one transaction without any
/// DDL: ledger and rows. Used once, by one thread. Borrows everything it is given.
class TableLoad {
 public:
  TableLoad(Session* session, OpenSession open, const SnowflakeOptions& options,
            const LoadRequest& request);

  /// On an error the transaction is rolled back, as far as the session still answers.
  arrow::Result<LoadResult> Run();

 private:
  arrow::Status ReadLedger();
  arrow::Status ReadExisting();
  arrow::Result<bool> IsUpToDate();
  /// Whether the ledger is where the increment begins.
  arrow::Status CheckStart();
  arrow::Status PlanColumns();
  arrow::Result<LoadResult> Load();
  arrow::Status AlterColumns();
  /// Puts a table with other columns in the place of the one that is there.
  arrow::Status Replace();
  arrow::Result<int64_t> Publish();
  arrow::Status MoveLedger();
  arrow::Result<int64_t> PublishWhole();
  arrow::Result<int64_t> PublishIncrement();
  arrow::Status Commit();
  arrow::Status WriteComments();
  arrow::Status Moved();
  /// Whether the load that moved the ledger brought the very version that this one has.
  bool LoadedByAnother();

  Session* session_;
  const OpenSession open_;
  const SnowflakeOptions& options_;
  const LoadRequest& request_;
  const Place place_;
  const Ledger ledger_;
  const LoadName name_;
  std::optional<LoadSql> sql_;
  std::optional<ExistingTable> existing_;
  ColumnChanges changes_;
  std::optional<LedgerEntry> previous_;
  LedgerEntry next_;
  int64_t staged_rows_ = 0;
  std::string bound_;  ///< Of the rows that go by their cursor.
  bool replaced_ = false;
  bool overtaken_ = false;    ///< Another load moved the ledger first.
  bool rolled_back_ = false;  ///< The session answered after a failure.
};

}  // namespace keelboat::snowflake
