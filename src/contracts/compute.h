#pragma once

#include <arrow/status.h>

namespace keelboat {

/// Registers Arrow's compute functions, once per process; call it before the first use.
/// Thread-safe.
arrow::Status PrepareCompute();

}  // namespace keelboat
