#include "telemetry/progress_lines.h"

namespace keelboat {

ProgressLines::ProgressLines(int descriptor, ProgressLinesOptions options)
    : options_(std::move(options)),
      lines_({.path = {},
              .json = true,
              .verbose = true,
              .quiet = options_.quiet,
              .redact = options_.redact,
              .mirror = descriptor,
              .clock = options_.clock}) {}

void ProgressLines::On(const Event& event) {
  if (std::holds_alternative<NodeStarted>(event) && !options_.verbose) return;
  if (const auto* progress = std::get_if<TableProgress>(&event)) {
    if (!options_.live || !IsDue(*progress)) return;
  } else if (const auto* started = std::get_if<TableStarted>(&event)) {
    // A table that is done within a period says so itself.
    std::lock_guard lock(mutex_);
    told_[{started->table, started->phase}] = options_.clock->Steady();
  }
  lines_.On(event);
}

bool ProgressLines::IsDue(const TableProgress& progress) {
  const auto now = options_.clock->Steady();
  std::lock_guard lock(mutex_);
  auto& told = told_[{progress.table, progress.phase}];
  if (now - told < options_.period) return false;
  told = now;
  return true;
}

}  // namespace keelboat
