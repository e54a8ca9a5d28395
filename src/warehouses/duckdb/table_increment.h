#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <arrow/result.h>

#include "warehouses/duckdb/column_types.h"
#include "warehouses/duckdb/existing_table.h"
#include "warehouses/duckdb/lake_rows.h"
#include "warehouses/duckdb/load_session.h"
#include "warehouses/increment_start.h"
#include "warehouses/warehouse.h"

namespace keelboat::duckdb {

/// \brief What changed between two lake versions, on its way into a table.
///
/// Used once, by one thread. Borrows everything it is given.
class TableIncrement {
 public:
  /// `request.increment` is set; `rows_before` is what the ledger says.
  TableIncrement(LoadSession* session, const LoadRequest& request,
                 const ExistingTable& existing, int64_t rows_before)
      : session_(*session),
        request_(request),
        increment_(*request.increment),
        existing_(existing),
        rows_before_(rows_before) {}

  /// Proves, before the transaction, that the table's columns and the cursor's type allow
  /// it. WholeLoadNeeded where they do not.
  arrow::Status Check();

  /// \brief Inside the transaction: columns, deletions, rows, gates.
  ///
  /// Returns how many rows the table came to.
  arrow::Result<int64_t> Apply();

 private:
  arrow::Status MatchColumns();
  arrow::Result<std::string> BoundOf(const Column& cursor) const;
  arrow::Result<int64_t> Delete();
  arrow::Result<int64_t> Insert();

  LoadSession& session_;
  const LoadRequest& request_;
  const LoadIncrement& increment_;
  const ExistingTable& existing_;
  const int64_t rows_before_;
  LakeRows arrived_;
  std::vector<Column> columns_;  ///< Of the table afterwards, with keelboat's own.
  std::vector<Column> added_;
  std::string outdated_;  ///< Condition of the rows that go by their cursor.
};

}  // namespace keelboat::duckdb
