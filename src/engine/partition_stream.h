#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/result.h>

#include "core/bounded_queue.h"
#include "sources/source.h"

namespace keelboat {

/// \brief Reads one partition on a thread of its own, a bounded queue ahead of its
/// consumer.
///
/// One consumer. The destructor stops the read and waits for the thread.
class PartitionStream {
 public:
  /// Begins to read at once. Borrows the snapshot, which must outlive the stream.
  PartitionStream(SourceSnapshot& snapshot, const Relation& relation,
                  const Partition& partition, int64_t queue_bytes,
                  const std::stop_token& stop);
  PartitionStream(const PartitionStream&) = delete;
  PartitionStream& operator=(const PartitionStream&) = delete;
  ~PartitionStream();

  /// The next batch, null at the end, or the reader's error.
  arrow::Result<std::shared_ptr<arrow::RecordBatch>> Next();
  /// The reader's warnings. Call it after the end.
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  arrow::Status ReadAll(SourceSnapshot& snapshot, const Relation& relation,
                        const Partition& partition);

  std::stop_source stop_;
  std::stop_callback<std::function<void()>> outer_stop_;
  BoundedQueue<std::shared_ptr<arrow::RecordBatch>> queue_;
  // Written by the thread, read after it ended.
  arrow::Status status_;
  std::vector<std::string> warnings_;
  std::jthread thread_;
};

/// The bytes that a batch holds in memory.
int64_t BatchBytes(const arrow::RecordBatch& batch);

}  // namespace keelboat
