#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <arrow/io/type_fwd.h>
#include <arrow/record_batch.h>
#include <arrow/result.h>
#include <arrow/type_fwd.h>

namespace keelboat {

/// \brief Reads columns of one Parquet file, batch by batch.
///
/// One thread at a time. Holds the encoded columns of about one row group and one batch
/// of at most 64 Ki rows. Errors: kData for a file that is cut off or damaged, with the
/// remedy; kNotFound for a column that the file has not.
class ParquetReader {
 public:
  /// `columns` in the order wanted; empty: all.
  static arrow::Result<std::unique_ptr<ParquetReader>> Make(
      std::shared_ptr<arrow::io::RandomAccessFile> file,
      const std::vector<std::string>& columns);
  ~ParquetReader();

  /// Of the columns that are read.
  const std::shared_ptr<arrow::Schema>& schema() const;
  /// In the file, as its footer says.
  int64_t rows() const;
  /// The next rows; nullptr after the last.
  arrow::Result<std::shared_ptr<arrow::RecordBatch>> Next();

 private:
  class Impl;
  explicit ParquetReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// \brief An error of Arrow about a file's content as kData, with the remedy.
///
/// Statuses with a kind of keelboat's own, and OK, are returned as they are.
arrow::Status AsDamagedParquet(const arrow::Status& status);

}  // namespace keelboat
