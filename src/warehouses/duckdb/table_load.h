#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <arrow/result.h>

#include "warehouses/adbc.h"
#include "warehouses/duckdb/existing_table.h"
#include "warehouses/duckdb/lake_rows.h"
#include "warehouses/duckdb/ledger.h"
#include "warehouses/duckdb/load_session.h"
#include "warehouses/warehouse.h"

namespace keelboat::duckdb {

/// How a whole load goes.
enum class LoadWay {
  kByRows,    ///< At once, and in pieces where the rows are large.
  kInPieces,  ///< In pieces in any case.
};

/// \brief One table's way from lake files into the warehouse: one transaction.
///
/// Used once, by one thread. Borrows everything it is given.
class TableLoad {
 public:
  TableLoad(adbc::Connection* connection, const std::string& schema,
            const LoadRequest& request, const StatementHook& hook,
            LoadWay way = LoadWay::kByRows)
      : connection_(*connection),
        schema_(schema),
        request_(request),
        way_(way),
        session_(connection, schema, request, hook),
        ledger_(connection, schema) {}

  /// \brief Loads up to, not including, the COMMIT; the transaction is left open.
  ///
  /// With `nothing_new` no transaction was begun. After a failure one may be open: the
  /// caller rolls back.
  arrow::Result<LoadResult> Prepare(const std::stop_token& stop);

  /// The ledger row that the transaction writes.
  const LedgerEntry& entry() const { return next_; }
  /// Whether the table came in pieces, which a failure leaves behind for `SettlePieces`.
  bool in_pieces() const { return in_pieces_; }

 private:
  arrow::Status CheckRequest() const;
  arrow::Status ReadLedger();
  arrow::Status ReadExisting();
  arrow::Result<bool> IsUpToDate();
  arrow::Status Begin();
  arrow::Result<int64_t> LoadWhole();
  arrow::Status LoadAtOnce(const LakeRows& rows, const std::vector<Column>& columns,
                           bool keep);
  arrow::Status LoadInPieces(const LakeRows& rows, std::vector<Column> columns);
  arrow::Result<int64_t> ApplyIncrement();

  adbc::Connection& connection_;
  const std::string& schema_;
  const LoadRequest& request_;
  const LoadWay way_;
  LoadSession session_;
  Ledger ledger_;
  std::optional<ExistingTable> existing_;
  std::optional<LedgerEntry> previous_;
  LedgerEntry next_;
  bool in_pieces_ = false;
};

}  // namespace keelboat::duckdb
