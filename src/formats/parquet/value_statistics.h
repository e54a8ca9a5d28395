#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/status.h>

#include "formats/parquet/statistics.h"

namespace keelboat {

/// \brief Statistics of columns, taken from the values themselves.
///
/// The same that ParquetWriter hands back for the same rows. Takes the types that
/// ParquetWriter takes; others are kUnsupported. One thread at a time.
class ValueStatistics {
 public:
  explicit ValueStatistics(int columns);

  arrow::Status Add(const arrow::RecordBatch& batch);
  int64_t rows() const { return rows_; }
  /// In the order of the columns.
  std::vector<ColumnStatistics> Columns() const;

 private:
  arrow::Status AddColumn(const arrow::Array& column, std::size_t index);

  int64_t rows_ = 0;
  std::vector<ColumnStatistics> columns_;
  std::vector<TextBounds> texts_;
  std::vector<bool> is_text_;
};

}  // namespace keelboat
