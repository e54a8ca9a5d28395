#pragma once

#include <string>
#include <vector>

#include <arrow/result.h>

#include "lake/delta/action.h"
#include "lake/delta/log_state.h"
#include "lake/store.h"

namespace keelboat::delta {

/// \brief Reads a classic checkpoint, whoever wrote it: one Parquet file or several
/// parts.
///
/// kData when the file is damaged.
arrow::Result<std::vector<Action>> ReadCheckpoint(Store& store,
                                                  const std::vector<std::string>& paths);

/// \brief Writes a state as a classic checkpoint in one Parquet file.
///
/// Tombstones older than `tombstones_since` are left out. Returns the number of
/// actions. kConflict when the file exists.
arrow::Result<int64_t> WriteCheckpoint(Store& store, const std::string& path,
                                       const LogState& state,
                                       SystemTime tombstones_since);

}  // namespace keelboat::delta
