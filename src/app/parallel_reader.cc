#include "app/parallel_reader.h"

#include <algorithm>
#include <exception>
#include <new>
#include <utility>

#include <arrow/util/byte_size.h>

#include "core/stop.h"
#include "keelboat/error.h"

namespace keelboat {

arrow::Status ClosedEarly() {
  return MakeError(ErrorKind::kCancelled, "the rows were closed before their end");
}

ParallelReader::ParallelReader(Settings settings, OpenPiece open)
    : settings_(std::move(settings)),
      open_(std::move(open)),
      lane_bytes_(settings_.read_ahead_bytes /
                  (settings_.ordered ? settings_.info.connections : 1)),
      outer_stop_(settings_.stop, [this] { stop_.request_stop(); }),
      lanes_(settings_.ordered ? settings_.pieces : 1) {
  if (!settings_.ordered) lanes_[0].pieces_left = settings_.pieces;
  for (int i = 0; i < settings_.info.connections; ++i) {
    threads_.emplace_back([this] { Work(); });
  }
}

ParallelReader::~ParallelReader() { (void)Close(); }

arrow::Status ParallelReader::Close() {
  stop_.request_stop();
  for (std::jthread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
  return arrow::Status::OK();
}

void ParallelReader::Work() {
  const std::stop_token stop = stop_.get_token();
  const auto ahead = static_cast<std::size_t>(settings_.info.connections);
  while (true) {
    std::size_t piece = 0;
    {
      std::unique_lock lock(mutex_);
      bool go = changed_.wait(lock, stop, [&] {
        return next_piece_ >= settings_.pieces || !settings_.ordered ||
               next_piece_ < lane_ + ahead;
      });
      if (!go || next_piece_ >= settings_.pieces) return;
      piece = next_piece_++;
    }
    arrow::Status status;
    // Nobody above a thread would catch it.
    try {
      status = Carry(piece);
    } catch (const std::bad_alloc&) {
      status = arrow::Status::OutOfMemory("reading a range");
    } catch (const std::exception& error) {
      status = MakeError(ErrorKind::kInternal,
                         std::string("reading a range: ") + error.what());
    }
    {
      std::lock_guard lock(mutex_);
      // What the others say once they are told to stop is not the cause.
      if (!status.ok() && status_.ok() && !stop.stop_requested()) status_ = status;
      --LaneOf(piece).pieces_left;
      changed_.notify_all();
    }
    if (!status.ok()) stop_.request_stop();
    if (stop.stop_requested()) return;
  }
}

arrow::Status ParallelReader::Carry(std::size_t piece) {
  ARROW_ASSIGN_OR_RAISE(auto reader, open_(piece, stop_.get_token()));
  while (true) {
    Batch batch;
    ARROW_RETURN_NOT_OK(reader->ReadNext(&batch));
    if (batch == nullptr) break;
    if (!Push(piece, std::move(batch))) break;
  }
  {
    std::lock_guard lock(mutex_);
    for (std::string& warning : reader->Warnings()) {
      warnings_.push_back(std::move(warning));
    }
    moved_ += reader->MovedRows();
  }
  return reader->Close();
}

bool ParallelReader::Push(std::size_t piece, Batch batch) {
  const int64_t bytes = arrow::util::TotalBufferSize(*batch);
  std::unique_lock lock(mutex_);
  Lane& lane = LaneOf(piece);
  if (!changed_.wait(lock, stop_.get_token(), [&] {
        return lane.batches.empty() || lane.bytes + bytes <= lane_bytes_;
      })) {
    return false;
  }
  lane.batches.emplace_back(std::move(batch), bytes);
  lane.bytes += bytes;
  changed_.notify_all();
  return true;
}

arrow::Status ParallelReader::ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) {
  batch->reset();
  std::unique_lock lock(mutex_);
  while (lane_ < lanes_.size()) {
    Lane& lane = lanes_[lane_];
    bool ready = changed_.wait(lock, stop_.get_token(), [&] {
      return !lane.batches.empty() || lane.pieces_left == 0;
    });
    ARROW_RETURN_NOT_OK(status_);
    if (!ready || stop_.stop_requested()) {
      ARROW_RETURN_NOT_OK(CheckStop(settings_.stop));
      return ClosedEarly();
    }
    if (!lane.batches.empty()) {
      *batch = std::move(lane.batches.front().first);
      lane.bytes -= lane.batches.front().second;
      lane.batches.pop_front();
      changed_.notify_all();
      return arrow::Status::OK();
    }
    ++lane_;
    changed_.notify_all();
  }
  return arrow::Status::OK();
}

std::vector<std::string> ParallelReader::Warnings() const {
  std::lock_guard lock(mutex_);
  return warnings_;
}

int64_t ParallelReader::moved() const {
  std::lock_guard lock(mutex_);
  return moved_;
}

}  // namespace keelboat
