#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <arrow/result.h>

#include "sources/metabase/api.h"
#include "sources/metabase/asked_query.h"
#include "sources/source.h"

namespace keelboat::metabase {

/// Whether ranges can be cut on a column: an integer, a date or a moment.
bool IsRangeKey(const AskedQuery::Column& column);

/// What the server says of a key: one question for several of them.
struct KeyFacts {
  const AskedQuery::Column* column = nullptr;
  int64_t values = 0;  ///< Rows with a value.
  /// As numbers: days of a date, microseconds of a moment; equal where there is none.
  int64_t min = 0;
  int64_t max = 0;
};
struct RowFacts {
  int64_t rows = 0;
  std::vector<KeyFacts> keys;
};

/// Counts the rows that the conditions leave and measures keys among them.
arrow::Result<RowFacts> MeasureRows(Api& api, const AskedQuery& query,
                                    const std::vector<const AskedQuery::Column*>& keys,
                                    const std::string& conditions,
                                    const std::stop_token& stop);

/// Counts the rows of each condition, in as few questions as the server takes.
arrow::Result<std::vector<int64_t>> CountRows(Api& api, const AskedQuery& query,
                                              const std::vector<std::string>& counted,
                                              const std::string& conditions,
                                              const std::stop_token& stop);

/// A half-open range of a key and how many rows it has.
struct CountedPiece {
  Predicate predicate;
  int64_t rows = 0;
};

/// \brief Cuts rows into ranges of a key, of about `target` rows each.
///
/// The outer ranges have no bounds; rows without a value are a piece of their own, where
/// there are any, at the end that the query's order has them. Where values crowd, ranges
/// are cut again and counted again; a single value with more rows stays one range.
/// Disjoint, together every row, in the query's order or the key's. One piece where the
/// key has one value.
arrow::Result<std::vector<CountedPiece>> CutByKey(Api& api, const AskedQuery& query,
                                                  const KeyFacts& key, int64_t rows,
                                                  int64_t target,
                                                  const std::string& conditions,
                                                  const std::stop_token& stop);

}  // namespace keelboat::metabase
