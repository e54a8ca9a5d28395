#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/result.h>

#include "lake/lake.h"
#include "lake/view/latest.h"

namespace keelboat {

/// Receives some rows of a file, with the columns and types that the file has.
/// `superseded[i]`: row i does not count, a newer one has its key. Empty: all count.
using RowVisitor =
    std::function<arrow::Status(const DataFile& file, const arrow::RecordBatch& rows,
                                const std::vector<bool>& superseded)>;

/// Some rows of a file, as a RowVisitor gets them.
struct LatestBatch {
  const DataFile* file = nullptr;
  std::shared_ptr<arrow::RecordBatch> rows;
  std::vector<bool> superseded;
};

class LatestRows;
class ParquetReader;

/// \brief Goes through the rows of a view once, as they are asked for.
///
/// Holds a batch and the encoded columns of a row group. One thread. Borrows the view.
class LatestRowsReader {
 public:
  explicit LatestRowsReader(const LatestRows& view);
  ~LatestRowsReader();

  /// The next rows, file by file; nullopt after the last. Errors as VisitKeys. Not called
  /// again after one.
  arrow::Result<std::optional<LatestBatch>> Next(const std::stop_token& stop);

 private:
  arrow::Result<std::optional<LatestBatch>> NextOfFile();

  const LatestRows& view_;
  std::size_t index_ = 0;
  std::unique_ptr<ParquetReader> file_;  // Null between two files.
  int64_t rows_ = 0;                     // Read of it.
};

/// \brief The rows of the latest-per-key view, to be gone through as often as need be.
///
/// What is superseded is found out once, from the key columns, and kept as a bit a row of
/// the files that have any. One thread at a time. Borrows the table.
class LatestRows {
 public:
  /// Without a key all rows count. Memory: as ViewOptions says, with 24 bytes a key.
  /// Errors as VisitKeys; kUnsupported for files of mixed versions.
  static arrow::Result<LatestRows> Make(const LakeTable& table,
                                        std::vector<DataFile> files,
                                        const std::vector<std::string>& key,
                                        const std::stop_token& stop,
                                        const ViewOptions& options = {});

  /// All rows of all files, file by file. Errors as VisitKeys, and those of `visit`.
  arrow::Status Visit(const std::stop_token& stop, const RowVisitor& visit) const;

 private:
  friend class LatestRowsReader;

  LatestRows(const LakeTable& table, std::vector<DataFile> files)
      : table_(&table), files_(std::move(files)), superseded_(files_.size()) {}

  // Of all keys those that are looked at together.
  struct Part {
    uint64_t number = 0;
    uint64_t of = 1;
    int64_t expected = 0;  ///< Rows of newer files, about.
  };
  arrow::Status MarkSuperseded(const std::vector<std::string>& key, const Part& part,
                               const std::stop_token& stop);

  const LakeTable* table_;
  std::vector<DataFile> files_;
  /// For each file a bit a row; empty: no row of it.
  std::vector<std::vector<bool>> superseded_;
};

}  // namespace keelboat
