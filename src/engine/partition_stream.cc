#include "engine/partition_stream.h"

#include <utility>

#include <arrow/util/byte_size.h>

#include "core/stop.h"

namespace keelboat {

PartitionStream::PartitionStream(SourceSnapshot& snapshot, const Relation& relation,
                                 const Partition& partition, int64_t queue_bytes,
                                 const std::stop_token& stop)
    : outer_stop_(stop, [this] { stop_.request_stop(); }),
      queue_(queue_bytes),
      thread_([this, &snapshot, relation, partition] {
        status_ = ReadAll(snapshot, relation, partition);
        queue_.Close();
      }) {}

PartitionStream::~PartitionStream() { stop_.request_stop(); }

arrow::Status PartitionStream::ReadAll(SourceSnapshot& snapshot, const Relation& relation,
                                       const Partition& partition) {
  ARROW_ASSIGN_OR_RAISE(auto reader,
                        snapshot.Read(relation, partition, stop_.get_token()));
  while (true) {
    std::shared_ptr<arrow::RecordBatch> batch;
    ARROW_RETURN_NOT_OK(reader->ReadNext(&batch));
    if (batch == nullptr) break;
    const int64_t bytes = BatchBytes(*batch);
    if (!queue_.Push(std::move(batch), bytes, stop_.get_token())) {
      ARROW_RETURN_NOT_OK(reader->Close());
      return CheckStop(stop_.get_token());
    }
  }
  warnings_ = reader->Warnings();
  return reader->Close();
}

arrow::Result<std::shared_ptr<arrow::RecordBatch>> PartitionStream::Next() {
  auto batch = queue_.Pop(stop_.get_token());
  if (batch.has_value()) return std::move(*batch);
  if (thread_.joinable()) thread_.join();
  ARROW_RETURN_NOT_OK(status_);
  ARROW_RETURN_NOT_OK(CheckStop(stop_.get_token()));
  return nullptr;
}

int64_t BatchBytes(const arrow::RecordBatch& batch) {
  return arrow::util::TotalBufferSize(batch);
}

}  // namespace keelboat
