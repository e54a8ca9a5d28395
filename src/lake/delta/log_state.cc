#include "lake/delta/log_state.h"

#include <set>

#include "keelboat/error.h"
#include "lake/delta/rows_version.h"

namespace keelboat::delta {
namespace {

// Each path may be named once by the actions of a commit.
class PathsSeen {
 public:
  arrow::Status Add(const std::string& path) {
    if (paths_.insert(path).second) return arrow::Status::OK();
    return MakeError(ErrorKind::kData,
                     "file " + path + " is named twice in the same commit",
                     {{"path", path}});
  }

 private:
  std::set<std::string> paths_;
};

}  // namespace

arrow::Status LogState::Apply(const std::vector<Action>& actions,
                              std::optional<int64_t> of_version) {
  PathsSeen seen;
  std::optional<FileTags> tags;
  if (of_version) tags = TagsOfUntagged(files, actions, *of_version);
  commit_info = CommitInfo();
  for (const Action& action : actions) {
    if (const auto* add = std::get_if<AddFile>(&action)) {
      ARROW_RETURN_NOT_OK(seen.Add(add->path));
      tombstones.erase(add->path);
      AddFile& file = files[add->path] = *add;
      if (tags && !HasRowsVersion(file)) SetTags(*tags, &file);
    } else if (const auto* remove = std::get_if<RemoveFile>(&action)) {
      ARROW_RETURN_NOT_OK(seen.Add(remove->path));
      files.erase(remove->path);
      tombstones[remove->path] = *remove;
    } else if (const auto* transaction = std::get_if<Transaction>(&action)) {
      transactions[transaction->app_id] = *transaction;
    } else if (const auto* new_protocol = std::get_if<Protocol>(&action)) {
      protocol = *new_protocol;
    } else if (const auto* new_metadata = std::get_if<Metadata>(&action)) {
      metadata = *new_metadata;
    } else if (const auto* info = std::get_if<CommitInfo>(&action)) {
      commit_info = *info;
    }
  }
  return arrow::Status::OK();
}

arrow::Status LogState::CheckComplete() const {
  if (protocol && metadata) return arrow::Status::OK();
  return MakeError(ErrorKind::kData,
                   std::string("the log has no ") + (protocol ? "metaData" : "protocol") +
                       " action up to version " + std::to_string(version));
}

}  // namespace keelboat::delta
