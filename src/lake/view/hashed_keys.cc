#include "lake/view/hashed_keys.h"

#include <algorithm>
#include <bit>

namespace keelboat {

HashedKeys::HashedKeys(int64_t expected) {
  constexpr std::size_t kLeast = 1024;
  // Uneven by a few percent, where the keys are one of several parts.
  sort_at_ = std::max(kLeast, static_cast<std::size_t>(expected + expected / 16));
  hashes_.reserve(sort_at_);
}

void HashedKeys::SortUnique() {
  std::sort(hashes_.begin(), hashes_.end());
  hashes_.erase(std::unique(hashes_.begin(), hashes_.end()), hashes_.end());
}

void HashedKeys::Add(const KeyHash& hash) {
  if (hashes_.size() == sort_at_) {
    SortUnique();
    if (hashes_.size() > sort_at_ / 2) sort_at_ *= 2;
  }
  hashes_.push_back(hash);
}

void HashedKeys::Seal() {
  SortUnique();
  marks_.assign(hashes_.size(), 0);
  unmarked_ = static_cast<int64_t>(hashes_.size());
  // About four hashes to each start.
  const int bits =
      std::clamp(static_cast<int>(std::bit_width(hashes_.size())) - 2, 1, 24);
  shift_ = 64 - bits;
  starts_.assign((std::size_t{1} << bits) + 1, 0);
  for (const KeyHash& hash : hashes_) ++starts_[(hash.high >> shift_) + 1];
  for (std::size_t i = 1; i < starts_.size(); ++i) starts_[i] += starts_[i - 1];
}

std::optional<std::size_t> HashedKeys::Find(const KeyHash& hash) const {
  const std::size_t bucket = hash.high >> shift_;
  const auto begin = hashes_.begin() + starts_[bucket];
  const auto end = hashes_.begin() + starts_[bucket + 1];
  const auto found = std::lower_bound(begin, end, hash);
  if (found == end || *found != hash) return std::nullopt;
  return static_cast<std::size_t>(found - hashes_.begin());
}

bool HashedKeys::Mark(const KeyHash& hash) {
  const auto found = Find(hash);
  if (!found) return false;
  if (marks_[*found] == 0) --unmarked_;
  marks_[*found] = 1;
  return true;
}

bool HashedKeys::IsUnmarked(const KeyHash& hash) const {
  const auto found = Find(hash);
  return found && marks_[*found] == 0;
}

}  // namespace keelboat
