#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include <arrow/type_fwd.h>
#include <arrow/util/decimal.h>

namespace parquet {
class FileMetaData;
}  // namespace parquet

namespace keelboat {

/// \brief The smallest or largest value of a column.
///
/// Integers, dates (days), timestamps (microseconds) and booleans (0, 1) are int64;
/// floats double; strings and bytes std::string, compared as unsigned bytes. monostate:
/// not known (no value, or bytes too long for a footer).
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

/// \brief Keeps the smallest and largest text of a column.
///
/// A footer leaves out what is longer than a few KiB; this does not.
class TextBounds {
 public:
  void Add(const arrow::StringArray& texts);
  /// monostate before the first value.
  ColumnBound min() const { return seen_ ? ColumnBound(min_) : ColumnBound(); }
  ColumnBound max() const { return seen_ ? ColumnBound(max_) : ColumnBound(); }

 private:
  bool seen_ = false;
  std::string min_;
  std::string max_;
};

/// \brief Reads null count and bounds of one column from a file's footer.
///
/// `has_nan` is not in a footer and stays false.
ColumnStatistics ReadColumnStatistics(const ::parquet::FileMetaData& metadata,
                                      int column);

}  // namespace keelboat
