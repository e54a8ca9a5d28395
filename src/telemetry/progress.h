#pragma once

#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/observer.h"

namespace keelboat {

struct ProgressOptions {
  /// Bars on a terminal, a line every `period` elsewhere. False: only what is finished.
  bool live = true;
  bool quiet = false;    ///< Failures only.
  bool verbose = false;  ///< Every model and test in a line of its own.
  bool color = true;     ///< On a terminal; elsewhere never.
  bool unicode = true;   ///< False for terminals that can only show ASCII.
  /// Takes secrets out of messages; nullptr: nothing to hide.
  std::function<std::string(std::string_view)> redact = {};
  std::chrono::milliseconds frame{100};
  std::chrono::milliseconds period{5000};
};

/// \brief Shows a run to the person who started it.
///
/// On a terminal it draws what is going on at the bottom, at most ten times a second, and
/// above it leaves a line for each table that is done. Elsewhere (a file, a scheduler's
/// log) it writes plain lines without terminal codes. A thread of its own does all
/// writing, so `On` never waits for the terminal. Thread-safe.
class Progress final : public Observer {
 public:
  /// Borrows `out`, which nobody else should write to before `Finish`.
  Progress(std::FILE* out, ProgressOptions options);
  /// Finishes.
  ~Progress() override;

  void On(const Event& event) override;
  /// Writes what is left, takes the bars away and ends the thread. Idempotent.
  void Finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace keelboat
