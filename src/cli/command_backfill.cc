#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "app/pipeline.h"
#include "cli/command.h"
#include "cli/invocation.h"
#include "cli/run_phases.h"

namespace keelboat {

void AddBackfillCommand(CLI::App& program, Invocation& invocation, Action& action) {
  auto* command = program.add_subcommand(
      "backfill", "Read a window of an incremental table's cursor again");
  auto request = std::make_shared<PipelineRequest>();
  request->command = "backfill";
  request->transform = false;
  request->tables.resize(1);
  request->backfill.emplace();
  command->add_option("table", request->tables.front(), "The table")
      ->required()
      ->type_name("");
  command
      ->add_option("--from", request->backfill->from,
                   "Least value of the cursor to read: a number, 2024-01-31, "
                   "\"2024-01-31 10:00:00\"")
      ->required()
      ->type_name("V");
  command
      ->add_option("--to", request->backfill->to,
                   "Where to end; rows with this value are not read")
      ->required()
      ->type_name("V");
  command->footer(
      "The rows that the source has in the window take the place of those that the lake "
      "has there:\n"
      "edits that left the cursor alone, rows that came late and deletes come right. The "
      "warehouse is\n"
      "loaded too; the models are not built (keelboat transform). Doing it twice changes "
      "nothing.\n"
      "The window ends where the open tail begins, which every run reads again. Times "
      "are "
      "UTC.\n"
      "Examples:\n"
      "  keelboat backfill orders --from 2024-01-01 --to 2024-02-01\n"
      "  keelboat backfill orders --from \"2024-01-31 10:00\" --to \"2024-01-31 11:30\"\n"
      "  keelboat backfill events --from 1000000 --to 2000000 --json");
  command->callback([&invocation, &action, request] {
    action = [&invocation, request] {
      auto code = RunPhases(invocation, *request);
      return code.ok() ? *code : invocation.Report(code.status());
    };
  });
}

}  // namespace keelboat
