#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/result.h>
#include <arrow/status.h>

#include "keelboat/fetch.h"
#include "sources/source.h"

namespace keelboat {

/// What a reader says that was closed before its end: nobody takes that for the end.
arrow::Status ClosedEarly();

/// Opens the piece of this number. Called from several threads at once.
using OpenPiece = std::function<arrow::Result<std::shared_ptr<SourceReader>>(
    std::size_t piece, const std::stop_token& stop)>;

/// \brief Several pieces of a relation, read side by side, as one stream.
///
/// A thread a connection takes piece after piece from one queue. Ordered: a piece is
/// begun only when it is among the next `connections` to be handed out, so that what is
/// read ahead stays bounded. One consumer.
class ParallelReader final : public FetchReader {
 public:
  struct Settings {
    std::shared_ptr<arrow::Schema> schema;
    std::size_t pieces = 1;
    bool ordered = false;
    int64_t read_ahead_bytes = 0;
    std::stop_token stop;
    FetchInfo info;  ///< `connections` threads are started.
  };

  ParallelReader(Settings settings, OpenPiece open);
  ~ParallelReader() override;

  std::shared_ptr<arrow::Schema> schema() const override { return settings_.schema; }
  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override;
  arrow::Status Close() override;
  std::vector<std::string> Warnings() const override;
  const FetchInfo& info() const override { return settings_.info; }
  int64_t moved() const override;

 private:
  using Batch = std::shared_ptr<arrow::RecordBatch>;
  // Where batches wait: one for each piece, or one for all of them.
  struct Lane {
    std::deque<std::pair<Batch, int64_t>> batches;
    int64_t bytes = 0;
    std::size_t pieces_left = 1;
  };

  void Work();
  arrow::Status Carry(std::size_t piece);
  bool Push(std::size_t piece, Batch batch);
  Lane& LaneOf(std::size_t piece) { return lanes_[settings_.ordered ? piece : 0]; }

  const Settings settings_;
  const OpenPiece open_;
  const int64_t lane_bytes_;
  std::stop_source stop_;
  std::stop_callback<std::function<void()>> outer_stop_;

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<Lane> lanes_;
  std::size_t next_piece_ = 0;  // To be begun.
  std::size_t lane_ = 0;        // To be handed out.
  arrow::Status status_;
  std::vector<std::string> warnings_;
  int64_t moved_ = 0;

  std::vector<std::jthread> threads_;
};

}  // namespace keelboat
