#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/invocation.h"

namespace keelboat {
namespace {

struct Word {
  std::string text;
  std::string description;
};

std::vector<Word> Commands(const CLI::App& program) {
  std::vector<Word> words;
  for (const CLI::App* command : program.get_subcommands({})) {
    words.push_back({command->get_name(), command->get_description()});
  }
  return words;
}

std::vector<Word> Flags(const CLI::App& app) {
  std::vector<Word> words;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      words.push_back({"--" + name, option->get_description()});
    }
  }
  return words;
}

std::string Joined(const std::vector<Word>& words) {
  std::string text;
  for (const Word& word : words) text += (text.empty() ? "" : " ") + word.text;
  return text;
}

std::string Bash(const CLI::App& program) {
  std::string text =
      "# bash completion for keelboat; install: keelboat completions bash > "
      "/etc/bash_completion.d/keelboat\n"
      "_keelboat() {\n"
      "  local current=${COMP_WORDS[COMP_CWORD]} command= word\n"
      "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
      "    case $word in\n";
  text += "      ";
  for (const Word& command : Commands(program)) {
    text += (text.ends_with("      ") ? "" : "|") + command.text;
  }
  text += ") command=$word; break ;;\n    esac\n  done\n";
  text += "  local words=\"" + Joined(Flags(program)) + "\"\n  case $command in\n";
  text += "    '') words=\"$words " + Joined(Commands(program)) + "\" ;;\n";
  for (const CLI::App* command : program.get_subcommands({})) {
    text += "    " + command->get_name() + ") words=\"$words " + Joined(Flags(*command)) +
            "\" ;;\n";
  }
  text +=
      "  esac\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
      "}\n"
      "complete -o default -F _keelboat keelboat\n";
  return text;
}

// Quotes for a single-quoted word of zsh or fish.
std::string Quoted(const std::string& text) {
  std::string quoted;
  for (char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted;
}

// In _arguments and _describe a colon ends the word and brackets end the description.
std::string ZshText(const std::string& text) {
  std::string safe;
  for (char c : text) {
    if (c == ':' || c == '[' || c == ']') safe += '\\';
    safe += c;
  }
  return Quoted(safe);
}

std::string Zsh(const CLI::App& program) {
  std::string text =
      "#compdef keelboat\n"
      "# zsh completion for keelboat; install it as _keelboat in a folder of $fpath\n"
      "_keelboat() {\n"
      "  local -a commands flags\n"
      "  commands=(\n";
  for (const Word& command : Commands(program)) {
    text += "    '" + command.text + ":" + ZshText(command.description) + "'\n";
  }
  text += "  )\n  flags=(\n";
  for (const Word& flag : Flags(program)) {
    text += "    '" + flag.text + "[" + ZshText(flag.description) + "]'\n";
  }
  text +=
      "  )\n"
      "  local command=${words[(r)(";
  for (const Word& command : Commands(program)) {
    text += (text.ends_with("(") ? "" : "|") + command.text;
  }
  text += ")]}\n  case $command in\n    '') _describe command commands ;;\n";
  for (const CLI::App* command : program.get_subcommands({})) {
    text += "    " + command->get_name() + ") flags+=(";
    for (const Word& flag : Flags(*command)) {
      text += " '" + flag.text + "[" + ZshText(flag.description) + "]'";
    }
    text += " ) ;;\n";
  }
  text += "  esac\n  _arguments -s $flags '*:file:_files'\n}\n_keelboat \"$@\"\n";
  return text;
}

std::string Fish(const CLI::App& program) {
  std::string text =
      "# fish completion for keelboat; install: keelboat completions fish > "
      "~/.config/fish/completions/keelboat.fish\n";
  for (const Word& command : Commands(program)) {
    text += "complete -c keelboat -n __fish_use_subcommand -a " + command.text + " -d '" +
            Quoted(command.description) + "'\n";
  }
  auto add_flags = [&](const CLI::App& app, const std::string& condition) {
    for (const Word& flag : Flags(app)) {
      text += "complete -c keelboat" + condition + " -l " + flag.text.substr(2) +
              " -d '" + Quoted(flag.description) + "'\n";
    }
  };
  add_flags(program, "");
  for (const CLI::App* command : program.get_subcommands({})) {
    add_flags(*command, " -n '__fish_seen_subcommand_from " + command->get_name() + "'");
  }
  return text;
}

}  // namespace

void AddCompletionsCommand(CLI::App& program, Invocation&, Action& action) {
  auto* command = program.add_subcommand("completions", "Print completions for a shell");
  auto shell = std::make_shared<std::string>();
  command->add_option("shell", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}))
      ->type_name("SHELL");
  command->footer(
      "Examples:\n"
      "  source <(keelboat completions bash)\n"
      "  keelboat completions fish > ~/.config/fish/completions/keelboat.fish");
  command->callback([&program, &action, shell] {
    action = [&program, shell] {
      PrintData(*shell == "bash"  ? Bash(program)
                : *shell == "zsh" ? Zsh(program)
                                  : Fish(program));
      return 0;
    };
  });
}

}  // namespace keelboat
