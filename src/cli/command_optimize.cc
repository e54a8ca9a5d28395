#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/chosen_tables.h"
#include "app/config.h"
#include "app/optimize.h"
#include "app/run_lock.h"
#include "cli/command.h"
#include "cli/invocation.h"
#include "telemetry/figures.h"
#include "telemetry/run_id.h"

namespace keelboat {
namespace {

arrow::Result<int> Optimize(const Invocation& invocation,
                            const std::vector<std::string>& chosen) {
  ARROW_ASSIGN_OR_RAISE(auto project, invocation.OpenProject());
  const std::string run_id = MakeRunId(*invocation.clock);
  ARROW_ASSIGN_OR_RAISE(
      auto lock,
      RunLock::Acquire(project->config().project_dir,
                       {run_id, "optimize", FormatTime(invocation.clock->Now())}));
  ARROW_ASSIGN_OR_RAISE(auto lake, project->OpenLake(false));
  ARROW_ASSIGN_OR_RAISE(auto names, ChosenTables(*lake, chosen));
  auto tables = nlohmann::ordered_json::array();
  for (const std::string& name : names) {
    ARROW_ASSIGN_OR_RAISE(auto table, lake->Table(name));
    ARROW_ASSIGN_OR_RAISE(auto done, OptimizeTable(*table, run_id, invocation.stop));
    if (done.version.has_value()) {
      invocation.Tell(name + ": " + FormatCount(done.files_before) + " files became " +
                      FormatCount(done.files_after) + ", version " +
                      std::to_string(*done.version));
    } else {
      invocation.Tell(name + ": nothing to put together in " +
                      FormatCount(done.files_before) + " files");
    }
    nlohmann::ordered_json row = {{"table", name},
                                  {"files_before", done.files_before},
                                  {"files_after", done.files_after},
                                  {"bytes_before", done.bytes_before},
                                  {"bytes_after", done.bytes_after},
                                  {"lake_version", nullptr}};
    if (done.version.has_value()) row["lake_version"] = *done.version;
    tables.push_back(std::move(row));
  }
  if (invocation.flags.json) {
    PrintJson(nlohmann::ordered_json{{"run_id", run_id}, {"tables", std::move(tables)}});
  }
  return 0;
}

}  // namespace

void AddOptimizeCommand(CLI::App& program, Invocation& invocation, Action& action) {
  auto* command = program.add_subcommand(
      "optimize", "Put the rows of many small lake files into few larger ones");
  auto tables = std::make_shared<std::vector<std::string>>();
  command->add_option("table", *tables, "Tables of the lake; default: all")
      ->type_name("");
  command->footer(
      "No row changes. Of a table with a key, files of different loads stay apart,\n"
      "because the newest row of a key counts. The old files stay for time travel until\n"
      "keelboat vacuum takes them. The table's next load into the warehouse is a whole\n"
      "one.\n"
      "Examples:\n"
      "  keelboat optimize\n"
      "  keelboat optimize orders");
  command->callback([&invocation, &action, tables] {
    action = [&invocation, tables] {
      auto code = Optimize(invocation, *tables);
      return code.ok() ? *code : invocation.Report(code.status());
    };
  });
}

}  // namespace keelboat
