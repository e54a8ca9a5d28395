#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "core/clock.h"
#include "core/observer.h"
#include "telemetry/log_file.h"

namespace keelboat {

struct ProgressLinesOptions {
  bool live = true;      ///< False: only what is finished, no table.progress.
  bool quiet = false;    ///< Only errors.
  bool verbose = false;  ///< Models and tests that begin as well.
  /// Takes secrets out of every text; nullptr: nothing to hide.
  std::function<std::string(std::string_view)> redact = {};
  /// How often a table's progress is told.
  std::chrono::milliseconds period{5000};
  const Clock* clock = &Clock::System();
};

/// \brief Shows a run to a program: JSON lines as in logs/keelboat.log (docs/logs.md).
///
/// Unlike the log it tells how far tables are and which models are done, each table at
/// most once a period and phase. Writes at once, in the thread that brings the event.
/// Thread-safe.
class ProgressLines final : public Observer {
 public:
  /// Borrows the descriptor.
  ProgressLines(int descriptor, ProgressLinesOptions options);

  void On(const Event& event) override;

 private:
  bool IsDue(const TableProgress& progress);

  const ProgressLinesOptions options_;
  LogFile lines_;
  std::mutex mutex_;
  /// When each table's phase was told of last.
  std::map<std::pair<std::string, Phase>, std::chrono::steady_clock::time_point> told_;
};

}  // namespace keelboat
