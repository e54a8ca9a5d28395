#pragma once

#include <optional>
#include <string>

#include <arrow/status.h>

#include "warehouses/ledger_entry.h"
#include "warehouses/warehouse.h"

namespace keelboat {

/// kConflict with the detail kWholeLoad: the increment cannot be applied, because `why`.
arrow::Status WholeLoadNeeded(const std::string& table, const std::string& why);

/// \brief Whether a table stands where the request's increment begins.
///
/// `previous` is the table's ledger row, `exists` whether the table is there. The request
/// has an increment. WholeLoadNeeded where it stands elsewhere.
arrow::Status CheckIncrementStart(const LoadRequest& request,
                                  const std::optional<LedgerEntry>& previous,
                                  bool exists);

}  // namespace keelboat
