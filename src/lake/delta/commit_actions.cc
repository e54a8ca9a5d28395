#include "lake/delta/commit_actions.h"

#include <set>
#include <utility>

#include <arrow/type.h>
#include <nlohmann/json.hpp>

#include "keelboat/error.h"
#include "keelboat/version.h"
#include "lake/delta/lake_type.h"
#include "lake/delta/name.h"
#include "lake/delta/protocol.h"
#include "lake/delta/rows_version.h"
#include "lake/delta/statistics_json.h"
#include "lake/delta/tags.h"

namespace keelboat::delta {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kOwnKeys = "keelboat.";

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
                                    const arrow::Schema& lake_schema, int64_t version,
                                    SystemTime now) {
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
    if (key.starts_with("delta.") || key == kBaseVersionKey) {
      return MakeError(ErrorKind::kInternal, "a commit may not set " + key);
    }
    metadata.configuration[key] = value;
  }
  if (state == nullptr || replaces) {
    metadata.configuration[kBaseVersionKey] = std::to_string(version);
  }
  return metadata;
}

// The files that go: encoded paths, sorted.
arrow::Result<std::set<std::string>> PathsThatGo(const LakeCommit& commit,
                                                 const LogState* state) {
  std::set<std::string> paths;
  const bool replaces = commit.mode == LakeCommit::Mode::kReplace;
  const bool advances = commit.mode == LakeCommit::Mode::kAdvance;
  if ((replaces || commit.mode == LakeCommit::Mode::kAppend) && !commit.removed.empty()) {
    return MakeError(ErrorKind::kInternal,
                     "only a commit that advances or patches names files that go");
  }
  if (state == nullptr || commit.mode == LakeCommit::Mode::kAppend) return paths;
  for (const auto& [path, add] : state->files) {
    const FileTags tags = TagsOf(add);
    if (!replaces && tags.rows_version == kMixedVersions) {
      return MakeError(ErrorKind::kUnsupported,
                       "another program put rows of several commits into one file (" +
                           path +
                           "), so it cannot be told which are the newest: load the "
                           "table in full (--full-refresh)",
                       {{"path", path}});
    }
    if (replaces || (advances && tags.open_tail)) paths.insert(path);
  }
  for (const std::string& removed : commit.removed) {
    const std::string path = EncodePath(removed);
    if (state->files.count(path) == 0) {
      return MakeError(ErrorKind::kConflict,
                       "file " + removed +
                           ", which was to be replaced, is not in the table any more: "
                           "run again",
                       {{"path", removed}});
    }
    paths.insert(path);
  }
  return paths;
}

std::string ConfigurationOf(const LogState& state, const std::string& key) {
  auto found = state.metadata->configuration.find(key);
  return found == state.metadata->configuration.end() ? "" : found->second;
}

// As readers know it from other writers: all rows, or those that a predicate names.
Json OperationParameters(const LakeCommit& commit, const LogState* state, bool files_go) {
  if (commit.moves_rows_only) return {{"predicate", "[]"}};
  if (commit.mode == LakeCommit::Mode::kReplace) return {{"mode", "Overwrite"}};
  if (!files_go) return {{"mode", "Append"}};
  if (commit.mode == LakeCommit::Mode::kPatch) {
    return {{"mode", "Overwrite"}, {"predicate", commit.predicate}};
  }
  const std::string cursor = ConfigurationOf(*state, "keelboat.cursor");
  Json parameters = {{"mode", "Overwrite"}};
  parameters["predicate"] =
      cursor.empty()
          ? "open tail"
          : "`" + cursor + "` >= '" + ConfigurationOf(*state, "keelboat.open_from") + "'";
  return parameters;
}

CommitInfo CommitInfoFor(const LakeCommit& commit, const std::string& transaction_id,
                         const LogState* state, std::size_t files_removed,
                         SystemTime now) {
  int64_t files = 0;
  int64_t rows = 0;
  int64_t bytes = 0;
  for (const Receipt& receipt : commit.receipts) {
    files += static_cast<int64_t>(receipt.files.size());
    rows += receipt.rows;
    bytes += receipt.bytes;
  }
  Json metrics = {{"numFiles", std::to_string(files)},
                  {"numOutputRows", std::to_string(rows)},
                  {"numOutputBytes", std::to_string(bytes)},
                  {"numRemovedFiles", std::to_string(files_removed)}};
  for (const auto& [key, value] : commit.configuration) metrics[key] = value;
  Json info = {
      {"timestamp", ToMilliseconds(now)},
      {"operation", commit.moves_rows_only ? "OPTIMIZE" : "WRITE"},
      {"operationParameters", OperationParameters(commit, state, files_removed > 0)},
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

arrow::Status CheckMovesRowsOnly(const LakeCommit& commit,
                                 const std::set<std::string>& going,
                                 const LogState* state) {
  int64_t rows = 0;
  for (const Receipt& receipt : commit.receipts) rows += receipt.rows;
  for (const std::string& path : going) {
    const auto before = RowsInStatistics(state->files.at(path).stats);
    if (!before.has_value()) return arrow::Status::OK();  // Another program's file.
    rows -= *before;
  }
  if (commit.mode == LakeCommit::Mode::kPatch && rows == 0) return arrow::Status::OK();
  return MakeError(ErrorKind::kInternal, "a commit that moves rows only has " +
                                             std::to_string(rows) +
                                             " rows more than it takes away");
}

arrow::Result<AddFile> AddOf(const DataFile& file, int64_t version) {
  AddFile add;
  add.path = EncodePath(file.path);
  add.size = file.bytes;
  add.modified_ms = ToMilliseconds(file.modified);
  add.stats = file.stats;
  if (!file.checksum.empty()) add.tags[kChecksumTag] = file.checksum;
  const bool own = file.rows_version == kOwnVersion;
  if (!own && (file.rows_version < 0 || file.rows_version >= version)) {
    return MakeError(ErrorKind::kInternal, "rows of version " +
                                               std::to_string(file.rows_version) +
                                               " cannot come with a file of version " +
                                               std::to_string(version));
  }
  SetTags({own ? version : file.rows_version, file.open_tail}, &add);
  return add;
}

}  // namespace

arrow::Result<std::vector<Action>> BuildActions(const LakeCommit& commit,
                                                const std::string& table,
                                                const LogState* state,
                                                const std::string& transaction_id,
                                                SystemTime now) {
  ARROW_ASSIGN_OR_RAISE(auto lake_schema, LakeSchemaOf(*commit.schema));
  const int64_t version = state == nullptr ? 0 : state->version + 1;
  ARROW_ASSIGN_OR_RAISE(Metadata metadata,
                        MetadataFor(commit, table, state, *lake_schema, version, now));
  ARROW_ASSIGN_OR_RAISE(auto going, PathsThatGo(commit, state));
  if (commit.moves_rows_only) {
    ARROW_RETURN_NOT_OK(CheckMovesRowsOnly(commit, going, state));
  }
  std::vector<Action> actions;
  actions.emplace_back(CommitInfoFor(commit, transaction_id, state, going.size(), now));
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
  for (const std::string& path : going) {
    actions.emplace_back(RemoveFile{path, ToMilliseconds(now), !commit.moves_rows_only,
                                    state->files.at(path).size});
  }
  for (const Receipt& receipt : commit.receipts) {
    for (const DataFile& file : receipt.files) {
      ARROW_ASSIGN_OR_RAISE(AddFile add, AddOf(file, version));
      add.data_change = !commit.moves_rows_only;
      actions.emplace_back(std::move(add));
    }
  }
  return actions;
}

}  // namespace keelboat::delta
