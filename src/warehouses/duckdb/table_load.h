#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/result.h>

#include "warehouses/adbc.h"
#include "warehouses/duckdb/column_types.h"
#include "warehouses/duckdb/ledger.h"
#include "warehouses/warehouse.h"

namespace keelboat::duckdb {

/// Called with each statement of a load before it runs; an error stops the load there.
/// This is where tests fail or kill a load at every step.
using StatementHook = std::function<arrow::Status(std::string_view sql)>;

/// What stands in the warehouse under a table's name.
struct ExistingTable {
  std::vector<Column> columns;
  std::string description;
};

/// \brief One table's way from lake files into the warehouse: one transaction.
///
/// Used once, by one thread. Borrows everything it is given.
class TableLoad {
 public:
  TableLoad(adbc::Connection* connection, const std::string& schema,
            const LoadRequest& request, const StatementHook& hook)
      : connection_(*connection),
        schema_(schema),
        request_(request),
        hook_(hook),
        ledger_(connection, schema) {}

  /// \brief Loads up to, not including, the COMMIT; the transaction is left open.
  ///
  /// With `nothing_new` no transaction was begun. After a failure one may be open: the
  /// caller rolls back.
  arrow::Result<LoadResult> Prepare(const std::stop_token& stop);

  /// The ledger row that the transaction writes.
  const LedgerEntry& entry() const { return next_; }

 private:
  arrow::Status CheckRequest() const;
  arrow::Status ReadLedger();
  arrow::Result<std::optional<ExistingTable>> ReadExisting();
  arrow::Result<bool> IsUpToDate(const std::optional<ExistingTable>& existing);
  arrow::Status MatchFiles();
  arrow::Status ReplaceContent(const std::optional<ExistingTable>& existing);
  arrow::Status WriteComments(const std::optional<ExistingTable>& existing, bool kept);
  arrow::Status InsertFiles();
  arrow::Result<int64_t> CountRows();
  arrow::Result<int64_t> Execute(const std::string& sql);
  std::string ReadParquet() const;
  std::string Target() const;

  adbc::Connection& connection_;
  const std::string& schema_;
  const LoadRequest& request_;
  const StatementHook& hook_;
  Ledger ledger_;
  std::stop_token stop_;
  std::vector<Column> columns_;
  std::vector<bool>
      in_files_;  ///< Whether any file has the lake column of this position.
  std::optional<LedgerEntry> previous_;
  LedgerEntry next_;
};

}  // namespace keelboat::duckdb
