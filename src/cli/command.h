#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace keelboat {

struct Invocation;

/// What the command line asked for; returns the exit code. Set by the command that was
/// named.
using Action = std::function<int()>;

/// Each adds one command with its flags and help, and sets `action` when it is the one
/// that was named.
void AddInitCommand(CLI::App& program, Invocation& invocation, Action& action);
void AddCheckCommand(CLI::App& program, Invocation& invocation, Action& action);
void AddSetupCommand(CLI::App& program, Invocation& invocation, Action& action);
void AddPlanCommand(CLI::App& program, Invocation& invocation, Action& action);
/// run, extract, load and transform.
void AddRunCommands(CLI::App& program, Invocation& invocation, Action& action);
void AddBackfillCommand(CLI::App& program, Invocation& invocation, Action& action);
/// One query or table, to a file or a pipe.
void AddFetchCommand(CLI::App& program, Invocation& invocation, Action& action);
void AddStatusCommand(CLI::App& program, Invocation& invocation, Action& action);
void AddHistoryCommand(CLI::App& program, Invocation& invocation, Action& action);
void AddVerifyCommand(CLI::App& program, Invocation& invocation, Action& action);
void AddOptimizeCommand(CLI::App& program, Invocation& invocation, Action& action);
void AddVacuumCommand(CLI::App& program, Invocation& invocation, Action& action);
void AddDbtCommand(CLI::App& program, Invocation& invocation, Action& action);
void AddCompletionsCommand(CLI::App& program, Invocation& invocation, Action& action);

}  // namespace keelboat
