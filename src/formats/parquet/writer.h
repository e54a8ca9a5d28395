#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <arrow/io/type_fwd.h>
#include <arrow/record_batch.h>
#include <arrow/result.h>

#include "formats/parquet/statistics.h"

namespace keelboat {

struct ParquetOptions {
  /// zstd's; 1 is fastest, 3 saves a few percent for up to twice the time.
  int compression_level = 1;
  /// A row group ends with whichever of the two comes first. Readers parallelise and
  /// skip by row group; 122,880 is DuckDB's own size.
  int64_t row_group_rows = 122'880;
  /// Of Arrow data and, for hundreds of columns, of what their encoders hold beside it.
  int64_t row_group_bytes = int64_t{32} << 20;
  /// Key-value metadata of the file.
  std::map<std::string, std::string> metadata;
};

/// What a finished file holds.
struct ParquetFileInfo {
  int64_t rows = 0;
  int64_t bytes = 0;
  int row_groups = 0;
  std::vector<ColumnStatistics> columns;  ///< In the schema's order.
};

/// \brief Writes one Parquet file.
///
/// One thread at a time; encodes in the caller's thread. Holds one row group in memory:
/// compressed pages, or indices of a dictionary. After any failure only destruction is
/// allowed. Errors: kData (a null in a column that has none, by its name), and
/// whatever the stream returns.
class ParquetWriter {
 public:
  /// `schema` is flat: bool, ints, floats, decimal128, utf8, binary, date32 and
  /// timestamp[us]; others are kUnsupported. The stream is not closed by the writer.
  static arrow::Result<std::unique_ptr<ParquetWriter>> Make(
      std::shared_ptr<arrow::Schema> schema,
      std::shared_ptr<arrow::io::OutputStream> stream, ParquetOptions options = {});
  ~ParquetWriter();

  /// \brief Writes rows from `offset` on, at most to the end of the current row group.
  ///
  /// Returns how many it took (at least one of a non-empty rest), so that the caller
  /// may close the file at a row group's end.
  arrow::Result<int64_t> WriteSome(const arrow::RecordBatch& batch, int64_t offset);
  /// Writes all rows of a batch.
  arrow::Status Write(const arrow::RecordBatch& batch);
  /// Bytes of the row groups that are complete.
  int64_t bytes_written() const;
  /// Row groups that are complete.
  int row_groups() const;
  /// Whether the last row group is complete (also true when nothing was written).
  bool at_row_group_end() const;
  /// Writes the footer.
  arrow::Result<ParquetFileInfo> Finish();

 private:
  class Impl;
  explicit ParquetWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace keelboat
