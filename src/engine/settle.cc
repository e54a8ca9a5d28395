// What a slice does about rows of the lake that its own rows replace or leave behind.

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include <arrow/type.h>

#include "engine/slice_load.h"
#include "keelboat/error.h"
#include "lake/view/cursor_window.h"
#include "lake/view/key_stream.h"
#include "lake/view/rewrite.h"
#include "lake/view/window_keys.h"

namespace keelboat {
namespace {

constexpr std::size_t kKeysALookup = 1000;

std::vector<DataFile> FilesOf(const std::vector<Receipt>& receipts) {
  std::vector<DataFile> files;
  for (const Receipt& receipt : receipts) {
    files.insert(files.end(), receipt.files.begin(), receipt.files.end());
  }
  return files;
}

arrow::Result<CursorWindow> WindowOf(const CursorPlan& cursor,
                                     const arrow::Schema& lake_schema) {
  const auto field = lake_schema.GetFieldByName(cursor.column);
  if (field == nullptr) {
    return MakeError(ErrorKind::kData,
                     "the lake has no column " + cursor.column +
                         ": load the table in full (--full-refresh)",
                     {{"column", cursor.column}});
  }
  return CursorWindow::Make(*field, cursor.from.value_or(""), cursor.until.value_or(""));
}

// Where a row belongs: in closed files or in the open tail.
Predicate BelowOrInTail(const CursorPlan& cursor, const arrow::Schema& schema,
                        bool open_tail) {
  Predicate range;
  range.columns = {cursor.column};
  (open_tail ? range.lower : range.upper) = {cursor.open_from.value_or("")};
  range.or_null = open_tail && schema.GetFieldByName(cursor.column)->nullable();
  return range;
}

}  // namespace

arrow::Status SliceLoad::SettleVanished(int64_t read_version,
                                        const std::stop_token& stop) {
  ARROW_ASSIGN_OR_RAISE(auto before, task_.lake_table->At(read_version));
  std::vector<DataFile> tail;
  std::vector<DataFile> closed;
  for (const DataFile& file : before.files) {
    (file.open_tail ? tail : closed).push_back(file);
  }
  ARROW_ASSIGN_OR_RAISE(
      auto keys, VanishedKeys(*task_.lake_table, *before.schema, tail, FilesOf(receipts_),
                              task_.plan.key, stop));
  ARROW_RETURN_NOT_OK(EraseCarried(receipts_.size(), 0, keys, stop));
  if (keys.empty()) return arrow::Status::OK();

  // A row that left the window is still there where its cursor was set back.
  const std::size_t known = receipts_.size();
  const std::size_t known_quarantined = quarantine_receipts_.size();
  Partition lookup = slice_.partitions.front();
  lookup.predicates.clear();
  lookup.ordinal = slice_.partitions.back().ordinal + 1;
  lookup.open_tail = false;
  ARROW_RETURN_NOT_OK(LookUp(keys, lookup, stop));
  ARROW_RETURN_NOT_OK(EraseCarried(known, known_quarantined, keys, stop));
  if (keys.empty()) return arrow::Status::OK();
  // Those are gone; what older commits hold of them would come to light again.
  ARROW_ASSIGN_OR_RAISE(auto rewritten,
                        RewriteWithout(*task_.lake_table, closed, {.keys = &keys},
                                       {options_.run_id, lookup.ordinal}, stop));
  removed_ = std::move(rewritten.removed);
  std::move(rewritten.receipts.begin(), rewritten.receipts.end(),
            std::back_inserter(receipts_));
  return arrow::Status::OK();
}

arrow::Status SliceLoad::LookUp(const KeySet& keys, Partition& lookup,
                                const std::stop_token& stop) {
  std::atomic<int64_t> bytes = 0;
  const auto& texts = keys.texts();
  const auto within = lookup.predicates;
  for (std::size_t i = 0; i < texts.size(); i += kKeysALookup, ++lookup.ordinal) {
    Predicate keyset;
    keyset.kind = PredicateKind::kKeyset;
    keyset.columns = task_.plan.key;
    const auto from = texts.begin() + static_cast<std::ptrdiff_t>(i);
    keyset.keys.assign(from, from + static_cast<std::ptrdiff_t>(
                                        std::min(kKeysALookup, texts.size() - i)));
    lookup.predicates = within;
    lookup.predicates.push_back(std::move(keyset));
    ARROW_RETURN_NOT_OK(Carry(lookup, bytes, stop));
  }
  return arrow::Status::OK();
}

arrow::Status SliceLoad::SettleWindow(const LakeSnapshot& before,
                                      const std::stop_token& stop) {
  const CursorPlan& cursor = *task_.plan.cursor;
  ARROW_ASSIGN_OR_RAISE(const CursorWindow window, WindowOf(cursor, *before.schema));
  int ordinal = slice_.partitions.back().ordinal + 1;
  KeySet gone(arrow::schema({}));
  if (!task_.plan.key.empty()) {
    ARROW_ASSIGN_OR_RAISE(
        gone, WindowKeys(*task_.lake_table, *before.schema, before.files, window,
                         FilesOf(receipts_), task_.plan.key, stop));
    KeySet sought = gone;
    ARROW_RETURN_NOT_OK(EraseCarried(receipts_.size(), 0, sought, stop));
    const std::size_t known = receipts_.size();
    for (const bool open_tail : {false, true}) {
      Partition lookup = slice_.partitions.front();
      lookup.predicates = {BelowOrInTail(cursor, *task_.plan.schema, open_tail)};
      lookup.ordinal = ordinal;
      lookup.open_tail = open_tail;
      ARROW_RETURN_NOT_OK(LookUp(sought, lookup, stop));
      ordinal = lookup.ordinal;
    }
    // What only quarantine has now is gone from the lake: an older version of it would be
    // older than the one that the window had.
    ARROW_RETURN_NOT_OK(EraseCarried(known, quarantine_receipts_.size(), gone, stop));
  }
  ARROW_ASSIGN_OR_RAISE(auto rewritten, RewriteWithout(*task_.lake_table, before.files,
                                                       {.keys = &gone, .window = &window},
                                                       {options_.run_id, ordinal}, stop));
  removed_ = std::move(rewritten.removed);
  std::move(rewritten.receipts.begin(), rewritten.receipts.end(),
            std::back_inserter(receipts_));
  return SettleQuarantine(ordinal, stop);
}

arrow::Status SliceLoad::SettleQuarantine(int ordinal, const std::stop_token& stop) {
  if (task_.quarantine_table == nullptr) return arrow::Status::OK();
  ARROW_ASSIGN_OR_RAISE(auto before, task_.quarantine_table->Latest());
  if (!before.has_value()) return arrow::Status::OK();
  ARROW_ASSIGN_OR_RAISE(const CursorWindow window,
                        WindowOf(*task_.plan.cursor, *before->schema));
  ARROW_ASSIGN_OR_RAISE(auto rewritten, RewriteWithout(*task_.quarantine_table,
                                                       before->files, {.window = &window},
                                                       {options_.run_id, ordinal}, stop));
  quarantine_removed_ = std::move(rewritten.removed);
  std::move(rewritten.receipts.begin(), rewritten.receipts.end(),
            std::back_inserter(quarantine_receipts_));
  return arrow::Status::OK();
}

arrow::Status SliceLoad::EraseCarried(std::size_t first, std::size_t first_quarantined,
                                      KeySet& keys, const std::stop_token& stop) const {
  auto erase = [&](const LakeTable& lake_table, const std::vector<Receipt>& receipts,
                   std::size_t from) -> arrow::Status {
    for (std::size_t i = from; i < receipts.size(); ++i) {
      for (const DataFile& file : receipts[i].files) {
        ARROW_RETURN_NOT_OK(VisitKeys(lake_table, file, task_.plan.key, stop,
                                      [&](const arrow::RecordBatch& batch, const auto&) {
                                        return keys.Erase(batch);
                                      }));
      }
    }
    return arrow::Status::OK();
  };
  ARROW_RETURN_NOT_OK(erase(*task_.lake_table, receipts_, first));
  if (task_.quarantine_table == nullptr) return arrow::Status::OK();
  return erase(*task_.quarantine_table, quarantine_receipts_, first_quarantined);
}

}  // namespace keelboat
