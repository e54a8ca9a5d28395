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
#include "warehouses/row_difference.h"
#include "warehouses/warehouse.h"

namespace keelboat::duckdb {

/// \brief Compares a table with what a whole load would give.
///
/// Rows are taken as a multiset; every value of a row goes into its 64-bit hash, floats
/// with all their bits. Equal counts and equal sums of the hashes are equal tables, which
/// needs one pass over each side and no memory. Otherwise the hashes are matched, in
/// bounded memory, and the rows looked up. Used once; borrows everything it is given.
class TableComparison {
 public:
  TableComparison(adbc::Connection* connection, const std::string& schema,
                  const LoadRequest& request)
      : connection_(*connection), schema_(schema), request_(request) {}

  /// In one transaction, which is rolled back. Where even that fails the connection
  /// cannot be used any more.
  arrow::Result<Difference> Run(const std::stop_token& stop);

 private:
  /// The rows of one side: a query with the columns in order, and the name for people.
  struct Side {
    std::string name;
    std::string select;
    std::string sign;
  };

  arrow::Result<Difference> Compare();
  arrow::Status CheckLedger();
  arrow::Status MatchColumns();
  std::string Hashes(const Side& side) const;
  arrow::Result<std::vector<DifferingRow>> FindExamples(const Side& side);

  adbc::Connection& connection_;
  const std::string& schema_;
  const LoadRequest& request_;
  std::optional<ExistingTable> existing_;
  std::vector<Column> columns_;   ///< The lake's.
  std::vector<std::size_t> key_;  ///< Positions in `columns_`.
  Side lake_;
  Side warehouse_;
};

}  // namespace keelboat::duckdb
