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
  std::string adapter = "duckdb";     ///< dbt-<adapter> is what it needs.
  /// Added to the child's environment (secrets, KEELBOAT_SCHEMA_SUFFIX, run id).
  std::map<std::string, std::string> environment;
};

/// Where dbt's artifacts of the options' target lie: manifest.json, run_results.json,
/// index.html and static_index.html (the docs in one file).
std::filesystem::path DbtTargetDir(const DbtOptions& options);

/// \brief A dbt process of the project's own dbt-core, started ahead of its work.
///
/// The constructor's cost (importing dbt, 3 s) is paid while rows are still moving.
/// One thread at a time; the destructor ends the child.
class Dbt {
 public:
  virtual ~Dbt() = default;

  /// Starts the child; returns before its imports are done. Until `Build` it reads the
  /// project and opens no database. kNotFound names the interpreter or project that is
  /// missing and the remedy.
  static arrow::Result<std::unique_ptr<Dbt>> Start(const DbtOptions& options);

  /// \brief Waits until dbt is imported and returns its version, e.g. "1.11.16".
  ///
  /// kConfig when dbt is missing or of a version that does not fit.
  virtual arrow::Result<std::string> AwaitReady(const std::stop_token& stop) = 0;

  /// \brief The schemas that the project's models, seeds, snapshots and kept test
  /// failures go to, sorted, as the adapter's SQL spells them.
  ///
  /// Runs deps (only where a packages file needs it) and reads the project; opens no
  /// database. Not after `Build`. Those of another database are not among them. Errors as
  /// of `Build`.
  virtual arrow::Result<std::vector<std::string>> Schemas(
      const std::stop_token& stop) = 0;

  /// \brief Runs deps (only where a packages file needs it), build and docs generate.
  ///
  /// To be called once, when nobody else has the database open; when it returns, the
  /// child has ended and closed it. Events go to `observer`, TransformFinished with what
  /// is returned included (status "failed" and the message also where an error is
  /// returned), every line of dbt to the log file. A failing model or test gives status
  /// "failed" with dbt's message, not a failed Result; kConfig when the project does not
  /// compile or dbt is missing, kConflict when another process holds the database,
  /// kCancelled after a stop request (running queries are cancelled). Docs are generated
  /// only after a build without failures.
  virtual arrow::Result<TransformFinished> Build(Observer& observer,
                                                 const std::stop_token& stop) = 0;
};

/// \brief Runs `dbt ARGS…` with the same profile in the foreground (`keelboat dbt -- …`).
///
/// The terminal is passed through, so Ctrl-C reaches dbt too; a stop request is passed on
/// only when dbt has not ended by itself some seconds later. Returns dbt's own exit code,
/// or 128 + the signal that killed it.
arrow::Result<int> RunDbtCommand(const DbtOptions& options,
                                 const std::vector<std::string>& arguments,
                                 const std::stop_token& stop = {});

}  // namespace keelboat
