#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <arrow/status.h>

#include "lake/delta/action.h"

namespace keelboat::delta {

/// \brief A table as its log tells it, up to one version. A value.
struct LogState {
  int64_t version = -1;
  std::optional<Protocol> protocol;
  std::optional<Metadata> metadata;
  std::map<std::string, AddFile> files;          ///< By path.
  std::map<std::string, RemoveFile> tombstones;  ///< Removed files, by path.
  std::map<std::string, Transaction> transactions;
  /// That of `version`; empty when the log no longer has that commit.
  CommitInfo commit_info;
  SystemTime committed_at;

  /// \brief Adds the actions of one commit, or, without `of_version`, of a checkpoint.
  ///
  /// Files of other programs get the tags of DataFile::rows_version and open_tail here,
  /// as far as the commit tells (rows_version.h); nobody else's log is changed by it.
  /// kData when the same file is added twice, or added and removed, in one of them.
  arrow::Status Apply(const std::vector<Action>& actions,
                      std::optional<int64_t> of_version);

  /// kData when protocol or metadata never came.
  arrow::Status CheckComplete() const;
};

}  // namespace keelboat::delta
