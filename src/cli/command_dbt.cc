#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/invocation.h"

namespace keelboat {
namespace {

arrow::Result<int> RunDbt(const Invocation& invocation,
                          const std::vector<std::string>& arguments) {
  ARROW_ASSIGN_OR_RAISE(auto project, invocation.OpenProject());
  return project->RunDbt(arguments, invocation.stop);
}

}  // namespace

void AddDbtCommand(CLI::App& program, Invocation& invocation, Action& action) {
  auto* command = program.add_subcommand(
      "dbt", "Run any dbt command with the profile that keelboat generates");
  auto arguments = std::make_shared<std::vector<std::string>>();
  command->add_option("args", *arguments, "dbt's own arguments, after --")
      ->required()
      ->type_name("ARGS");
  command->footer(
      "The exit code is dbt's own.\n"
      "Examples:\n"
      "  keelboat dbt -- debug\n"
      "  keelboat dbt -- build --select mart_sales_metrics+\n"
      "  keelboat dbt -- docs serve --port 8080");
  command->callback([&invocation, &action, arguments] {
    action = [&invocation, arguments] {
      auto code = RunDbt(invocation, *arguments);
      return code.ok() ? *code : invocation.Report(code.status());
    };
  });
}

}  // namespace keelboat
