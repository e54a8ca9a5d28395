#pragma once

#include <arrow/record_batch.h>
#include <arrow/status.h>

namespace keelboat {

/// \brief Writes batches of one schema as one file or stream of some format.
///
/// One thread at a time. The output stream is flushed and closed by whoever opened it.
/// After any failure only destruction is allowed. Errors: those of the stream, and kData
/// for a value that the format cannot hold.
class RowWriter {
 public:
  virtual ~RowWriter() = default;
  virtual arrow::Status Write(const arrow::RecordBatch& batch) = 0;
  /// Writes what belongs at the end. Without it the output is incomplete.
  virtual arrow::Status Finish() = 0;
};

}  // namespace keelboat
