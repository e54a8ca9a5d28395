#pragma once

#include <string>
#include <vector>

#include "telemetry/run_record.h"
#include "telemetry/text_style.h"

namespace keelboat {

// Records as people read them. All pure; colours only where the style has them.

/// \brief The end of a run in a few lines: how it ended, how much, what failed.
///
/// Each table's own line was shown while it ran. No newline at the end.
std::string FormatRunSummary(const RunRecord& record, const TextStyle& style = {});
/// One run in full: every table, errors whole, models and tests, versions.
std::string FormatRun(const RunRecord& record, const TextStyle& style = {});
/// A line a run, in the order given.
std::string FormatHistory(const std::vector<RunRecord>& records,
                          const TextStyle& style = {});

}  // namespace keelboat
