#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

#include <arrow/result.h>

#include "lake/lake.h"

namespace keelboat {

/// What became of a table's small files.
struct OptimizedTable {
  int64_t files_before = 0;
  int64_t files_after = 0;
  int64_t bytes_before = 0;  ///< Of the files that were put together.
  int64_t bytes_after = 0;
  std::optional<int64_t> version;  ///< Of the commit; nullopt: nothing was to be done.
};

/// \brief Puts the rows of a lake table's small files into larger ones, in one commit.
///
/// No row changes. kConflict when somebody else changed rows meanwhile; then nothing was
/// done. Not for tables that do not exist (kNotFound).
arrow::Result<OptimizedTable> OptimizeTable(LakeTable& table, const std::string& run_id,
                                            const std::stop_token& stop);

}  // namespace keelboat
