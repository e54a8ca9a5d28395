#pragma once

#include <arrow/status.h>

#include "planner/planner.h"

namespace keelboat {

/// \brief Decides which window of a table that follows a cursor is read again.
///
/// Fills `plan.strategy`, `reason`, `cursor` and adds warnings; the window ends where the
/// open tail begins, which every run reads anyway. The plan's columns and key are there.
/// kConfig, with what to do instead, for a table that is not loaded incrementally, whose
/// next run has to read it in full, or whose cursor is text, and for a window that is
/// empty, badly written or wholly in the open tail.
arrow::Status DecideBackfill(const BackfillWindow& window, const TableFacts& facts,
                             TablePlan& plan);

}  // namespace keelboat
