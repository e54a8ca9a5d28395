#pragma once

#include <optional>

#include <arrow/result.h>

#include "lake/lake.h"
#include "warehouses/warehouse.h"

namespace keelboat {

/// \brief What brings a warehouse's table to a version of the lake.
///
/// An increment, where the ledger knows a version that only the open tail and new files
/// tell from `newest`; otherwise the latest-per-key view whole. The caller fills in the
/// run and the time.
arrow::Result<LoadRequest> MakeLoadRequest(LakeTable& lake_table,
                                           const LakeSnapshot& newest,
                                           const std::optional<LedgerRow>& ledger);

}  // namespace keelboat
