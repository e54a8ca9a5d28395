#pragma once

#include <functional>
#include <string>
#include <vector>

#include <arrow/result.h>

#include "planner/plan.h"

namespace keelboat {

/// \brief The slice that the plan's cursor asks for: a partition below the open tail and
/// one for it; without a cursor one for all rows.
Slice WholeSlice(const TablePlan& plan, std::optional<int64_t> row_limit,
                 std::map<std::string, std::string> configuration);

/// The rows from the plan's `cursor.from` to below `cursor.until`, to take the place of
/// those that the lake has there. How far the table is read stays as it is.
Slice WindowSlice(const TablePlan& plan);

/// \brief Divides the one slice of a long load at ascending cursor values.
///
/// Each slice is what an incremental run up to its bound would be, so a run that dies
/// between two of them is gone on from. Bounds before what is read or beyond the
/// watermark are left out. The plan must follow a cursor that is not text.
arrow::Status SliceAt(const std::vector<std::string>& bounds, TablePlan& plan);

/// Finds the pieces of one partition.
using SplitPartition = std::function<arrow::Result<Split>(const Partition& partition)>;

/// \brief Cuts every partition of the plan into pieces and numbers them.
///
/// The reasons of those that could not be cut become one warning where the user asked for
/// pieces.
arrow::Status CutPartitions(const SplitPartition& split, TablePlan& plan);

}  // namespace keelboat
