#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <arrow/record_batch.h>
#include <nanobind/nanobind.h>

#include "interruptible.h"
#include "keelboat/fetch.h"
#include "keelboat/project.h"

namespace keelboat::python {

/// \brief A batch for whoever speaks the Arrow PyCapsule interface.
///
/// Nothing is copied: the capsule owns the batch.
class Batch {
 public:
  explicit Batch(std::shared_ptr<arrow::RecordBatch> batch) : batch_(std::move(batch)) {}
  int64_t rows() const { return batch_->num_rows(); }
  int64_t bytes() const;
  nanobind::object ToCapsules(const nanobind::object& requested_schema) const;

 private:
  std::shared_ptr<arrow::RecordBatch> batch_;
};

/// \brief Rows as they come, one batch after another. One thread at a time.
class Rows {
 public:
  /// `fetch` is `reader` where it is one of a fetch, else null; `source` knows what has
  /// to stay out of messages.
  Rows(std::shared_ptr<arrow::RecordBatchReader> reader,
       std::shared_ptr<FetchReader> fetch, std::stop_source stop, Deadline deadline,
       std::optional<NamedSource> source)
      : reader_(std::move(reader)),
        fetch_(std::move(fetch)),
        stop_(std::move(stop)),
        deadline_(deadline),
        source_(std::move(source)) {}
  Rows(Rows&&) = default;
  ~Rows();

  nanobind::object SchemaCapsule() const;
  /// The next batch; nullopt after the last. Ctrl-C ends the fetch.
  std::optional<Batch> Next();
  /// Ends the server's query. Idempotent; without the interpreter's lock.
  void Close();
  nanobind::dict Info() const;

 private:
  std::shared_ptr<arrow::RecordBatchReader> reader_;
  std::shared_ptr<FetchReader> fetch_;
  std::stop_source stop_;
  Deadline deadline_;
  std::optional<NamedSource> source_;
};

/// The status without any secret that the source knows.
arrow::Status Redacted(const arrow::Status& status,
                       const std::optional<NamedSource>& source);

void RegisterRows(nanobind::module_& module);

}  // namespace keelboat::python
