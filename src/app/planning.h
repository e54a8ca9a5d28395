#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <arrow/result.h>

#include "app/project.h"
#include "engine/task.h"
#include "planner/plan.h"
#include "planner/planner.h"

namespace keelboat {

/// What to plan for.
struct PlanningRequest {
  std::vector<ConfiguredTable> tables;
  bool full_refresh = false;
  bool test_mode = false;
  /// Read this window of each table again instead of what a run would.
  std::optional<BackfillWindow> backfill;
  /// Partitions that will be read side by side: as many connections a source gets.
  int workers = 1;
};

/// Rows of each table that test mode carries.
inline constexpr int64_t kTestModeRows = 1000;

/// A plan with everything that carrying it out needs.
struct PlannedRun {
  std::vector<TableTask> tasks;  ///< In the order in which they begin.
  std::vector<TableOutcome>
      refused;  ///< Tables that cannot even be planned, with the error.
  std::vector<ConfiguredTable> tables;  ///< Keeps the contracts alive that tasks borrow.
  SnapshotRequest snapshot;             ///< How the sources' views were opened.
};

/// What a contract masks, in the stable text that the lake keeps: "email:hash".
std::string MasksText(const Contract* contract);

/// The plan itself, for printing.
Plan PlanOf(const PlannedRun& run);

/// \brief Opens a view of each source, asks it and the lake what is there and plans every
/// table.
///
/// Reads only. Errors that concern the whole run (configuration, login, unreachable
/// server, missing table) fail the call; those of one table (a missing right, a
/// forbidden schema change) go to `refused`, and the others go on.
arrow::Result<PlannedRun> PlanRun(Project& project, PlanningRequest request, Lake& lake,
                                  const std::stop_token& stop);

/// \brief Tasks for loading only: no source is asked.
arrow::Result<PlannedRun> PlanLoad(std::vector<ConfiguredTable> tables, Lake& lake);

}  // namespace keelboat
