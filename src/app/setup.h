#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include <arrow/status.h>

#include "app/project.h"

namespace keelboat {

enum class SetupOutcome {
  kExists,   ///< It was there and stays as it is.
  kCreated,  ///< It was missing and is there now.
  kMissing,  ///< Dry run: it would be created.
  kFailed,
};
/// "exists", "created", "missing" or "failed".
const char* SetupOutcomeName(SetupOutcome outcome);

/// One thing that a project needs in the places that it uses.
struct SetupLine {
  std::string part;  ///< "lake", "dbt" or "warehouse".
  std::string what;  ///< "bucket company-lake", "schema OLIST.RAW"; the part's place.
  SetupOutcome outcome = SetupOutcome::kExists;
  std::string sql;      ///< What makes it; empty: no statement does. May hold secrets.
  arrow::Status error;  ///< kFailed: why.
};

/// \brief Creates what the project's lake and warehouse lack, and nothing else.
///
/// Bucket or folder; database, schema, those that dbt's models go to, ledger, file
/// format, stage, tables with their comments. What is there is left as it is, so it can
/// be done again. With `dry_run` nothing is changed in lake and warehouse. Each line is
/// passed to `on_line` as soon as it is known. A part that fails does not stop the
/// others: without the source its tables are not made, without dbt its schemas.
void SetUpProject(Project& project, bool dry_run,
                  const std::function<void(const SetupLine&)>& on_line,
                  const std::stop_token& stop);

}  // namespace keelboat
