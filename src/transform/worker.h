#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include <arrow/result.h>

#include "transform/child_process.h"
#include "transform/descriptor.h"
#include "transform/transform.h"
#include "transform/worker_event.h"

namespace keelboat::transform {

/// \brief The Python process that runs dbt (worker.py), and the pipes to it.
///
/// One thread at a time. The process ends with this object, and by itself when this
/// process dies.
class Worker {
 public:
  /// Receives every event that is not an answer.
  using OnEvent = std::function<void(const WorkerEvent& event)>;
  /// Receives lines that are not events: warnings and tracebacks of Python.
  using OnOutput = std::function<void(const std::string& line)>;

  /// How long an interrupted dbt may take to cancel its queries, and a terminated one to
  /// die.
  struct Patience {
    std::chrono::milliseconds interrupt{std::chrono::seconds(10)};
    std::chrono::milliseconds terminate{std::chrono::seconds(3)};
  };

  static arrow::Result<std::unique_ptr<Worker>> Start(const DbtOptions& options);
  ~Worker();

  void set_patience(Patience patience) { patience_ = patience; }
  pid_t pid() const { return child_->pid(); }

  /// Sends one command (a line of JSON).
  arrow::Status Send(const std::string& command);
  /// Reads until an answer (kReady, kUnusable, kDone). kCancelled after a stop request,
  /// the process then being gone; kInternal with its last words when it dies by itself.
  arrow::Result<WorkerEvent> Await(const OnEvent& on_event, const OnOutput& on_output,
                                   const std::stop_token& stop);
  /// Ends the process in good order, so that it closes its database.
  void Quit();

 private:
  Worker() = default;
  arrow::Status PollOnce(int wake, std::chrono::milliseconds timeout);
  void End();
  std::string LastWords() const;

  std::unique_ptr<ChildProcess> child_;
  Descriptor commands_;
  Descriptor events_;
  Descriptor output_;
  std::string event_text_;
  std::string output_text_;
  std::deque<std::string> last_words_;
  Patience patience_;
};

}  // namespace keelboat::transform
