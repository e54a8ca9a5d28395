// keelboat: parse the command line, do what it says, exit with the documented code.

#include <csignal>
#include <cstdio>
#include <string>

#include <unistd.h>
#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/invocation.h"
#include "cli/signals.h"
#include "cli/usage.h"
#include "keelboat/version.h"

namespace keelboat {
namespace {

std::map<std::string, std::string> ProcessEnvironment() {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const auto equals = text.find('=');
    if (equals != std::string::npos)
      variables[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return variables;
}

void AddGlobalFlags(CLI::App& program, GlobalFlags& flags) {
  program.add_option("-C", flags.project_dir, "Work in this project folder")
      ->type_name("DIR");
  program.add_option("--env", flags.environment, "Environment of keelboat.yaml to use")
      ->type_name("NAME");
  program.add_flag("--json", flags.json, "Machine-readable result on standard output");
  program.add_flag("-q,--quiet", flags.quiet, "Only errors");
  program.add_flag("-v,--verbose", flags.verbose, "More detail in logs/keelboat.log");
  program.add_flag("--no-progress", flags.no_progress,
                   "Plain lines instead of live progress");
  program
      .add_option("--log-format", flags.log_format,
                  "Format of logs/keelboat.log, and of stderr where there are no bars")
      ->type_name("text|json")
      ->check(CLI::IsMember({"text", "json"}));
  program.set_version_flag("--version", std::string("keelboat ") + kVersion);
}

int Main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  // What Arrow allocates on its own account comes from where batches do, which saves a
  // quarter of the memory (core/batch_memory.h). Before Arrow's first allocation.
  setenv("ARROW_DEFAULT_MEMORY_POOL", "jemalloc", /*overwrite=*/0);
  const SignalStop signals;
  Invocation invocation;
  invocation.environment = ProcessEnvironment();
  std::error_code unresolved;
  invocation.executable = std::filesystem::read_symlink("/proc/self/exe", unresolved);
  invocation.stop = signals.token();

  CLI::App program(
      "Carries rows out of MySQL, MariaDB and Metabase into files, a Parquet lake, a "
      "warehouse\n"
      "and dbt marts: "
      "complete, exactly typed, once.",
      "keelboat");
  Action action;
  AddGlobalFlags(program, invocation.flags);
  // Commands inherit it: global flags may stand before or after the command.
  program.fallthrough();
  AddInitCommand(program, invocation, action);
  AddCheckCommand(program, invocation, action);
  AddSetupCommand(program, invocation, action);
  AddPlanCommand(program, invocation, action);
  AddRunCommands(program, invocation, action);
  AddBackfillCommand(program, invocation, action);
  AddFetchCommand(program, invocation, action);
  AddStatusCommand(program, invocation, action);
  AddHistoryCommand(program, invocation, action);
  AddVerifyCommand(program, invocation, action);
  AddOptimizeCommand(program, invocation, action);
  AddVacuumCommand(program, invocation, action);
  AddDbtCommand(program, invocation, action);
  AddCompletionsCommand(program, invocation, action);
  FinishProgram(program);

  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return ReportUsage(program, error, argc, argv);
  }
  return action();
}

}  // namespace
}  // namespace keelboat

int main(int argc, char** argv) { return keelboat::Main(argc, argv); }
