#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include <arrow/result.h>

#include "lake/lake.h"
#include "lake/view/cursor_window.h"
#include "lake/view/key_set.h"

namespace keelboat {

struct RewriteOptions {
  std::string run_id;
  int first_ordinal = 0;  ///< Of the new files, which get one each from here on.
};

/// Rows that files lose: those of any of the keys, and those in the window. Borrowed.
struct RowsToDrop {
  const KeySet* keys = nullptr;
  const CursorWindow* window = nullptr;
};

/// What a commit takes to replace files by others without some rows.
struct Rewritten {
  std::vector<std::string> removed;  ///< LakeCommit::removed.
  std::vector<Receipt> receipts;     ///< Their files keep rows_version and open_tail.
  int64_t rows_gone = 0;
};

/// \brief Writes those of `files` that hold any of `rows` anew, without them.
///
/// Files that cannot hold one by their statistics are not read. Nothing is committed;
/// after an error no new file is left. Every row read is either written or gone: kData
/// otherwise.
arrow::Result<Rewritten> RewriteWithout(LakeTable& table,
                                        const std::vector<DataFile>& files,
                                        const RowsToDrop& rows,
                                        const RewriteOptions& options,
                                        const std::stop_token& stop);

}  // namespace keelboat
