#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "app/config.h"
#include "app/status.h"
#include "cli/command.h"
#include "cli/invocation.h"
#include "cli/status_table.h"

namespace keelboat {
namespace {

arrow::Result<int> ShowStatus(const Invocation& invocation,
                              const std::vector<std::string>& tables) {
  ARROW_ASSIGN_OR_RAISE(auto project, invocation.OpenProject());
  ARROW_ASSIGN_OR_RAISE(auto status, GatherStatus(*project, tables, invocation.stop));
  status.warning = invocation.Redact(status.warning);
  if (invocation.flags.json) {
    PrintData(StatusToJson(status) + "\n");
    return 0;
  }
  if (!status.warning.empty()) invocation.Tell("warning: " + status.warning);
  PrintData(FormatStatus(status));
  return 0;
}

}  // namespace

void AddStatusCommand(CLI::App& program, Invocation& invocation, Action& action) {
  auto* command = program.add_subcommand(
      "status",
      "Per table: lake version, rows, what the warehouse has, how old, last error");
  auto tables = std::make_shared<std::vector<std::string>>();
  command->add_option("table", *tables, "Tables; default: all")->type_name("");
  command->footer("Examples:\n  keelboat status\n  keelboat status orders --json");
  command->callback([&invocation, &action, tables] {
    action = [&invocation, tables] {
      auto code = ShowStatus(invocation, *tables);
      return code.ok() ? *code : invocation.Report(code.status());
    };
  });
}

}  // namespace keelboat
