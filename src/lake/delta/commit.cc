#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "keelboat/error.h"
#include "lake/delta/checkpoint.h"
#include "lake/delta/commit_actions.h"
#include "lake/delta/hashing_stream.h"
#include "lake/delta/name.h"
#include "lake/delta/protocol.h"
#include "lake/delta/table.h"

namespace keelboat::delta {
namespace {

using Json = nlohmann::json;

constexpr int64_t kCheckpointEvery = 10;
constexpr std::chrono::days kTombstonesKept{7};

// The same for the same files, so that a commit that is made again knows itself.
std::string TransactionIdOf(const LakeCommit& commit, const std::string& table) {
  std::string text = table + '\n' + commit.run_id + '\n' +
                     std::to_string(commit.read_version.value_or(-1)) + '\n';
  for (const Receipt& receipt : commit.receipts) {
    for (const DataFile& file : receipt.files) {
      text += file.path + ' ' + file.checksum + '\n';
    }
  }
  for (const std::string& path : commit.removed) text += "-" + path + '\n';
  return Sha256Of(text).substr(0, 32);
}

bool ChangesData(const Action& action) {
  if (const auto* add = std::get_if<AddFile>(&action)) return add->data_change;
  if (const auto* remove = std::get_if<RemoveFile>(&action)) return remove->data_change;
  return std::holds_alternative<Metadata>(action) ||
         std::holds_alternative<Protocol>(action);
}

const CommitInfo* CommitInfoIn(const std::vector<Action>& actions) {
  for (const Action& action : actions) {
    if (const auto* info = std::get_if<CommitInfo>(&action)) return info;
  }
  return nullptr;
}

bool IsOwn(const std::vector<Action>& actions, const std::string& transaction_id) {
  const CommitInfo* info = CommitInfoIn(actions);
  return info != nullptr && info->transaction_id == transaction_id;
}

arrow::Status CheckAppendOnly(const LogState& state, const LakeCommit& commit) {
  auto found = state.metadata->configuration.find("delta.appendOnly");
  const bool append_only =
      found != state.metadata->configuration.end() && found->second == "true";
  if (!append_only || commit.mode == LakeCommit::Mode::kAppend || state.files.empty()) {
    return arrow::Status::OK();
  }
  return MakeError(ErrorKind::kUnsupported,
                   "the table is append-only (delta.appendOnly), so its rows cannot be "
                   "replaced: change that property or load into another table");
}

}  // namespace

arrow::Status DeltaTable::CheckFiles(const std::vector<Receipt>& receipts) const {
  ARROW_ASSIGN_OR_RAISE(auto objects, store_->List(folder_ + "/part-"));
  std::map<std::string, int64_t> sizes;
  for (const ObjectInfo& object : objects) sizes[object.path] = object.size;
  std::set<std::string> seen;
  for (const Receipt& receipt : receipts) {
    for (const DataFile& file : receipt.files) {
      if (!seen.insert(file.path).second) {
        return MakeError(ErrorKind::kData,
                         "two receipts name the same file " + file.path +
                             ": give each partition's receipt once",
                         {{"path", file.path}});
      }
      auto found = sizes.find(PathOf(file.path));
      if (found == sizes.end()) {
        return MakeError(ErrorKind::kNotFound,
                         "file " + file.uri +
                             " of a receipt is gone (deleted by a "
                             "vacuum?): run again",
                         {{"path", file.path}});
      }
      if (found->second != file.bytes) {
        return MakeError(ErrorKind::kData,
                         "file " + file.uri + " has " + std::to_string(found->second) +
                             " bytes, its receipt says " + std::to_string(file.bytes) +
                             ": run again",
                         {{"path", file.path}});
      }
    }
  }
  return arrow::Status::OK();
}

arrow::Result<std::optional<LakeSnapshot>> DeltaTable::CheckCommitsSince(
    std::optional<int64_t> read_version, const std::string& transaction_id,
    const LogState& state) {
  bool changed = !read_version.has_value();
  for (int64_t version = read_version.value_or(-1) + 1; version <= state.version;
       ++version) {
    auto actions = log_.Read(version);
    if (!actions.ok() && KindOf(actions.status()) == ErrorKind::kNotFound) {
      changed = true;  // Cleaned away already, so long ago was it.
      continue;
    }
    ARROW_RETURN_NOT_OK(actions.status());
    if (IsOwn(*actions, transaction_id)) {
      ARROW_RETURN_NOT_OK(log_.Rewrite(version, *actions));
      ARROW_ASSIGN_OR_RAISE(LakeSnapshot own, At(version));
      return std::optional<LakeSnapshot>(std::move(own));
    }
    changed = changed || std::any_of(actions->begin(), actions->end(), ChangesData);
  }
  if (!changed) return std::nullopt;
  const std::string now = "it is at version " + std::to_string(state.version) + " now";
  return MakeError(
      ErrorKind::kConflict,
      read_version
          ? "someone else changed the table since version " +
                std::to_string(*read_version) + " (" + now + "): run again"
          : "someone else made the table in the meantime (" + now + "): run again",
      {{"table", name_}, {"version", std::to_string(state.version)}});
}

arrow::Result<LakeSnapshot> DeltaTable::Commit(const LakeCommit& commit) {
  auto snapshot = TryCommit(commit);
  if (snapshot.ok()) return snapshot;
  // Deletes only what the log does not hold, hence nothing where it cannot be read. What
  // cannot be deleted either is vacuum's.
  (void)Discard(commit.receipts);
  return InContext(snapshot.status(), "committing to");
}

arrow::Result<LakeSnapshot> DeltaTable::TryCommit(const LakeCommit& commit) {
  const std::string transaction_id = TransactionIdOf(commit, name_);
  while (true) {
    ARROW_ASSIGN_OR_RAISE(std::optional<LogState> state, log_.Load(std::nullopt));
    if (!state && commit.read_version) {
      return MakeError(ErrorKind::kConflict,
                       "the table was dropped since version " +
                           std::to_string(*commit.read_version) + ": run again",
                       {{"table", name_}});
    }
    if (state) {
      if (commit.transaction) {
        auto done = state->transactions.find(commit.transaction->first);
        if (done != state->transactions.end() &&
            done->second.version >= commit.transaction->second) {
          ARROW_RETURN_NOT_OK(Discard(commit.receipts));
          return SnapshotOf(*state);
        }
      }
      if (!commit.read_version || *commit.read_version != state->version) {
        ARROW_ASSIGN_OR_RAISE(
            auto own, CheckCommitsSince(commit.read_version, transaction_id, *state));
        if (own) return *std::move(own);
      }
      ARROW_RETURN_NOT_OK(CheckWritable(*state->protocol, *state->metadata));
      ARROW_RETURN_NOT_OK(CheckAppendOnly(*state, commit));
    }
    ARROW_RETURN_NOT_OK(CheckFiles(commit.receipts));
    ARROW_ASSIGN_OR_RAISE(auto actions,
                          BuildActions(commit, name_, state ? &*state : nullptr,
                                       transaction_id, clock_.Now()));
    const int64_t version = state ? state->version + 1 : 0;
    arrow::Status written = log_.Write(version, actions);
    if (!written.ok()) {
      // Whatever the store said, the log knows whether the commit is there.
      auto read = log_.Read(version);
      if (!read.ok() && KindOf(read.status()) == ErrorKind::kNotFound) return written;
      if (read.ok() && !IsOwn(*read, transaction_id)) continue;
      // There, but perhaps not to stay: a put that succeeds makes it last.
      if (!read.ok() || !log_.Rewrite(version, actions).ok()) {
        return AddContext(written,
                          "the commit's outcome is unknown until the log can be read");
      }
    }
    LogState after = state ? *std::move(state) : LogState();
    ARROW_RETURN_NOT_OK(after.Apply(actions, version));
    after.version = version;
    after.committed_at = FromMilliseconds(after.commit_info.timestamp_ms);
    MaybeCheckpoint(after);
    return SnapshotOf(after);
  }
}

void DeltaTable::MaybeCheckpoint(const LogState& state) const {
  if (state.version < kCheckpointEvery) return;  // Whoever made one, it is not due.
  // A checkpoint is a short cut, never needed: one that fails is made up for by a later
  // commit, and must not make this one look failed.
  auto listing = log_.List();
  if (!listing.ok()) return;
  const int64_t last =
      listing->checkpoints.empty() ? 0 : listing->checkpoints.rbegin()->first;
  if (state.version - last < kCheckpointEvery) return;
  auto count = WriteCheckpoint(*store_, log_.CheckpointPath(state.version), state,
                               clock_.Now() - kTombstonesKept);
  if (!count.ok()) return;
  const Json pointer = {{"version", state.version}, {"size", *count}};
  (void)store_->Put(log_.LastCheckpointPath(), pointer.dump());
}

}  // namespace keelboat::delta
