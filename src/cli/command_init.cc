#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/draft_from_database.h"
#include "app/scaffold.h"
#include "cli/command.h"
#include "cli/invocation.h"

namespace keelboat {
namespace {

namespace fs = std::filesystem;

struct InitFlags {
  std::string folder;
  std::string from;
  std::string template_name;
};

// The folder's own name, also for "." and "shop/".
std::string NameOf(const fs::path& folder) {
  const fs::path absolute = fs::absolute(folder).lexically_normal();
  const fs::path name =
      absolute.has_filename() ? absolute.filename() : absolute.parent_path().filename();
  return name.string();
}

arrow::Result<int> Init(const Invocation& invocation, const InitFlags& flags) {
  const fs::path folder = fs::path(invocation.flags.project_dir) / flags.folder;
  const std::string name = NameOf(folder);
  DraftedProject project;
  if (!flags.from.empty()) {
    ARROW_ASSIGN_OR_RAISE(project, DraftFromDatabase(name, flags.from, invocation.stop));
  } else if (!flags.template_name.empty()) {
    ARROW_ASSIGN_OR_RAISE(project.files, TemplateProject(flags.template_name));
  } else {
    project.files = EmptyProject(name);
  }
  ARROW_ASSIGN_OR_RAISE(auto done, WriteProject(folder, project.files));
  for (const std::string& path : done.written) invocation.Tell("wrote   " + path);
  for (const std::string& path : done.kept) invocation.Tell("kept    " + path);
  for (const std::string& note : project.notes) invocation.Tell("note    " + note);
  const std::string where =
      folder.lexically_normal() == "." ? "" : "cd " + folder.string() + " && ";
  invocation.Tell("next    " + where +
                  "cp .env.example .env   (fill it in), then: keelboat check");
  if (invocation.flags.json) {
    const nlohmann::ordered_json report = {{"folder", folder.string()},
                                           {"written", done.written},
                                           {"kept", done.kept},
                                           {"notes", project.notes}};
    PrintJson(report);
  }
  return 0;
}

}  // namespace

void AddInitCommand(CLI::App& program, Invocation& invocation, Action& action) {
  auto* command = program.add_subcommand(
      "init", "Write a new project: empty, from a live database, or an example");
  auto flags = std::make_shared<InitFlags>();
  command->add_option("dir", flags->folder, "Folder to write to; default: here")
      ->type_name("");
  auto* from =
      command
          ->add_option(
              "--from", flags->from,
              "Draw it from this database: mysql://user:password@host:port/database")
          ->type_name("URL");
  command
      ->add_option("--template", flags->template_name, "A whole example project: olist")
      ->type_name("NAME")
      ->excludes(from);
  command->footer(
      "Files that exist are never changed. A password in the URL is used to connect and "
      "written nowhere.\n"
      "Examples:\n"
      "  keelboat init shop --from mysql://reader:secret@db.example.com:3306/shop\n"
      "  keelboat init demo --template olist\n"
      "  keelboat init");
  command->callback([&invocation, &action, flags] {
    action = [&invocation, flags] {
      auto code = Init(invocation, *flags);
      return code.ok() ? *code : invocation.Report(code.status());
    };
  });
}

}  // namespace keelboat
