#include <cstdio>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/checks.h"
#include "cli/command.h"
#include "cli/invocation.h"
#include "core/full_disk.h"
#include "keelboat/error.h"

namespace keelboat {
namespace {

void Show(const Invocation& invocation, const CheckLine& line,
          const std::string& message) {
  const bool ok = line.error.ok();
  if (invocation.TellsJson()) {
    nlohmann::ordered_json fields = {{"part", line.part}, {"name", line.name}};
    if (ok) {
      fields["detail"] = line.detail;
    } else {
      fields["kind"] = ErrorKindName(KindOf(line.error));
      fields["error"] = message;
    }
    invocation.WriteLine(ok ? LogLevel::kInfo : LogLevel::kError,
                         ok ? "check.passed" : "check.failed", fields);
    return;
  }
  char text[64];
  std::snprintf(text, sizeof text, "%-7s %-10s ", ok ? "ok" : "FAILED",
                line.part.c_str());
  // A failure is told even under --quiet.
  if (ok) {
    invocation.Tell(text + line.name + ": " + line.detail);
  } else {
    std::fprintf(stderr, "%s%s: %s\n", text, line.name.c_str(), message.c_str());
  }
}

int Check(const Invocation& invocation, const std::vector<std::string>& parts) {
  auto project = invocation.OpenProject();
  if (!project.ok()) return invocation.Report(project.status());
  int code = 0;
  auto lines = nlohmann::ordered_json::array();
  auto tell = [&](const CheckLine& line) {
    const std::string message = invocation.Redact(line.error.message());
    if (!line.error.ok()) code = GraverExitCode(code, ExitCodeOf(line.error));
    nlohmann::ordered_json entry = {{"part", line.part},
                                    {"name", line.name},
                                    {"ok", line.error.ok()},
                                    {"detail", line.detail},
                                    {"error", nullptr}};
    if (!line.error.ok()) {
      entry["error"] = {{"kind", ErrorKindName(KindOf(line.error))},
                        {"message", message}};
    }
    lines.push_back(std::move(entry));
    Show(invocation, line, message);
  };
  CheckProject(**project, parts, tell, invocation.stop);
  if (invocation.stop.stop_requested()) code = ExitCodeOf(ErrorKind::kCancelled);
  if (invocation.flags.json) {
    const nlohmann::ordered_json report = {{"status", code == 0 ? "ok" : "failed"},
                                           {"checks", std::move(lines)}};
    PrintJson(report);
  }
  return code;
}

}  // namespace

void AddCheckCommand(CLI::App& program, Invocation& invocation, Action& action) {
  auto* command = program.add_subcommand(
      "check", "Try every connection and right that a run needs; changes nothing");
  auto parts = std::make_shared<std::vector<std::string>>();
  command
      ->add_option("part", *parts,
                   "source, lake, warehouse, dbt or contracts; default: all")
      ->check(CLI::IsMember(CheckParts()))
      ->type_name("");
  command->footer(
      "Each line says ok or FAILED, why, and what to do.\n"
      "Examples:\n"
      "  keelboat check\n"
      "  keelboat check source warehouse --env staging");
  command->callback([&invocation, &action, parts] {
    action = [&invocation, parts] { return Check(invocation, *parts); };
  });
}

}  // namespace keelboat
