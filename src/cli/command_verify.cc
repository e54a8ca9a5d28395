#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/config.h"
#include "app/verify.h"
#include "cli/command.h"
#include "cli/invocation.h"
#include "cli/verify_text.h"

namespace keelboat {
namespace {

void Show(const Invocation& invocation, const TableVerdict& verdict) {
  const bool ok = verdict.status() == TableVerdict::Status::kOk ||
                  verdict.status() == TableVerdict::Status::kChangedSince;
  if (invocation.TellsJson()) {
    invocation.WriteLine(ok ? LogLevel::kInfo : LogLevel::kError,
                         ok ? "table.verified" : "table.damaged",
                         {{"table", verdict.table},
                          {"status", VerdictName(verdict.status())},
                          {"findings", invocation.Redact(DescribeVerdict(verdict))}});
    return;
  }
  const std::string text = invocation.Redact(DescribeVerdict(verdict));
  // What is wrong is told even under --quiet.
  if (ok) {
    invocation.Tell(text);
  } else {
    std::fprintf(stderr, "%s\n", text.c_str());
  }
}

arrow::Result<int> Verify(const Invocation& invocation, const VerifyRequest& request) {
  ARROW_ASSIGN_OR_RAISE(auto project, invocation.OpenProject());
  ARROW_RETURN_NOT_OK(CheckSupported(project->config(), {.extract = request.source}));
  ARROW_ASSIGN_OR_RAISE(
      auto report, VerifyProject(
                       *project, request,
                       [&](const TableVerdict& verdict) { Show(invocation, verdict); },
                       invocation.stop));
  if (invocation.flags.json) {
    PrintData(VerifyToJson(report, project->config(), false));
  }
  if (report.evidence_error.ok()) {
    invocation.Tell("evidence: " + report.evidence.string());
  } else {
    invocation.Explain(report.evidence_error);
  }
  return report.exit_code;
}

}  // namespace

void AddVerifyCommand(CLI::App& program, Invocation& invocation, Action& action) {
  auto* command = program.add_subcommand(
      "verify",
      "Compare lake files with their receipts, the warehouse with the lake; changes "
      "nothing");
  auto request = std::make_shared<VerifyRequest>();
  command->add_option("table", request->tables, "Tables; default: all")->type_name("");
  command->add_flag("--source", request->source,
                    "Compare the lake with the source too: changed since, or damaged?");
  command->footer(
      "Reads every byte of the lake's files and every row of the warehouse. What is "
      "found "
      "is\n"
      "kept in logs/verify/. Exit code 1 where something is damaged; a version of the "
      "lake "
      "that\n"
      "is not loaded yet is none.\n"
      "Examples:\n"
      "  keelboat verify\n"
      "  keelboat verify --source\n"
      "  keelboat verify orders --json");
  command->callback([&invocation, &action, request] {
    action = [&invocation, request] {
      auto code = Verify(invocation, *request);
      return code.ok() ? *code : invocation.Report(code.status());
    };
  });
}

}  // namespace keelboat
