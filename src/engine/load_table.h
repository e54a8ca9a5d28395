#pragma once

#include <optional>
#include <stop_token>

#include <arrow/result.h>

#include "core/clock.h"
#include "core/observer.h"
#include "core/retry.h"
#include "engine/task.h"
#include "warehouses/warehouse.h"

namespace keelboat {

/// \brief Brings one table of the warehouse to a lake version, in one transaction.
///
/// `alone`: nothing else is under way.
/// A warehouse that is locked or away is tried again as `policy` says.
/// On any error the warehouse keeps what it had.
arrow::Result<LoadResult> LoadTable(const TableTask& task, const LakeSnapshot& snapshot,
                                    const EngineOptions& options,
                                    const RetryPolicy& policy, bool alone,
                                    Warehouse& warehouse, Observer& observer,
                                    const Clock& clock, const std::stop_token& stop);

}  // namespace keelboat
