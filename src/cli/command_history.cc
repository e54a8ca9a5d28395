#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/invocation.h"
#include "core/nearest.h"
#include "keelboat/error.h"
#include "telemetry/report.h"
#include "telemetry/run_record.h"

namespace keelboat {
namespace {

struct HistoryFlags {
  std::string run;
  bool test = false;
  std::size_t most = 20;
};

arrow::Result<RunRecord> Find(const std::vector<RunRecord>& records,
                              const std::string& run) {
  std::vector<std::string> ids;
  for (const RunRecord& record : records) {
    if (record.run_id == run) return record;
    ids.push_back(record.run_id);
  }
  return MakeError(ErrorKind::kConfig,
                   "there is no run '" + run + "'" + DidYouMean(run, ids));
}

arrow::Result<int> ShowHistory(const Invocation& invocation, const HistoryFlags& flags) {
  ARROW_ASSIGN_OR_RAISE(auto project, invocation.OpenProject());
  auto records = ListRunRecords(project->config().log_dir() / "runs");
  if (!flags.run.empty()) {
    ARROW_ASSIGN_OR_RAISE(auto record, Find(records, flags.run));
    PrintData(invocation.flags.json ? RunRecordJson(record) + "\n"
                                    : FormatRun(record, invocation.StyleOf(stdout)));
    return 0;
  }
  if (!flags.test)
    std::erase_if(records, [](const RunRecord& record) { return record.test; });
  if (records.size() > flags.most) records.resize(flags.most);
  if (invocation.flags.json) {
    auto runs = nlohmann::ordered_json::array();
    for (const RunRecord& record : records) {
      runs.push_back(nlohmann::ordered_json::parse(RunRecordJson(record)));
    }
    PrintJson({{"runs", std::move(runs)}});
    return 0;
  }
  if (records.empty()) invocation.Tell("no runs yet: keelboat run");
  PrintData(FormatHistory(records, invocation.StyleOf(stdout)));
  return 0;
}

}  // namespace

void AddHistoryCommand(CLI::App& program, Invocation& invocation, Action& action) {
  auto* command =
      program.add_subcommand("history", "Past runs, newest first; one run in full");
  auto flags = std::make_shared<HistoryFlags>();
  command->add_option("run", flags->run, "A run's id: show it in full")->type_name("");
  command->add_flag("--test", flags->test, "Runs in test mode too");
  command->add_option("--most", flags->most, "At most so many (default 20)")
      ->type_name("N");
  command->footer(
      "Examples:\n  keelboat history\n  keelboat history 20260921T020000.123Z-7f3a9c "
      "--json");
  command->callback([&invocation, &action, flags] {
    action = [&invocation, flags] {
      auto code = ShowHistory(invocation, *flags);
      return code.ok() ? *code : invocation.Report(code.status());
    };
  });
}

}  // namespace keelboat
