#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <arrow/status.h>

namespace keelboat {

/// The half of a table's way that an event speaks of.
enum class Phase { kExtract, kLoad };

/// Returns "extract" or "load".
constexpr const char* PhaseName(Phase phase) {
  return phase == Phase::kExtract ? "extract" : "load";
}

struct RunStarted {
  std::string run_id;
  std::string command;      ///< "run", "extract", "load" or "transform".
  std::string environment;  ///< "dev", "staging", "prod" or the user's own.
  bool test_mode = false;
  std::vector<std::string> tables;
};

/// Work on a table begins.
struct TableStarted {
  std::string table;
  Phase phase;
  std::string strategy;  ///< "full", "incremental" or "hybrid": what is done, not asked.
  std::string reason;    ///< Why, where it is not what was asked; may be empty.
  std::optional<int64_t> estimated_rows;
};

/// More rows went through. Totals since TableStarted, not increments.
struct TableProgress {
  std::string table;
  Phase phase;
  int64_t rows;
  int64_t bytes;  ///< Arrow bytes.
};

/// A retryable error; the same work begins again after the pause.
struct TableRetried {
  std::string table;
  Phase phase;
  int retry;
  std::chrono::milliseconds pause;
  arrow::Status cause;
};

/// A table's phase is committed: from now on readers see its rows.
struct TableCommitted {
  std::string table;
  Phase phase;
  int64_t rows;
  int64_t bytes;  ///< Bytes of the files written (extract) or read (load).
  int64_t files;
  int64_t version;   ///< Lake version.
  bool nothing_new;  ///< True when there was nothing to do, and nothing was done.
  std::chrono::microseconds took;
};

struct TableFailed {
  std::string table;
  Phase phase;
  arrow::Status cause;
};

/// A table's phase was not tried, because something before it failed.
struct TableSkipped {
  std::string table;
  Phase phase;
  std::string reason;
};

/// Something the user should know that does not fail the run.
struct Warned {
  std::string table;  ///< Empty when it concerns the whole run.
  std::string message;
};

/// How many partitions at once turned out to help, and what was measured.
struct WorkersChosen {
  std::string verdict;  ///< "2 workers at once: 1 gave 40 MB/s, 2 gave 71 MB/s".
};

struct TransformStarted {
  std::string tool;  ///< "dbt 1.11.16".
  int64_t nodes;     ///< Models, tests, snapshots … that will run.
};

/// A model, test, snapshot or seed begins.
struct NodeStarted {
  std::string unique_id;
  std::string name;
  std::string resource_type;  ///< "model", "test", "snapshot", "seed", "operation".
  int64_t index;              ///< From 1.
  int64_t total;
};

struct NodeFinished {
  std::string unique_id;
  std::string name;
  std::string resource_type;
  std::string status;   ///< dbt's: "success", "pass", "warn", "fail", "error", "skipped".
  std::string message;  ///< dbt's own words on an error.
  int64_t failures;     ///< Failing rows of a test.
  std::chrono::microseconds took;
  int64_t index;
  int64_t total;
};

struct TransformFinished {
  std::string status;  ///< "ok", "failed" or "skipped".
  int64_t models;      ///< That succeeded; snapshots and seeds count as models.
  int64_t tests;       ///< That passed or only warned.
  int64_t failed;      ///< Nodes that failed or errored.
  std::string reason;  ///< Why it was skipped or what failed first; may be empty.
  std::chrono::microseconds took;
};

struct RunFinished {
  std::string run_id;
  std::string status;  ///< "ok", "failed" or "interrupted".
  std::chrono::microseconds took;
};

using Event =
    std::variant<RunStarted, TableStarted, TableProgress, TableRetried, TableCommitted,
                 TableFailed, TableSkipped, Warned, WorkersChosen, TransformStarted,
                 NodeStarted, NodeFinished, TransformFinished, RunFinished>;

/// \brief Receives what happens in a run: bars, logs, records, metrics, alerts.
///
/// `On` is called from any thread, also from several at once; implementations
/// lock for themselves, return quickly and never fail the run.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void On(const Event& event) = 0;
};

/// Passes every event on to each of several observers, in order. Borrows them.
class ObserverList final : public Observer {
 public:
  explicit ObserverList(std::vector<Observer*> observers)
      : observers_(std::move(observers)) {}
  void On(const Event& event) override {
    for (Observer* observer : observers_) observer->On(event);
  }

 private:
  std::vector<Observer*> observers_;
};

}  // namespace keelboat
