#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "app/pipeline.h"
#include "cli/command.h"
#include "cli/invocation.h"
#include "cli/run_phases.h"

namespace keelboat {
namespace {

struct Described {
  const char* name;
  const char* description;
  const char* examples;
  bool extract;
  bool load;
  bool transform;
};

constexpr Described kCommands[] = {
    {"run", "Extract, load and transform: the nightly command",
     "  keelboat run                      everything\n"
     "  keelboat run orders customers     these tables, then the models\n"
     "  keelboat run --test-mode          1,000 rows of each table, in places of their "
     "own\n"
     "  keelboat run --json --no-progress | jq .status",
     true, true, true},
    {"extract", "Bring tables from their source into the lake",
     "  keelboat extract\n"
     "  keelboat extract orders --full-refresh",
     true, false, false},
    {"load", "Bring the lake's newest versions into the warehouse",
     "  keelboat load\n"
     "  keelboat load orders",
     false, true, false},
    {"transform", "Build and test the dbt models, generate their docs",
     "  keelboat transform", false, false, true},
};

void AddPhases(CLI::App& program, Invocation& invocation, Action& action,
               const Described& described) {
  auto* command = program.add_subcommand(described.name, described.description);
  auto request = std::make_shared<PipelineRequest>();
  request->command = described.name;
  request->extract = described.extract;
  request->load = described.load;
  request->transform = described.transform;
  if (described.extract || described.load) {
    command->add_option("table", request->tables, "Tables; default: all")->type_name("");
  }
  command->add_flag(
      "--test-mode", request->test_mode,
      "First 1,000 rows of each table, in `_test` lake, schemas and ledger");
  if (described.extract) {
    command->add_flag(
        "--full-refresh", request->full_refresh,
        "Read every row again, whatever the strategy, and accept changed columns");
  }
  command->footer(std::string("Examples:\n") + described.examples);
  command->callback([&invocation, &action, request] {
    action = [&invocation, request] {
      auto code = RunPhases(invocation, *request);
      return code.ok() ? *code : invocation.Report(code.status());
    };
  });
}

}  // namespace

void AddRunCommands(CLI::App& program, Invocation& invocation, Action& action) {
  for (const Described& described : kCommands) {
    AddPhases(program, invocation, action, described);
  }
}

}  // namespace keelboat
