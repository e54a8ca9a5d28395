#include "app/row_matching.h"

#include <algorithm>

namespace keelboat {

int64_t RowDigests::rows() const {
  int64_t rows = 0;
  for (const KeyDigest& bucket : buckets_) rows += bucket.count;
  return rows;
}

BucketChoice ChooseDiffering(const RowDigests& held, const RowDigests& other,
                             int64_t most_rows) {
  BucketChoice choice;
  choice.chosen.assign(RowDigests::kBuckets, false);
  bool any = false;
  for (std::size_t i = 0; i < RowDigests::kBuckets; ++i) {
    if (held.bucket(i) == other.bucket(i)) continue;
    if (any && choice.rows + held.bucket(i).count > most_rows) {
      choice.all = false;
      continue;
    }
    any = true;
    choice.chosen[i] = true;
    choice.rows += held.bucket(i).count;
  }
  return choice;
}

RowMatcher::RowMatcher(int64_t expected) {
  entries_.reserve(static_cast<std::size_t>(expected));
}

void RowMatcher::Hold(const KeyHash& key, const KeyHash& row, bool tail) {
  entries_.push_back({key, row, tail, false});
}

void RowMatcher::Seal() {
  std::sort(entries_.begin(), entries_.end(),
            [](const Entry& left, const Entry& right) { return left.key < right.key; });
}

std::vector<RowMatcher::Entry>::iterator RowMatcher::First(const KeyHash& key) {
  return std::lower_bound(
      entries_.begin(), entries_.end(), key,
      [](const Entry& entry, const KeyHash& wanted) { return entry.key < wanted; });
}

RowMatcher::Match RowMatcher::Take(const KeyHash& key, const KeyHash& row) {
  auto other = entries_.end();
  for (auto entry = First(key); entry != entries_.end() && entry->key == key; ++entry) {
    if (entry->taken) continue;
    if (entry->row == row) {
      entry->taken = true;
      return Match::kSame;
    }
    if (other == entries_.end()) other = entry;
  }
  if (other == entries_.end()) return Match::kNew;
  other->taken = true;
  return Match::kChanged;
}

bool RowMatcher::TakeKey(const KeyHash& key) {
  bool held = false;
  for (auto entry = First(key); entry != entries_.end() && entry->key == key; ++entry) {
    entry->taken = true;
    held = true;
  }
  return held;
}

void RowMatcher::VisitLeft(
    const std::function<void(const KeyHash& key, bool tail)>& visit) const {
  for (const Entry& entry : entries_) {
    if (!entry.taken) visit(entry.key, entry.tail);
  }
}

}  // namespace keelboat
