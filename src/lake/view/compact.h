#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include <arrow/result.h>

#include "lake/lake.h"

namespace keelboat {

struct CompactOptions {
  std::string run_id;
  int64_t target_file_bytes = int64_t{128} << 20;
  /// Whether of rows with one key only those of the newest version count. Then files of
  /// different versions stay apart.
  bool versions_matter = true;
};

/// What a commit takes to put the rows of small files into larger ones.
struct Compacted {
  std::vector<std::string> removed;  ///< LakeCommit::removed.
  std::vector<Receipt> receipts;
  int64_t rows = 0;
  int64_t bytes_before = 0;

  bool empty() const { return removed.empty(); }
};

/// \brief Writes files smaller than half of the target anew, together.
///
/// The open tail stays apart from closed files. Files of mixed versions, and those whose
/// columns are not those of the others, are left alone, as is what cannot become fewer
/// files. Nothing is committed; after an error no new file is left. kData: a file has
/// other rows than the log says.
arrow::Result<Compacted> CompactFiles(LakeTable& table, const LakeSnapshot& snapshot,
                                      const CompactOptions& options,
                                      const std::stop_token& stop);

}  // namespace keelboat
