#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/result.h>

#include "core/clock.h"
#include "core/retry.h"
#include "sources/metabase/api.h"
#include "sources/metabase/asked_query.h"
#include "sources/metabase/export_decoder.h"
#include "sources/source.h"

namespace keelboat::metabase {

/// \brief What readers found out about the size of rows, for those after them.
///
/// Thread-safe. Without it each reader begins with a guess from the types.
class RowSizes {
 public:
  /// Arrow's bytes of a row of this answer; 0: not known yet.
  double Of(const std::string& sql) const {
    const std::lock_guard lock(mutex_);
    const auto found = bytes_.find(sql);
    return found == bytes_.end() ? 0 : found->second;
  }
  void Tell(const std::string& sql, double bytes) {
    const std::lock_guard lock(mutex_);
    bytes_[sql] = bytes;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, double> bytes_;
};

/// How a piece is read. A value.
struct PieceOptions {
  /// Rows are compared with counts of the database.
  bool count_rows = true;
  /// Rows of an export at which the server may have cut it.
  int64_t row_limit = 1'048'575;
  /// A piece that is known to have more rows is cut before it is read.
  int64_t most_rows = 500'000;
  /// What is held back at most until it is known to be whole: the memory of a reader.
  int64_t hold_bytes = int64_t{32} << 20;
  /// A body that took longer is cut before it is tried again: servers end answers after
  /// ten minutes.
  std::chrono::seconds long_answer{240};
  RetryPolicy retry;
  const Clock* clock = &Clock::System();  ///< Borrowed.
  std::shared_ptr<RowSizes> row_sizes;    ///< Shared by readers; may be null.
};

/// \brief Reads one partition of a described question, whole or not at all.
///
/// Each export is held back until its end is proven and its rows agree with the counts
/// before and after; then its batches are handed out. One that was cut, or that came
/// short, is asked for again, then in halves: rows come once, in the query's order where
/// it has one. `partition.estimated_rows` of SplitQuestion is the count before.
///
/// What cannot be cut (a LIMIT, a saved question) and does not fit `hold_bytes` is
/// handed out while it arrives; a failure after that is final. One thread. Closing it,
/// or a stop request, closes the stream, which ends the server's query.
class PieceReader final : public SourceReader {
 public:
  /// Asks nothing yet. `api` must outlive the reader.
  static arrow::Result<std::shared_ptr<SourceReader>> Make(Api& api,
                                                           const Relation& relation,
                                                           const Partition& partition,
                                                           const PieceOptions& options,
                                                           const std::stop_token& stop);
  ~PieceReader() override;

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }
  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override;
  arrow::Status Close() override;
  std::vector<std::string> Warnings() const override;
  int64_t MovedRows() const override { return moved_; }

 private:
  using Batch = std::shared_ptr<arrow::RecordBatch>;
  // A part of the partition that is asked for at once.
  struct Slice {
    std::vector<Predicate> predicates;
    std::optional<int64_t> before;  // Rows, counted.
    int attempts = 0;
    int depth = 0;             // How often it was cut.
    bool indivisible = false;  // Nothing left to cut on.
  };

  PieceReader(Api& api, AskedQuery query, Partition partition, PieceOptions options,
              std::shared_ptr<arrow::Schema> schema, std::stop_token stop);

  arrow::Status Advance();
  arrow::Status ReadSlice();
  arrow::Status Open(const Slice& slice);
  arrow::Result<Batch> NextBatch();
  arrow::Status Hold();
  arrow::Status GoOn();
  arrow::Status Finish(int64_t rows, bool handed_out);
  arrow::Status AfterFailure(const arrow::Status& status, int64_t rows);
  arrow::Status Confess();
  arrow::Result<bool> CutFront(int64_t target);
  arrow::Result<int64_t> Count(const Slice& slice);
  int64_t RowsThatFit() const;
  void Measure(int64_t bytes, int64_t rows);
  std::string NameOf(const Slice& slice) const;

  Api& api_;
  const AskedQuery query_;
  const Partition partition_;
  const PieceOptions options_;
  const std::shared_ptr<arrow::Schema> schema_;
  const std::stop_token stop_;
  const bool counts_;

  std::deque<Slice> todo_;
  std::deque<Batch> ready_;
  std::unique_ptr<ExportDecoder> decoder_;  // Of the first slice, while it is read.
  std::vector<int> wanted_;
  std::chrono::steady_clock::time_point opened_;
  double row_bytes_;  // Arrow's; a guess, then measured.
  int64_t moved_ = 0;
  std::vector<std::string> warnings_;
  arrow::Status status_;
};

/// The same, as sources open their readers.
arrow::Result<std::shared_ptr<SourceReader>> ReadPiece(Api& api, const Relation& relation,
                                                       const Partition& partition,
                                                       const PieceOptions& options,
                                                       const std::stop_token& stop);

}  // namespace keelboat::metabase
