#include "cli/run_phases.h"

#include <string>
#include <string_view>

#include <unistd.h>

#include "app/recorded_run.h"
#include "cli/invocation.h"
#include "telemetry/progress.h"
#include "telemetry/progress_lines.h"
#include "telemetry/report.h"

namespace keelboat {

arrow::Result<int> RunPhases(const Invocation& invocation,
                             const PipelineRequest& request) {
  ARROW_ASSIGN_OR_RAISE(auto project, invocation.OpenProject());
  const GlobalFlags& flags = invocation.flags;
  const TextStyle style = invocation.StyleOf(stderr);
  const auto redact = [&](std::string_view text) {
    return invocation.Redact(std::string(text));
  };
  const bool json_lines = invocation.TellsJson();
  const LogSettings log{flags.log_format == "json", flags.verbose};
  auto run = [&] {
    if (json_lines) {
      ProgressLines lines(STDERR_FILENO, {.live = !flags.no_progress,
                                          .quiet = flags.quiet,
                                          .verbose = flags.verbose,
                                          .redact = redact,
                                          .clock = invocation.clock});
      return RunRecorded(*project, request, log, lines, invocation.stop);
    }
    const bool live = !flags.no_progress && !invocation.IsDumb();
    Progress progress(stderr, {.live = live,
                               .quiet = flags.quiet,
                               .verbose = flags.verbose,
                               .color = style.colour,
                               .unicode = style.unicode,
                               .redact = redact});
    return RunRecorded(*project, request, log, progress, invocation.stop);
  }();
  ARROW_RETURN_NOT_OK(run.status());
  const RunRecord& record = run->record;
  // What ended dbt was told when it ended.
  const bool told =
      record.transform.has_value() && record.transform->reason == record.error;
  if (!record.error.empty() && !told) {
    invocation.Complain(record.error, record.error_kind);
  }
  // Among JSON lines, those of the tables and of the run's end say the same.
  if (!json_lines) invocation.Tell(FormatRunSummary(record, style));
  if (flags.json) PrintData(RunReportJson(record) + "\n");
  return run->exit_code;
}

}  // namespace keelboat
