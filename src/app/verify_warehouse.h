#pragma once

#include <optional>
#include <stop_token>

#include <arrow/result.h>

#include "app/verify.h"
#include "lake/lake.h"
#include "warehouses/warehouse.h"

namespace keelboat {

/// \brief Compares a table of the warehouse with the version of the lake that it was
/// loaded from.
///
/// `newest` is that of the lake, nullopt where it has no such table. A load that happens
/// meanwhile is waited for no longer than one more look. Files of a lake elsewhere are
/// copied to `copies_folder` for the time being. Errors: what kept the two from
/// being compared (kUnavailable, kCancelled …).
arrow::Result<WarehouseVerdict> VerifyWarehouseTable(
    Warehouse& warehouse, LakeTable& table, const std::optional<LakeSnapshot>& newest,
    bool lake_damaged, const std::string& copies_folder, const std::stop_token& stop);

}  // namespace keelboat
