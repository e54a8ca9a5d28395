#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include <arrow/result.h>

#include "core/observer.h"

namespace keelboat {

/// What a transform is made of; all paths absolute.
struct DbtOptions {
  std::filesystem::path python;       ///< Interpreter that has dbt-core.
  std::filesystem::path project_dir;  ///< Holds dbt_project.yml.
  std::filesystem::path work_dir;     ///< Ours: generated profiles.yml, target folders.
  std::filesystem::path log_file;     ///< logs/dbt.log, appended to.
  std::string target;                 ///< Profile target: "dev", "prod_test" …
  std::string profile;                ///< The profile's YAML text, without secrets in it.
  /// Added to the child's environment (secrets, KEELBOAT_SCHEMA_SUFFIX, run id).
  std::map<std::string, std::string> environment;
};

/// \brief A dbt process of the project's own dbt-core, started ahead of its work.
///
/// The constructor's cost (importing dbt, 3 s) is paid while rows are still moving.
/// One thread at a time; the destructor ends the child.
class Dbt {
 public:
  virtual ~Dbt() = default;

  /// Starts the child; returns before its imports are done. kNotFound names the interpreter or project
  /// that is missing and the remedy.
  static arrow::Result<std::unique_ptr<Dbt>> Start(const DbtOptions& options);

  /// \brief Runs deps (only where a packages file needs it), build and docs generate.
  ///
  /// Events go to `observer`, every line of dbt to the log file. A failing model or test gives
  /// status "failed" with dbt's message, not a failed Result; kConfig when the project does not
  /// compile, kCancelled after a stop request (running queries are cancelled).
  virtual arrow::Result<TransformFinished> Build(Observer& observer,
                                                 const std::stop_token& stop) = 0;
};

/// Runs `dbt ARGS…` with the same profile in the foreground, the terminal passed through
/// (`keelboat dbt -- …`). Returns dbt's own exit code.
arrow::Result<int> RunDbtCommand(const DbtOptions& options,
                                 const std::vector<std::string>& arguments);

}  // namespace keelboat
