#include "lake/delta/table.h"

#include <algorithm>
#include <set>
#include <utility>

#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>

#include "keelboat/error.h"
#include "lake/delta/cast.h"
#include "lake/delta/lake_type.h"
#include "lake/delta/name.h"
#include "lake/delta/rows_version.h"
#include "lake/delta/sink.h"
#include "lake/delta/statistics_json.h"
#include "lake/delta/tags.h"

namespace keelboat::delta {

DeltaTable::DeltaTable(std::shared_ptr<Store> store, const Clock& clock, std::string name)
    : store_(std::move(store)),
      clock_(clock),
      name_(std::move(name)),
      folder_(FolderOfTable(name_)),
      log_(store_, folder_) {}

std::string DeltaTable::uri() const { return store_->Uri(folder_); }

arrow::Status DeltaTable::InContext(const arrow::Status& status,
                                    const char* doing) const {
  return AddContext(status, std::string(doing) + " lake table " + name_);
}

arrow::Result<std::optional<LakeSnapshot>> DeltaTable::Latest() {
  auto state = log_.Load(std::nullopt);
  if (!state.ok()) return InContext(state.status(), "reading");
  if (!state->has_value()) return std::nullopt;
  auto snapshot = SnapshotOf(**state);
  if (!snapshot.ok()) return InContext(snapshot.status(), "reading");
  return *std::move(snapshot);
}

arrow::Result<LakeSnapshot> DeltaTable::At(int64_t version) {
  auto state = log_.Load(version);
  if (!state.ok()) return InContext(state.status(), "reading");
  if (!state->has_value()) {
    return MakeError(ErrorKind::kNotFound, "the lake has no table " + name_,
                     {{"table", name_}});
  }
  auto snapshot = SnapshotOf(**state);
  if (!snapshot.ok()) return InContext(snapshot.status(), "reading");
  return snapshot;
}

arrow::Result<LakeSnapshot> DeltaTable::SnapshotOf(const LogState& state) const {
  LakeSnapshot snapshot;
  snapshot.version = state.version;
  ARROW_ASSIGN_OR_RAISE(snapshot.schema, SchemaFromJson(state.metadata->schema_json));
  snapshot.description = state.metadata->description;
  snapshot.configuration = state.metadata->configuration;
  snapshot.commit_info = state.commit_info.json;
  snapshot.committed_at = state.committed_at;
  for (const auto& [path, add] : state.files) {
    DataFile file;
    ARROW_ASSIGN_OR_RAISE(file.path, DecodePath(path));
    file.uri = store_->Uri(PathOf(file.path));
    file.bytes = add.size;
    file.stats = add.stats;
    file.modified = FromMilliseconds(add.modified_ms);
    if (auto tag = add.tags.find(kChecksumTag); tag != add.tags.end()) {
      file.checksum = tag->second;
    }
    const FileTags tags = TagsOf(add);
    file.rows_version = tags.rows_version;
    file.open_tail = tags.open_tail;
    auto rows = RowsInStatistics(add.stats);
    if (rows) {
      file.rows = *rows;
    } else {
      ARROW_ASSIGN_OR_RAISE(file.rows, CountRows(file.path));
    }
    snapshot.rows += file.rows;
    snapshot.bytes += file.bytes;
    snapshot.files.push_back(std::move(file));
  }
  std::sort(snapshot.files.begin(), snapshot.files.end(),
            [](const DataFile& a, const DataFile& b) { return a.path < b.path; });
  return snapshot;
}

// For files of writers that keep no statistics.
arrow::Result<int64_t> DeltaTable::CountRows(const std::string& path) const {
  ARROW_ASSIGN_OR_RAISE(auto file, store_->Open(PathOf(path)));
  try {
    return ::parquet::ParquetFileReader::Open(file)->metadata()->num_rows();
  } catch (const ::parquet::ParquetException& error) {
    return MakeError(ErrorKind::kData,
                     "reading " + store_->Uri(PathOf(path)) + ": " + error.what());
  }
}

arrow::Result<std::unique_ptr<LakeSink>> DeltaTable::NewSink(const SinkOptions& options) {
  auto sink = MakeSink(store_, folder_, options, clock_);
  if (!sink.ok()) return InContext(sink.status(), "writing");
  return sink;
}

arrow::Status DeltaTable::Discard(const std::vector<Receipt>& receipts) {
  // After a commit with an unknown outcome the files may be the table's own by now.
  auto state = log_.Load(std::nullopt);
  if (!state.ok()) return InContext(state.status(), "discarding files of");
  std::set<std::string> referenced;
  if (state->has_value()) {
    for (const auto& [path, add] : (*state)->files) referenced.insert(path);
    for (const auto& [path, remove] : (*state)->tombstones) referenced.insert(path);
  }
  for (const Receipt& receipt : receipts) {
    for (const DataFile& file : receipt.files) {
      if (referenced.count(EncodePath(file.path)) != 0) continue;
      ARROW_RETURN_NOT_OK(
          InContext(store_->Delete(PathOf(file.path)), "discarding files of"));
    }
  }
  return arrow::Status::OK();
}

arrow::Result<std::shared_ptr<arrow::RecordBatch>> DeltaTable::ToLakeTypes(
    const arrow::RecordBatch& batch) const {
  ARROW_ASSIGN_OR_RAISE(auto lake_schema, LakeSchemaOf(*batch.schema()));
  return CastToLake(batch, lake_schema, 0);
}

arrow::Result<std::shared_ptr<arrow::io::RandomAccessFile>> DeltaTable::OpenFile(
    const DataFile& file) const {
  return store_->Open(PathOf(file.path));
}

arrow::Status DeltaTable::Drop() {
  auto objects = store_->List(folder_ + "/");
  if (!objects.ok()) return InContext(objects.status(), "dropping");
  // The log goes first and backwards, so that at any moment the table is an older
  // version of itself or not there; then the files that nothing refers to any more.
  auto is_log = [&](const ObjectInfo& object) {
    return object.path.starts_with(folder_ + "/_delta_log/");
  };
  std::stable_partition(objects->begin(), objects->end(), is_log);
  auto first_data = std::find_if_not(objects->begin(), objects->end(), is_log);
  std::reverse(objects->begin(), first_data);
  for (const ObjectInfo& object : *objects) {
    ARROW_RETURN_NOT_OK(InContext(store_->Delete(object.path), "dropping"));
  }
  return InContext(store_->DeleteUnfinished(folder_ + "/", clock_.Now()).status(),
                   "dropping");
}

}  // namespace keelboat::delta
