#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <arrow/result.h>

#include "core/clock.h"
#include "lake/lake.h"
#include "planner/plan.h"

namespace keelboat {

/// Everything that the planner may know of one table.
struct TableFacts {
  TableSpec spec;
  Relation relation;
  /// The lake's newest version of it; nullopt: none yet.
  std::optional<LakeSnapshot> lake;
  /// Rows that share their declared key with another row. Only measured for a
  /// declared key that no unique index proves.
  std::optional<int64_t> key_duplicates;
  /// The view that the table will be read in.
  SnapshotInfo snapshot;
  /// Measured in that view, for a table that follows a cursor.
  std::optional<CursorFacts> cursor;
  /// Whether no row lies at or above the lake's watermark. Only asked of a text cursor,
  /// whose order the source alone knows.
  std::optional<bool> cursor_is_back;
  /// What the contract masks, in a stable text: "email:hash phone:partial".
  std::string masks;
  /// The columns that it masks.
  std::vector<std::string> masked;
};

/// The cursor values to read again, as the user wrote them: from <= cursor < to.
struct BackfillWindow {
  std::string from;
  std::string to;
};

struct PlanOptions {
  bool full_refresh = false;
  /// Why an incremental load will not do, where somebody found that out already.
  std::string full_because;
  SystemTime now;
  /// At most so many rows of each table (test mode).
  std::optional<int64_t> row_limit = std::nullopt;
  /// Read this window again instead of what a run would.
  std::optional<BackfillWindow> backfill = std::nullopt;
};

/// Whether a unique index or the primary key of the relation proves `columns` unique:
/// its columns are among them, and none of them may be null.
bool IsProvenKey(const Relation& relation, const std::vector<std::string>& columns);

/// \brief Decides what a run does. Pure: no I/O, no clock, no threads.
///
/// The plan's one slice has a partition for the closed part and one for the open tail
/// where it follows a cursor, otherwise one; `SliceAt` and `CutPartitions` divide
/// further.
///
/// Errors: kConfig for a column, key or cursor that the table does not have (with the
/// nearest names) or a `columns` list that leaves nothing; kContract for a schema change
/// that `schema_change` forbids; kConflict where the lake was read in a later view.
arrow::Result<TablePlan> PlanTable(const PlanOptions& options, const TableFacts& facts);

/// \brief Whether `left` begins before `right`: `pipeline_order` first, then small tables
/// from the smallest on, so that the warehouse has something to load from the beginning,
/// then the larger one, because the longest read bounds the run. A strict weak ordering.
bool BeginsBefore(const TablePlan& left, const TablePlan& right);

}  // namespace keelboat
