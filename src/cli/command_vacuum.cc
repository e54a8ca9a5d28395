#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/chosen_tables.h"
#include "app/config.h"
#include "app/run_lock.h"
#include "cli/command.h"
#include "cli/invocation.h"
#include "core/quantity.h"
#include "telemetry/figures.h"

namespace keelboat {
namespace {

struct VacuumFlags {
  std::vector<std::string> tables;
  std::string older_than = "7d";
  bool dry_run = false;
};

arrow::Result<int> Vacuum(const Invocation& invocation, const VacuumFlags& flags) {
  ARROW_ASSIGN_OR_RAISE(auto age, ParseDuration(flags.older_than));
  ARROW_ASSIGN_OR_RAISE(auto project, invocation.OpenProject());
  ARROW_RETURN_NOT_OK(CheckSupported(project->config(), {.extract = true}));
  // Files of a run in flight are not orphans.
  ARROW_ASSIGN_OR_RAISE(
      auto lock, RunLock::Acquire(project->config().project_dir,
                                  {"", "vacuum", FormatTime(invocation.clock->Now())}));
  ARROW_ASSIGN_OR_RAISE(auto lake, project->OpenLake(false));
  ARROW_ASSIGN_OR_RAISE(auto names, ChosenTables(*lake, flags.tables));
  auto tables = nlohmann::ordered_json::array();
  for (const std::string& name : names) {
    ARROW_ASSIGN_OR_RAISE(auto table, lake->Table(name));
    ARROW_ASSIGN_OR_RAISE(auto files,
                          table->Vacuum(invocation.clock->Now() - age, flags.dry_run));
    int64_t bytes = 0;
    auto paths = nlohmann::ordered_json::array();
    for (const DataFile& file : files) {
      bytes += file.bytes;
      paths.push_back(file.path);
    }
    invocation.Tell(name + ": " + (flags.dry_run ? "would delete " : "deleted ") +
                    FormatCount(static_cast<int64_t>(files.size())) + " files, " +
                    FormatBytes(bytes));
    tables.push_back({{"table", name},
                      {"files", files.size()},
                      {"bytes", bytes},
                      {"paths", std::move(paths)}});
  }
  if (invocation.flags.json) {
    const nlohmann::ordered_json report = {{"dry_run", flags.dry_run},
                                           {"tables", std::move(tables)}};
    PrintJson(report);
  }
  return 0;
}

}  // namespace

void AddVacuumCommand(CLI::App& program, Invocation& invocation, Action& action) {
  auto* command = program.add_subcommand(
      "vacuum",
      "Delete lake files that no kept version needs, and what dead runs left behind");
  auto flags = std::make_shared<VacuumFlags>();
  command->add_option("table", flags->tables, "Tables of the lake; default: all")
      ->type_name("");
  command
      ->add_option("--older-than", flags->older_than,
                   "Keep versions and files younger than this (default 7d)")
      ->type_name("AGE");
  command->add_flag("--dry-run", flags->dry_run, "Only say what would be deleted");
  command->footer(
      "Time travel to versions older than the age is lost; the newest version always "
      "stays.\n"
      "Examples:\n"
      "  keelboat vacuum --dry-run\n"
      "  keelboat vacuum orders --older-than 30d");
  command->callback([&invocation, &action, flags] {
    action = [&invocation, flags] {
      auto code = Vacuum(invocation, *flags);
      return code.ok() ? *code : invocation.Report(code.status());
    };
  });
}

}  // namespace keelboat
