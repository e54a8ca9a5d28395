#include "cli/usage.h"

#include <cstdio>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "core/nearest.h"

namespace keelboat {
namespace {

// By exit code: CLI11's names are sometimes the command's.
bool Is(const CLI::ParseError& error, CLI::ExitCodes code) {
  return error.get_exit_code() == static_cast<int>(code);
}

// The command that the arguments name, as far as they name one.
const CLI::App* Deepest(const CLI::App* program) {
  const auto commands = program->get_subcommands();
  return commands.empty() ? program : commands.front();
}

std::vector<std::string> CommandNames(const CLI::App& program) {
  std::vector<std::string> names;
  for (const CLI::App* command : program.get_subcommands({})) {
    names.push_back(command->get_name());
  }
  return names;
}

std::vector<std::string> FlagNames(const CLI::App& program, const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::App* app : {&program, &command}) {
    for (const CLI::Option* option : app->get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
  }
  return names;
}

std::string FirstWord(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "-C" || word == "--env" || word == "--log-format") {
      ++i;
    } else if (!word.starts_with("-")) {
      return word;
    }
  }
  return {};
}

std::string Explain(const CLI::App& program, const CLI::ParseError& error, int argc,
                    char** argv) {
  const CLI::App& command = *Deepest(&program);
  if (&command == &program) {
    const std::string word = FirstWord(argc, argv);
    if (!word.empty()) {
      return "there is no command '" + word + "'" +
             DidYouMean(word, CommandNames(program));
    }
    if (Is(error, CLI::ExitCodes::RequiredError)) return "which command?";
  }
  if (Is(error, CLI::ExitCodes::ExtrasError)) {
    const auto extras = command.remaining(true);
    const std::string word =
        extras.empty() ? program.remaining().front() : extras.front();
    if (word.starts_with("-")) {
      const std::string flag = word.substr(0, word.find('='));
      return "there is no flag '" + flag + "'" +
             DidYouMean(flag, FlagNames(program, command));
    }
    return "unexpected argument '" + word + "'";
  }
  return error.what();
}

}  // namespace

void FinishProgram(CLI::App& program) {
  program.require_subcommand(1);
  program.get_formatter()->column_width(28);
  program.footer(
      "Examples:\n"
      "  keelboat init shop --from mysql://reader@db.example.com/shop   write a project "
      "from a live database\n"
      "  keelboat check                                                 is everything "
      "reachable and allowed?\n"
      "  keelboat run                                                   extract, load, "
      "transform\n"
      "  keelboat run orders --test-mode                                a first try on "
      "1,000 rows\n"
      "  keelboat status                                                what is where, "
      "and how old\n"
      "\n"
      "Exit codes: 0 done, 1 a table or model failed, 2 usage or configuration, 3 cannot "
      "connect or log in,\n"
      "            4 contract violated, 130 interrupted.  More on a command: keelboat "
      "COMMAND --help");
}

int ReportUsage(const CLI::App& program, const CLI::ParseError& error, int argc,
                char** argv) {
  const CLI::App& command = *Deepest(&program);
  if (error.get_name() == "CallForHelp" || error.get_name() == "CallForAllHelp") {
    std::fputs(command.help(&command == &program ? "" : program.get_name()).c_str(),
               stdout);
    return 0;
  }
  if (error.get_name() == "CallForVersion") {
    std::fprintf(stdout, "%s\n", error.what());
    return 0;
  }
  const std::string name =
      &command == &program ? "keelboat" : "keelboat " + command.get_name();
  std::fprintf(stderr, "keelboat: %s\nhelp: %s --help\n",
               Explain(program, error, argc, argv).c_str(), name.c_str());
  return kUsageError;
}

}  // namespace keelboat
