#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/run_lock.h"
#include "app/setup.h"
#include "cli/command.h"
#include "cli/invocation.h"
#include "core/full_disk.h"
#include "keelboat/error.h"
#include "telemetry/figures.h"

namespace keelboat {
namespace {

void Show(const Invocation& invocation, const SetupLine& line,
          const std::string& message) {
  const bool ok = line.outcome != SetupOutcome::kFailed;
  const std::string outcome = SetupOutcomeName(line.outcome);
  const std::string why = message.empty() ? "" : ": " + message;
  if (invocation.TellsJson()) {
    nlohmann::ordered_json fields = {
        {"part", line.part}, {"what", line.what}, {"outcome", outcome}};
    if (!message.empty()) fields["error"] = message;
    invocation.WriteLine(ok ? LogLevel::kInfo : LogLevel::kError,
                         ok ? "setup.step" : "setup.failed", fields);
    return;
  }
  char text[64];
  std::snprintf(text, sizeof text, "%-8s %-10s ", ok ? outcome.c_str() : "FAILED",
                line.part.c_str());
  // A failure is told even under --quiet.
  if (ok) {
    invocation.Tell(text + line.what + why);
  } else {
    std::fprintf(stderr, "%s%s%s\n", text, line.what.c_str(), why.c_str());
  }
}

// What --dry-run prints: a script that a person with more rights can read and run.
std::string ScriptOf(const Invocation& invocation, const SetupLine& line,
                     std::string why) {
  std::string text = "-- " + line.what;
  if (line.outcome == SetupOutcome::kFailed) {
    std::replace(why.begin(), why.end(), '\n', ' ');
    return text + ": left out, " + why + "\n";
  }
  if (line.outcome != SetupOutcome::kMissing || line.sql.empty()) {
    return text + ": " + SetupOutcomeName(line.outcome) + "\n";
  }
  std::string sql = invocation.Redact(line.sql);
  while (!sql.empty() && (sql.back() == ';' || sql.back() == '\n')) sql.pop_back();
  return text + "\n" + sql + ";\n";
}

arrow::Result<int> SetUp(const Invocation& invocation, bool dry_run) {
  ARROW_ASSIGN_OR_RAISE(auto project, invocation.OpenProject());
  std::optional<RunLock> lock;
  if (!dry_run) {
    ARROW_ASSIGN_OR_RAISE(
        lock, RunLock::Acquire(project->config().project_dir,
                               {"", "setup", FormatTime(invocation.clock->Now())}));
  }
  int code = 0;
  auto steps = nlohmann::ordered_json::array();
  const bool script = dry_run && !invocation.flags.json;
  auto tell = [&](const SetupLine& line) {
    const std::string message = invocation.Redact(line.error.message());
    const bool failed = line.outcome == SetupOutcome::kFailed;
    if (failed) code = GraverExitCode(code, ExitCodeOf(line.error));
    nlohmann::ordered_json step = {{"part", line.part},
                                   {"what", line.what},
                                   {"outcome", SetupOutcomeName(line.outcome)},
                                   {"sql", nullptr},
                                   {"error", nullptr}};
    if (!line.sql.empty()) step["sql"] = invocation.Redact(line.sql);
    if (!line.error.ok()) {
      step["error"] = {{"kind", ErrorKindName(KindOf(line.error))}, {"message", message}};
    }
    steps.push_back(std::move(step));
    Show(invocation, line, message);
    if (script) PrintData(ScriptOf(invocation, line, message));
  };
  SetUpProject(*project, dry_run, tell, invocation.stop);
  if (invocation.stop.stop_requested()) code = ExitCodeOf(ErrorKind::kCancelled);
  if (invocation.flags.json) {
    const nlohmann::ordered_json report = {{"status", code == 0 ? "ok" : "failed"},
                                           {"dry_run", dry_run},
                                           {"steps", std::move(steps)}};
    PrintJson(report);
  }
  return code;
}

}  // namespace

void AddSetupCommand(CLI::App& program, Invocation& invocation, Action& action) {
  auto* command = program.add_subcommand(
      "setup",
      "Create what lake and warehouse lack: bucket, schemas, stage, ledger, tables");
  auto dry_run = std::make_shared<bool>(false);
  command->add_flag("--dry-run", *dry_run,
                    "Change nothing; print the SQL that would be run");
  command->footer(
      "What exists is left as it is, so setup can be repeated. Tables are made as the\n"
      "source describes them, schemas of models as dbt does; without them the rest is\n"
      "made. Rights that keelboat's role lacks: give what --dry-run prints to somebody\n"
      "who has them.\n"
      "Examples:\n"
      "  keelboat setup --env prod\n"
      "  keelboat setup --dry-run > for-the-dba.sql");
  command->callback([&invocation, &action, dry_run] {
    action = [&invocation, dry_run] {
      auto code = SetUp(invocation, *dry_run);
      return code.ok() ? *code : invocation.Report(code.status());
    };
  });
}

}  // namespace keelboat
