#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <arrow/result.h>

namespace keelboat::transform {

/// How to start a process. Signals are at their defaults in it, none blocked.
struct ChildOptions {
  std::vector<std::string> arguments;              ///< [0] is the program's path.
  std::map<std::string, std::string> environment;  ///< Added to ours.
  std::filesystem::path working_dir;
  /// The child's descriptors 0, 1, … from ours; -1 leaves one as it is.
  std::vector<int> descriptors;
  /// Out of the terminal's reach: Ctrl-C does not get to it.
  bool own_group = false;
  /// SIGTERM to the child when the thread that started it ends.
  bool die_with_thread = false;
};

/// \brief A running child; one thread at a time. The destructor kills what still runs.
class ChildProcess {
 public:
  /// kNotFound when there is no such program or folder, named with the reason.
  static arrow::Result<std::unique_ptr<ChildProcess>> Start(const ChildOptions& options);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const { return pid_; }
  /// Does nothing once the child was seen to have ended.
  void Signal(int signal);
  /// Waits for the end; nullopt when it did not come within `timeout`. Otherwise the exit
  /// code, or 128 + the signal that killed it.
  std::optional<int> WaitFor(std::chrono::milliseconds timeout);

 private:
  explicit ChildProcess(pid_t pid) : pid_(pid) {}

  pid_t pid_;
  std::optional<int> exit_code_;
};

}  // namespace keelboat::transform
