#pragma once

#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <arrow/result.h>

#include "app/project.h"
#include "core/observer.h"
#include "engine/task.h"
#include "planner/planner.h"

namespace keelboat {

/// Which parts of the way a command goes.
struct PipelineRequest {
  std::string command = "run";      ///< As the user typed it, for the record.
  std::vector<std::string> tables;  ///< Empty: all.
  bool extract = true;
  bool load = true;
  bool transform = true;
  bool test_mode = false;
  bool full_refresh = false;
  /// Extract this window of the tables again instead of what is new.
  std::optional<BackfillWindow> backfill = std::nullopt;
};

/// What a command did. Everything in it is also in the run record.
struct PipelineReport {
  std::string run_id;
  std::vector<TableOutcome> tables;
  std::optional<TransformFinished> transform;
  /// What stopped the whole run, before or between its tables; OK otherwise.
  arrow::Status error;
  std::string plan_json;
  /// How many partitions at once helped, where it was measured; empty: it was not.
  std::string workers;
  /// Versions of the parts that took part: "source.shop" -> "MariaDB 10.11.19",
  /// "warehouse" …
  std::map<std::string, std::string> versions;
  int exit_code = 0;

  /// "ok", "failed" or "interrupted".
  std::string status() const;
};

/// Partitions that are read side by side.
int Workers(const ProjectConfig& config);

/// \brief Runs extract, load and transform, as far as the request asks for them.
///
/// Takes no lock and writes no record: the caller does. Emits every event of the
/// run but RunStarted and RunFinished. dbt is started while rows still move and begins
/// its work only after the warehouse is closed.
PipelineReport RunPipeline(Project& project, const PipelineRequest& request,
                           const std::string& run_id, Observer& observer,
                           const std::stop_token& stop);

}  // namespace keelboat
