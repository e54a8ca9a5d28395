#include "engine/load_request.h"

#include <set>
#include <string>
#include <utility>

#include "keelboat/error.h"
#include "planner/cursor.h"
#include "planner/increment.h"

namespace keelboat {
namespace {

std::vector<LoadFile> FilesOf(const LakeSnapshot& snapshot) {
  std::vector<LoadFile> files;
  for (const DataFile& file : snapshot.files) {
    files.push_back({file.uri, file.rows, file.rows_version});
  }
  return files;
}

std::optional<LoadIncrement> IncrementBetween(const LakeSnapshot& from,
                                              const LakeSnapshot& to) {
  // Text is compared by the source alone.
  if (ValueOf(from, lake_key::kOpenFrom).empty() ||
      ValueOf(from, lake_key::kCursorKind) == CursorKindName(CursorKind::kText)) {
    return std::nullopt;
  }
  const bool same_cursor =
      ValueOf(from, lake_key::kCursor) == ValueOf(to, lake_key::kCursor) &&
      ValueOf(from, lake_key::kKey) == ValueOf(to, lake_key::kKey) &&
      ValueOf(from, lake_key::kNullCursor) == ValueOf(to, lake_key::kNullCursor);
  const auto base = BaseVersionOf(to);
  if (!same_cursor || !base.has_value() || *base > from.version) return std::nullopt;
  std::set<std::string> known;
  std::set<std::string> live;
  for (const DataFile& file : from.files) known.insert(file.path);
  for (const DataFile& file : to.files) live.insert(file.path);
  for (const DataFile& file : from.files) {
    // Only then are the rows at or above open_from just those that arrive.
    if (file.open_tail == live.contains(file.path)) return std::nullopt;
  }
  LoadIncrement increment;
  increment.from_version = from.version;
  increment.from_files = FilesOf(from);
  increment.cursor = ValueOf(from, lake_key::kCursor);
  increment.open_from = ValueOf(from, lake_key::kOpenFrom);
  increment.or_null = ValueOf(from, lake_key::kNullCursor) == "include";
  for (const DataFile& file : to.files) {
    if (known.contains(file.path)) continue;
    // Rows that only moved: their old version may not win over what arrives.
    if (file.rows_version <= from.version) return std::nullopt;
    increment.arrived.push_back({file.uri, file.rows, file.rows_version});
  }
  return increment;
}

// Of rows with one key only the newest counts; a table without a key has them all.
arrow::Status CheckVersionsAreKnown(const LakeSnapshot& snapshot,
                                    const std::vector<std::string>& key) {
  if (key.empty()) return arrow::Status::OK();
  for (const DataFile& file : snapshot.files) {
    if (file.rows_version != kMixedVersions) continue;
    return MakeError(ErrorKind::kUnsupported,
                     "another program put rows of several commits into one file (" +
                         file.uri +
                         "), so it cannot be told which are the newest: load the table "
                         "in full (keelboat run --full-refresh)",
                     {{"path", file.uri}});
  }
  return arrow::Status::OK();
}

}  // namespace

arrow::Result<LoadRequest> MakeLoadRequest(LakeTable& lake_table,
                                           const LakeSnapshot& newest,
                                           const std::optional<LedgerRow>& ledger) {
  LoadRequest request;
  ARROW_ASSIGN_OR_RAISE(request.key, KeyOf(newest));
  ARROW_RETURN_NOT_OK(CheckVersionsAreKnown(newest, request.key));
  request.table = lake_table.name();
  request.schema = newest.schema;
  request.files = FilesOf(newest);
  request.rows = newest.rows;
  request.lake_version = newest.version;
  request.lake_uri = lake_table.uri();
  request.description = newest.description;
  if (!ledger.has_value() || ledger->lake_uri != request.lake_uri ||
      ledger->lake_version >= newest.version) {
    return request;
  }
  auto from = lake_table.At(ledger->lake_version);
  // The log may have been cleaned of a version that long ago.
  if (!from.ok() && KindOf(from.status()) == ErrorKind::kNotFound) return request;
  ARROW_RETURN_NOT_OK(from.status());
  request.increment = IncrementBetween(*from, newest);
  return request;
}

}  // namespace keelboat
