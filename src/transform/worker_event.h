#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keelboat::transform {

/// One line that the worker wrote to its events pipe. A value; fields that its kind does
/// not have are empty.
struct WorkerEvent {
  enum class Kind {
    kReady,         ///< Imports are done: version.
    kUnusable,      ///< dbt could not be imported: text, version where known.
    kDone,          ///< A command ended: success, or error and its Python classes.
    kNodes,         ///< How many nodes the command will run: count.
    kNodeStarted,   ///< id, name, type.
    kNodeFinished,  ///< … and status, text, failures, seconds.
    kLine,          ///< A line for the log: level, text.
  };

  Kind kind = Kind::kLine;
  std::string version;
  std::string text;
  std::string level;
  bool success = false;
  std::vector<std::string> classes;
  int64_t count = 0;
  std::string id;
  std::string name;
  std::string type;
  std::string status;
  std::string path;
  int64_t failures = 0;
  double seconds = 0;
};

/// Returns nullopt for what is not one of the worker's lines.
std::optional<WorkerEvent> ParseWorkerEvent(std::string_view line);

}  // namespace keelboat::transform
