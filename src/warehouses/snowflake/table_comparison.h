#pragma once

#include <string>
#include <vector>

#include <arrow/result.h>

#include "warehouses/row_difference.h"
#include "warehouses/snowflake/ledger.h"
#include "warehouses/snowflake/load_sql.h"
#include "warehouses/snowflake/staged_load.h"
#include "warehouses/warehouse.h"

namespace keelboat::snowflake {

/// \brief Compares a table with what a whole load would give.
///
/// The lake's files are staged as for a load. Rows are taken as a multiset and matched by
/// all their values in Snowflake. Used once; borrows everything it is given.
class TableComparison {
 public:
  TableComparison(Session* session, OpenSession open, const SnowflakeOptions& options,
                  const LoadRequest& request);

  arrow::Result<Difference> Run();

 private:
  arrow::Status CheckLedger() const;
  arrow::Status MatchColumns() const;
  arrow::Result<Difference> Compare() const;
  /// Rows of which one side has more, with how many more the lake has.
  std::string Differing() const;
  arrow::Result<std::vector<DifferingRow>> FindExamples(const std::string& side,
                                                        const std::string& where) const;

  Session& session_;
  const OpenSession open_;
  const SnowflakeOptions& options_;
  const LoadRequest& request_;
  const Place place_;
  const LoadName name_;
  std::optional<LoadSql> sql_;
  std::vector<std::string> names_;  ///< Of the lake's columns in Snowflake, quoted.
};

}  // namespace keelboat::snowflake
