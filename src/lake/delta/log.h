#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <arrow/result.h>

#include "lake/delta/action.h"
#include "lake/delta/log_state.h"
#include "lake/store.h"

namespace keelboat::delta {

/// \brief The `_delta_log` folder of one table.
///
/// Holds no state but the store, so it is as thread-safe as that is. Errors carry the
/// path of the log file they are about.
class Log {
 public:
  /// `folder` of the table within the store.
  Log(std::shared_ptr<Store> store, std::string folder);

  /// What lies in the folder.
  struct Listing {
    std::map<int64_t, ObjectInfo> commits;
    /// Complete checkpoints, each with its parts in order.
    std::map<int64_t, std::vector<std::string>> checkpoints;
    bool empty() const { return commits.empty() && checkpoints.empty(); }
    int64_t newest() const;
  };

  arrow::Result<Listing> List() const;

  /// The table at `version`, or at the newest; nullopt when there is no table at all;
  /// kNotFound when there is one but not that version.
  arrow::Result<std::optional<LogState>> Load(std::optional<int64_t> version) const;

  /// The actions of one commit; kNotFound when it is not there.
  arrow::Result<std::vector<Action>> Read(int64_t version) const;

  /// Publishes a commit; kConflict when that version exists.
  arrow::Status Write(int64_t version, const std::vector<Action>& actions) const;

  /// Puts a commit that is there already once more, so that it is known to be durable.
  arrow::Status Rewrite(int64_t version, const std::vector<Action>& actions) const;

  std::string CommitPath(int64_t version) const;
  std::string CheckpointPath(int64_t version) const;
  std::string LastCheckpointPath() const;
  const std::string& folder() const { return folder_; }
  Store& store() const { return *store_; }

 private:
  arrow::Result<LogState> Replay(const Listing& listing, int64_t target,
                                 bool use_checkpoint) const;
  void TagFromCommits(const Listing& listing, LogState* state) const;

  const std::shared_ptr<Store> store_;
  const std::string folder_;
};

}  // namespace keelboat::delta
