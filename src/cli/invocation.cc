#include "cli/invocation.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <unistd.h>
#include <nlohmann/json.hpp>

#include "app/config.h"
#include "core/full_disk.h"
#include "keelboat/error.h"
#include "telemetry/log_file.h"

namespace keelboat {

arrow::Result<std::unique_ptr<Project>> Invocation::OpenProject() const {
  LoadOptions options;
  options.project_dir = flags.project_dir;
  options.environment_name = flags.environment;
  options.environment = environment;
  ARROW_ASSIGN_OR_RAISE(auto config, LoadProject(options));
  for (const std::string& warning : config.warnings) {
    if (TellsJson()) {
      WriteLine(LogLevel::kWarn, "warning", {{"message", warning}});
    } else {
      Tell("warning: " + warning);
    }
  }
  config_ = std::make_shared<const ProjectConfig>(config);
  return std::make_unique<Project>(std::move(config),
                                   FindRuntimePaths(executable, environment), *clock);
}

int Invocation::Report(const arrow::Status& status) const {
  const int code = Explain(status);
  if (flags.json) {
    const ErrorKind kind = KindOf(status);
    const nlohmann::ordered_json report = {
        {"status", kind == ErrorKind::kCancelled ? "interrupted" : "failed"},
        {"error",
         {{"kind", ErrorKindName(kind)}, {"message", Redact(status.message())}}}};
    PrintJson(report);
  }
  return code;
}

int Invocation::Explain(const arrow::Status& status) const {
  Complain(Redact(status.message()), ErrorKindName(KindOf(status)));
  return ExitCodeOf(status);
}

void Invocation::Complain(const std::string& message, std::string_view kind) const {
  if (TellsJson()) {
    WriteLine(LogLevel::kError, "command.failed", {{"kind", kind}, {"error", message}});
    return;
  }
  std::fprintf(stderr, "keelboat: %s\n", message.c_str());
}

std::string Invocation::Redact(const std::string& text) const {
  return config_ == nullptr ? text : RedactSecrets(text, *config_);
}

TextStyle Invocation::StyleOf(std::FILE* stream) const {
  const auto value = [&](const char* name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string() : found->second;
  };
  TextStyle style;
  style.colour =
      isatty(fileno(stream)) == 1 && value("NO_COLOR").empty() && value("TERM") != "dumb";
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string locale = value(name);
    if (locale.empty()) continue;
    style.unicode = locale != "C" && locale != "POSIX";
    break;
  }
  return style;
}

bool Invocation::IsDumb() const {
  const auto terminal = environment.find("TERM");
  return terminal != environment.end() && terminal->second == "dumb";
}

bool Invocation::TellsJson() const {
  const bool bars = !flags.no_progress && !IsDumb() && isatty(STDERR_FILENO) == 1;
  return flags.log_format == "json" && !bars;
}

void Invocation::WriteLine(LogLevel level, std::string_view name,
                           const nlohmann::ordered_json& fields) const {
  LogFile({.path = {},
           .json = true,
           .quiet = flags.quiet,
           .redact = [this](std::string_view text) { return Redact(std::string(text)); },
           .mirror = STDERR_FILENO,
           .clock = clock})
      .Write(level, name, fields);
}

void Invocation::Tell(const std::string& line) const {
  if (TellsJson()) {
    WriteLine(LogLevel::kInfo, "message", {{"message", line}});
    return;
  }
  if (!flags.quiet) std::fprintf(stderr, "%s\n", line.c_str());
}

void PrintData(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() &&
      std::fflush(stdout) == 0) {
    return;
  }
  if (errno == EPIPE) _exit(EXIT_SUCCESS);
  std::fprintf(stderr, "keelboat: writing to standard output: %s\n",
               std::strerror(errno));
  _exit(EXIT_FAILURE);
}

void PrintJson(const nlohmann::ordered_json& data) {
  PrintData(data.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

}  // namespace keelboat
