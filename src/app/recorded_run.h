#pragma once

#include <stop_token>
#include <vector>

#include <arrow/result.h>

#include "app/pipeline.h"
#include "telemetry/run_record.h"

namespace keelboat {

struct RecordedRun {
  RunRecord record;
  int exit_code = 0;
};

/// How logs/keelboat.log is written.
struct LogSettings {
  bool json = false;
  bool verbose = false;
};

/// \brief A pipeline run under the project's lock, with its record and log file.
///
/// Writes `logs/runs/<run_id>.json` when it begins and when it ends, so that a run that
/// died leaves one too, and appends to logs/keelboat.log. Fails only when nothing was
/// begun: the lock is held (kUnavailable) or the record cannot be written. `observer`
/// gets every event; borrowed.
arrow::Result<RecordedRun> RunRecorded(Project& project, const PipelineRequest& request,
                                       const LogSettings& log, Observer& observer,
                                       const std::stop_token& stop);

}  // namespace keelboat
