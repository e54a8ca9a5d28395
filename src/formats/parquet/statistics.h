#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include <arrow/util/decimal.h>

namespace parquet {
class FileMetaData;
}  // namespace parquet

namespace keelboat {

/// \brief The smallest or largest value of a column.
///
/// Integers, dates (days) and timestamps (microseconds) are int64; floats double;
/// strings and bytes std::string, compared as unsigned bytes. monostate: not known
/// (no value, or one too long to keep).
using ColumnBound =
    std::variant<std::monostate, int64_t, double, std::string, arrow::Decimal128>;

/// What a file holds in one column. A value.
struct ColumnStatistics {
  int64_t null_count = 0;
  /// Parquet's bounds leave NaN out; with NaN in the column they bound nothing.
  bool has_nan = false;
  ColumnBound min;
  ColumnBound max;
};

/// \brief Reads null count and bounds of one column from a file's footer.
///
/// `has_nan` is not in a footer and stays false.
ColumnStatistics ReadColumnStatistics(const ::parquet::FileMetaData& metadata,
                                      int column);

}  // namespace keelboat
