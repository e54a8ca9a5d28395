#pragma once

#include <stop_token>
#include <vector>

#include <arrow/result.h>

#include "app/project.h"
#include "app/verify.h"
#include "app/verify_lake.h"
#include "lake/lake.h"
#include "sources/source.h"

namespace keelboat {

/// \brief What of a table is compared with its source.
struct SourceQuestion {
  const ConfiguredTable& table;
  Source& source;
  LakeTable& lake_table;
  const LakeSnapshot& newest;
  const std::vector<PastCommit>&
      commits;  ///< The newest first, down to the last full one.
  bool lake_damaged = false;
};

/// \brief Compares the lake's latest-per-key view of a table with its source, row by row.
///
/// Reads the source once, in one view, with the columns, filter and masks that the table
/// was loaded with; a second time, in the same view, where something differs, to find out
/// what. Memory does not grow with the table. A source that comes back is waited for as
/// the table's retry policy says. Errors: what kept the source from being read.
arrow::Result<SourceVerdict> CompareWithSource(const SourceQuestion& question,
                                               const Clock& clock,
                                               const std::stop_token& stop);

}  // namespace keelboat
