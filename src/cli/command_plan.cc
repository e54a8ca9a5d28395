#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "app/config.h"
#include "app/pipeline.h"
#include "app/planning.h"
#include "cli/command.h"
#include "cli/invocation.h"
#include "cli/plan_table.h"
#include "keelboat/error.h"

namespace keelboat {
namespace {

struct PlanFlags {
  std::vector<std::string> tables;
  bool test_mode = false;
  bool full_refresh = false;
};

arrow::Result<int> MakePlan(const Invocation& invocation, const PlanFlags& flags) {
  ARROW_ASSIGN_OR_RAISE(auto project, invocation.OpenProject());
  ARROW_RETURN_NOT_OK(CheckSupported(project->config(), {.extract = true}));
  ARROW_ASSIGN_OR_RAISE(auto lake, project->OpenLake(flags.test_mode));
  PlanningRequest request;
  ARROW_ASSIGN_OR_RAISE(request.tables, project->Tables(flags.tables, invocation.stop));
  request.full_refresh = flags.full_refresh;
  request.test_mode = flags.test_mode;
  request.workers = Workers(project->config());
  ARROW_ASSIGN_OR_RAISE(auto planned,
                        PlanRun(*project, std::move(request), *lake, invocation.stop));
  const Plan plan = PlanOf(planned);
  if (invocation.flags.json) {
    PrintData(PlanToJson(plan) + "\n");
  } else {
    PrintData(FormatPlan(plan));
  }
  int code = 0;
  for (const TableOutcome& refused : planned.refused) {
    code = GraverExitCode(code, invocation.Explain(refused.error));
  }
  return code;
}

}  // namespace

void AddPlanCommand(CLI::App& program, Invocation& invocation, Action& action) {
  auto* command = program.add_subcommand("plan", "Show what run would do; reads only");
  auto flags = std::make_shared<PlanFlags>();
  command->add_option("table", flags->tables, "Tables; default: all")->type_name("");
  command->add_flag("--test-mode", flags->test_mode, "As run --test-mode would");
  command->add_flag("--full-refresh", flags->full_refresh, "As run --full-refresh would");
  command->footer(
      "With --json the partitions are printed too, each a document that can be carried "
      "elsewhere.\n"
      "Examples:\n"
      "  keelboat plan\n"
      "  keelboat plan orders --json");
  command->callback([&invocation, &action, flags] {
    action = [&invocation, flags] {
      auto code = MakePlan(invocation, *flags);
      return code.ok() ? *code : invocation.Report(code.status());
    };
  });
}

}  // namespace keelboat
