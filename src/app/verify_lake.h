#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include <arrow/status.h>

#include "app/verify.h"
#include "lake/lake.h"

namespace keelboat {

/// A commit since the one that last replaced all rows.
struct PastCommit {
  int64_t version = 0;
  std::string engine;    ///< "keelboat/0.1.0"; empty where the log tells none.
  std::string position;  ///< Where the source stood when it was read; may be empty.
};

/// \brief The commits that made a snapshot, the newest first, as far as the log has them.
///
/// What another program changed in the rows is added to `findings`; one that only moved
/// them to other files is not.
arrow::Result<std::vector<PastCommit>> ReadCommits(
    LakeTable& table, const LakeSnapshot& newest, const std::stop_token& stop,
    std::vector<LakeVerdict::Finding>& findings);

/// \brief Adds what differs between a table's files and what was committed.
///
/// `prefix` goes before the names of files. Errors: as VerifyFiles.
arrow::Status VerifyLakeTable(LakeTable& table, const LakeSnapshot& newest,
                              const std::string& prefix, const std::stop_token& stop,
                              LakeVerdict& verdict);

}  // namespace keelboat
