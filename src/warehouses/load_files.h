#pragma once

#include <arrow/status.h>

#include "warehouses/warehouse.h"

namespace keelboat {

/// kInternal unless a request's files hold its rows, and what arrives is among them.
arrow::Status CheckFiles(const LoadRequest& request);

}  // namespace keelboat
