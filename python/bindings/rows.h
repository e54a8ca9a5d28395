#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

#include <arrow/record_batch.h>
#include <nanobind/nanobind.h>

#include "endings.h"
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

/// \brief A source. It is left without the interpreter's lock: logging out takes a while.
///
/// Of use in the process that made it alone.
class OpenSource {
 public:
  explicit OpenSource(NamedSource source)
      : source_(new NamedSource(std::move(source)), InItsProcess<NamedSource>()) {}
  OpenSource(OpenSource&&) = default;
  ~OpenSource();

  /// Throws kUnsupported in a fork.
  const NamedSource& get() const;

 private:
  std::unique_ptr<NamedSource, InItsProcess<NamedSource>> source_;
};

/// \brief Rows as they come, one batch after another.
///
/// Calls of several threads wait for one another; `Close` ends one that is under way. Of
/// use in the process that made it alone; the interpreter's end closes it.
class Rows {
 public:
  /// `fetch` is `reader` where it is one of a fetch, else null; `source` knows what has
  /// to stay out of messages.
  Rows(std::shared_ptr<arrow::RecordBatchReader> reader,
       std::shared_ptr<FetchReader> fetch, std::stop_source stop, Deadline deadline,
       std::optional<NamedSource> source);
  Rows(Rows&&) = default;
  ~Rows();

  nanobind::object SchemaCapsule() const;
  /// The next batch; nullopt after the last. Ctrl-C ends the fetch.
  std::optional<Batch> Next();
  /// Ends the server's query: there is no next batch then, but an error, unless the last
  /// one was there already. Idempotent; without the interpreter's lock.
  void Close();
  nanobind::dict Info() const;

 private:
  struct State {
    std::shared_ptr<arrow::RecordBatchReader> reader;
    std::shared_ptr<FetchReader> fetch;
    std::stop_source stop;
    Deadline deadline;
    std::optional<NamedSource> source;
    std::mutex mutex;  // Of the readers and of what follows.
    bool ended = false;
    bool closed = false;

    arrow::Result<std::shared_ptr<arrow::RecordBatch>> Next();
    void Close();
  };
  using OwnState = InItsProcess<std::shared_ptr<State>>;

  State& state() const;

  // A pointer to a pointer: work under way shares the state, a fork leaves it alone.
  std::unique_ptr<std::shared_ptr<State>, OwnState> state_;
  std::unique_ptr<Ending> ending_;
};

/// The status without any secret that the source knows.
arrow::Status Redacted(const arrow::Status& status,
                       const std::optional<NamedSource>& source);

void RegisterRows(nanobind::module_& module);

}  // namespace keelboat::python
