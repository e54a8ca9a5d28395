#pragma once

#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include <arrow/result.h>
#include <nlohmann/json_fwd.hpp>

#include "app/project.h"
#include "core/clock.h"
#include "telemetry/event_fields.h"
#include "telemetry/text_style.h"

namespace keelboat {

/// The flags that every command takes.
struct GlobalFlags {
  std::string project_dir = ".";  ///< -C
  std::string environment;        ///< --env
  bool json = false;
  bool quiet = false;
  bool verbose = false;
  bool no_progress = false;
  std::string log_format = "text";  ///< text | json
};

/// \brief One run of the program: its flags, its surroundings, its stop token. Lives in
/// main.
struct Invocation {
  GlobalFlags flags;
  std::map<std::string, std::string> environment;  ///< The process's variables.
  std::filesystem::path executable;                ///< This binary, links resolved.
  std::stop_token stop;
  const Clock* clock = &Clock::System();

  /// Loads the project's configuration. Its warnings go to stderr unless --quiet.
  arrow::Result<std::unique_ptr<Project>> OpenProject() const;
  /// Prints an error to stderr (and as JSON to stdout under --json); returns its exit
  /// code.
  int Report(const arrow::Status& status) const;
  /// An error on stderr, after the program's name.
  void Complain(const std::string& message, std::string_view kind) const;
  /// Complains of a status; returns its exit code.
  int Explain(const arrow::Status& status) const;
  /// The text without any secret of the configuration.
  std::string Redact(const std::string& text) const;
  /// TERM=dumb: a terminal that cannot move its cursor.
  bool IsDumb() const;
  /// Whether standard error holds JSON lines (docs/logs.md) instead of words: with
  /// --log-format json where no bars can be drawn, or none are wanted (--no-progress).
  bool TellsJson() const;
  /// A line of that kind, unless --quiet and not grave.
  void WriteLine(LogLevel level, std::string_view name,
                 const nlohmann::ordered_json& fields) const;
  /// How text for people looks on a stream: colours on a terminal only and never with
  /// NO_COLOR or TERM=dumb, signs in ASCII where the locale has nothing else.
  TextStyle StyleOf(std::FILE* stream) const;
  /// A line for people on stderr, unless --quiet.
  void Tell(const std::string& line) const;

 private:
  /// The configuration, once there is one: to keep its secrets out of what is printed.
  mutable std::shared_ptr<const ProjectConfig> config_;
};

/// Writes data to stdout. A reader that went away ends the program quietly.
void PrintData(const std::string& text);
/// The same for what --json asked for. Names may hold bytes that are no UTF-8 (folders
/// do); they come out as replacement characters.
void PrintJson(const nlohmann::ordered_json& data);

}  // namespace keelboat
