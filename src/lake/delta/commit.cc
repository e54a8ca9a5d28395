#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include <arrow/type.h>
#include <nlohmann/json.hpp>

#include "keelboat/error.h"
#include "keelboat/version.h"
#include "lake/delta/checkpoint.h"
#include "lake/delta/hashing_stream.h"
#include "lake/delta/lake_type.h"
#include "lake/delta/name.h"
#include "lake/delta/protocol.h"
#include "lake/delta/table.h"
#include "lake/delta/tags.h"

namespace keelboat::delta {
namespace {

using Json = nlohmann::json;

constexpr int64_t kCheckpointEvery = 10;
constexpr std::chrono::days kTombstonesKept{7};
constexpr std::string_view kOwnKeys = "keelboat.";

// The same for the same files, so that a commit that is made again knows itself.
std::string TransactionIdOf(const LakeCommit& commit, const std::string& table) {
  std::string text = table + '\n' + commit.run_id + '\n' +
                     std::to_string(commit.read_version.value_or(-1)) + '\n';
  for (const Receipt& receipt : commit.receipts) {
    for (const DataFile& file : receipt.files) {
      text += file.path + ' ' + file.checksum + '\n';
    }
  }
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

// Rows already there stay readable: columns may be added, never changed or lost.
arrow::Result<std::shared_ptr<arrow::Schema>> UnionSchema(const arrow::Schema& current,
                                                          const arrow::Schema& added) {
  arrow::FieldVector fields;
  for (const auto& field : current.fields()) {
    auto fresh = added.GetFieldByName(field->name());
    if (fresh == nullptr) {
      fields.push_back(field->WithNullable(true));
      continue;
    }
    if (!fresh->type()->Equals(*field->type())) {
      return MakeError(ErrorKind::kUnsupported,
                       "column '" + field->name() + "' is " + field->type()->ToString() +
                           " in the lake and " + fresh->type()->ToString() +
                           " now: load the table in full",
                       {{"column", field->name()}});
    }
    fields.push_back(fresh->WithNullable(field->nullable() || fresh->nullable()));
  }
  for (const auto& field : added.fields()) {
    if (current.GetFieldByName(field->name()) == nullptr) {
      fields.push_back(field->WithNullable(true));
    }
  }
  return arrow::schema(std::move(fields));
}

arrow::Result<Metadata> MetadataFor(const LakeCommit& commit, const std::string& table,
                                    const LogState* state,
                                    const arrow::Schema& lake_schema, SystemTime now) {
  Metadata metadata;
  const bool replaces = commit.mode == LakeCommit::Mode::kReplace;
  if (state == nullptr) {
    metadata.id = NewUuid();
    metadata.name = table;
    metadata.created_ms = ToMilliseconds(now);
  } else {
    metadata = *state->metadata;
  }
  if (state == nullptr || replaces) {
    metadata.schema_json = SchemaToJson(lake_schema);
  } else {
    ARROW_ASSIGN_OR_RAISE(auto current, SchemaFromJson(metadata.schema_json));
    ARROW_ASSIGN_OR_RAISE(auto combined, UnionSchema(*current, lake_schema));
    if (!combined->Equals(*current, /*check_metadata=*/true)) {
      metadata.schema_json = SchemaToJson(*combined);
    }
  }
  if (replaces || !commit.description.empty()) metadata.description = commit.description;
  if (replaces) {
    std::erase_if(metadata.configuration,
                  [](const auto& item) { return item.first.starts_with(kOwnKeys); });
  }
  for (const auto& [key, value] : commit.configuration) {
    if (key.starts_with("delta.")) {
      return MakeError(ErrorKind::kInternal, "a commit may not set " + key);
    }
    metadata.configuration[key] = value;
  }
  return metadata;
}

CommitInfo CommitInfoFor(const LakeCommit& commit, const std::string& transaction_id,
                         int64_t files_removed, SystemTime now) {
  int64_t files = 0;
  int64_t rows = 0;
  int64_t bytes = 0;
  for (const Receipt& receipt : commit.receipts) {
    files += static_cast<int64_t>(receipt.files.size());
    rows += receipt.rows;
    bytes += receipt.bytes;
  }
  const bool replaces = commit.mode == LakeCommit::Mode::kReplace;
  Json metrics = {{"numFiles", std::to_string(files)},
                  {"numOutputRows", std::to_string(rows)},
                  {"numOutputBytes", std::to_string(bytes)},
                  {"numRemovedFiles", std::to_string(files_removed)}};
  for (const auto& [key, value] : commit.configuration) metrics[key] = value;
  Json info = {{"timestamp", ToMilliseconds(now)},
               {"operation", "WRITE"},
               {"operationParameters", {{"mode", replaces ? "Overwrite" : "Append"}}},
               {"operationMetrics", std::move(metrics)},
               {"isBlindAppend", false},
               {"engineInfo", std::string("keelboat/") + kVersion},
               {"txnId", transaction_id},
               {"keelboat",
                {{"runId", commit.run_id},
                 {"strategy", commit.strategy},
                 {"sourcePosition", commit.source_position}}}};
  if (commit.read_version) info["readVersion"] = *commit.read_version;
  return {info.dump(-1, ' ', false, Json::error_handler_t::replace), transaction_id,
          ToMilliseconds(now)};
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

// The actions of a commit on top of `state`; nullptr when the table is new.
arrow::Result<std::vector<Action>> BuildActions(const LakeCommit& commit,
                                                const std::string& table,
                                                const LogState* state,
                                                const std::string& transaction_id,
                                                SystemTime now) {
  ARROW_ASSIGN_OR_RAISE(auto lake_schema, LakeSchemaOf(*commit.schema));
  ARROW_ASSIGN_OR_RAISE(Metadata metadata,
                        MetadataFor(commit, table, state, *lake_schema, now));
  const bool replaces = commit.mode == LakeCommit::Mode::kReplace;
  const int64_t removed =
      replaces && state != nullptr ? static_cast<int64_t>(state->files.size()) : 0;
  std::vector<Action> actions;
  actions.emplace_back(CommitInfoFor(commit, transaction_id, removed, now));
  const Protocol current = state == nullptr ? Protocol() : *state->protocol;
  const Protocol needed = ProtocolFor(current, HasTimestampWithoutZone(*lake_schema));
  if (state == nullptr || !(needed == current)) actions.emplace_back(needed);
  if (state == nullptr || !(metadata == *state->metadata)) {
    actions.emplace_back(std::move(metadata));
  }
  if (commit.transaction) {
    actions.emplace_back(Transaction{commit.transaction->first,
                                     commit.transaction->second, ToMilliseconds(now)});
  }
  if (removed > 0) {
    for (const auto& [path, add] : state->files) {
      actions.emplace_back(RemoveFile{path, ToMilliseconds(now), true, add.size});
    }
  }
  for (const Receipt& receipt : commit.receipts) {
    for (const DataFile& file : receipt.files) {
      AddFile add;
      add.path = EncodePath(file.path);
      add.size = file.bytes;
      add.modified_ms = ToMilliseconds(file.modified);
      add.stats = file.stats;
      if (!file.checksum.empty()) add.tags[kChecksumTag] = file.checksum;
      actions.emplace_back(std::move(add));
    }
  }
  return actions;
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
    ARROW_RETURN_NOT_OK(after.Apply(actions));
    after.version = version;
    after.committed_at = FromMilliseconds(after.commit_info.timestamp_ms);
    MaybeCheckpoint(after);
    return SnapshotOf(after);
  }
}

void DeltaTable::MaybeCheckpoint(const LogState& state) const {
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
