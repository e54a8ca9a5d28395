#include "lake/view/key_set.h"

#include <algorithm>
#include <utility>

#include <arrow/type.h>

#include "core/value_text.h"
#include "keelboat/error.h"
#include "lake/view/hashed_keys.h"
#include "lake/view/key_stream.h"

namespace keelboat {

KeySet::KeySet(std::shared_ptr<arrow::Schema> columns) : columns_(std::move(columns)) {}

arrow::Result<KeySet> KeySet::Of(const arrow::Schema& schema,
                                 const std::vector<std::string>& key) {
  arrow::FieldVector columns;
  for (const std::string& name : key) {
    auto field = schema.GetFieldByName(name);
    if (field == nullptr) {
      return MakeError(ErrorKind::kNotFound, "the lake has no key column '" + name + "'",
                       {{"column", name}});
    }
    columns.push_back(std::move(field));
  }
  return KeySet(arrow::schema(std::move(columns)));
}

bool KeySet::Contains(const KeyHash& hash) const { return places_.count(hash) != 0; }

arrow::Status KeySet::Add(const arrow::RecordBatch& keys, int64_t row,
                          const KeyHash& hash) {
  if (Contains(hash)) return arrow::Status::OK();
  std::vector<std::string> texts;
  for (int column = 0; column < keys.num_columns(); ++column) {
    if (keys.column(column)->IsNull(row)) {
      return MakeError(ErrorKind::kData,
                       "key column '" + keys.column_name(column) +
                           "' is null in a row of the lake, so the row cannot be looked "
                           "up at the source: name a primary_key without nulls, or load "
                           "the table in full (load_strategy full)",
                       {{"column", keys.column_name(column)}});
    }
    auto text = ValueText(*keys.column(column), row);
    if (!text.ok()) {
      return AddContext(text.status(), "key column '" + keys.column_name(column) + "'");
    }
    texts.push_back(*std::move(text));
  }
  places_.emplace(hash, texts_.size());
  texts_.push_back(std::move(texts));
  return arrow::Status::OK();
}

arrow::Status KeySet::Erase(const arrow::RecordBatch& batch) {
  std::vector<KeyHash> hashes;
  ARROW_RETURN_NOT_OK(HashKeys(batch, columns_->field_names(), &hashes));
  std::vector<bool> goes(texts_.size(), false);
  bool any = false;
  for (const KeyHash& hash : hashes) {
    auto found = places_.find(hash);
    if (found == places_.end()) continue;
    goes[found->second] = true;
    any = true;
    places_.erase(found);
  }
  if (!any) return arrow::Status::OK();
  std::vector<std::size_t> moved(texts_.size(), 0);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < texts_.size(); ++i) {
    if (goes[i]) continue;
    moved[i] = kept;
    if (kept != i) texts_[kept] = std::move(texts_[i]);
    ++kept;
  }
  texts_.resize(kept);
  for (auto& [hash, place] : places_) place = moved[place];
  return arrow::Status::OK();
}

namespace {

arrow::Status CollectVanished(const LakeTable& table,
                              const std::vector<DataFile>& old_files,
                              const std::vector<DataFile>& new_files,
                              const std::stop_token& stop, const ViewOptions& options,
                              KeySet* vanished) {
  const std::vector<std::string> key = vanished->columns().field_names();
  int64_t rows = 0;
  for (const DataFile& file : old_files) rows += file.rows;
  const int64_t most = std::max<int64_t>(options.keys_in_memory, 1);
  const auto parts =
      static_cast<uint64_t>(std::max<int64_t>((rows + most - 1) / most, 1));
  for (uint64_t part = 0; part < parts; ++part) {
    HashedKeys held(rows / static_cast<int64_t>(parts));
    for (const DataFile& file : old_files) {
      ARROW_RETURN_NOT_OK(
          VisitKeys(table, file, key, stop,
                    [&](const arrow::RecordBatch&, const std::vector<KeyHash>& hashes) {
                      for (const KeyHash& hash : hashes) {
                        if (hash.low % parts == part) held.Add(hash);
                      }
                      return arrow::Status::OK();
                    }));
    }
    held.Seal();
    for (const DataFile& file : new_files) {
      if (held.unmarked() == 0) break;
      ARROW_RETURN_NOT_OK(
          VisitKeys(table, file, key, stop,
                    [&](const arrow::RecordBatch&, const std::vector<KeyHash>& hashes) {
                      for (const KeyHash& hash : hashes) held.Mark(hash);
                      return arrow::Status::OK();
                    }));
    }
    for (const DataFile& file : old_files) {
      if (held.unmarked() == 0) break;
      ARROW_RETURN_NOT_OK(
          VisitKeys(table, file, key, stop,
                    [&](const arrow::RecordBatch& keys,
                        const std::vector<KeyHash>& hashes) -> arrow::Status {
                      for (std::size_t row = 0; row < hashes.size(); ++row) {
                        if (!held.IsUnmarked(hashes[row])) continue;
                        ARROW_RETURN_NOT_OK(
                            vanished->Add(keys, static_cast<int64_t>(row), hashes[row]));
                      }
                      return arrow::Status::OK();
                    }));
    }
  }
  return arrow::Status::OK();
}

}  // namespace

arrow::Result<KeySet> VanishedKeys(const LakeTable& table, const arrow::Schema& schema,
                                   const std::vector<DataFile>& old_files,
                                   const std::vector<DataFile>& new_files,
                                   const std::vector<std::string>& key,
                                   const std::stop_token& stop,
                                   const ViewOptions& options) {
  ARROW_ASSIGN_OR_RAISE(KeySet vanished, KeySet::Of(schema, key));
  ARROW_RETURN_NOT_OK(
      CollectVanished(table, old_files, new_files, stop, options, &vanished));
  return vanished;
}

}  // namespace keelboat
