#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "lake/view/key_digest.h"
#include "lake/view/key_hash.h"

namespace keelboat {

/// \brief Counts and order-free sums of rows, in 65,536 buckets by their keys.
///
/// Equal sets of rows have equal digests. 1.5 MB, however many rows. A value.
class RowDigests {
 public:
  static constexpr std::size_t kBuckets = 1U << 16U;
  static std::size_t BucketOf(const KeyHash& key) { return key.high >> 48U; }

  RowDigests() : buckets_(kBuckets) {}
  /// `row` stands for all values of the row.
  void Add(const KeyHash& key, const KeyHash& row) { buckets_[BucketOf(key)].Add(row); }
  int64_t rows() const;
  const KeyDigest& bucket(std::size_t index) const { return buckets_[index]; }

  bool operator==(const RowDigests&) const = default;

 private:
  std::vector<KeyDigest> buckets_;
};

/// The buckets to look into.
struct BucketChoice {
  std::vector<bool> chosen;
  int64_t rows = 0;  ///< Of `held` in them.
  bool all = true;   ///< No differing bucket was left out.

  bool Has(const KeyHash& key) const { return chosen[RowDigests::BucketOf(key)]; }
};

/// Of the buckets that differ as many as hold `most_rows` of `held`, at least one.
BucketChoice ChooseDiffering(const RowDigests& held, const RowDigests& other,
                             int64_t most_rows);

/// \brief Finds out how a stream of rows differs from a set that is held in memory.
///
/// 40 bytes a row held. Filled, sealed, then given the stream; at the end asked for what
/// did not come. One thread at a time.
class RowMatcher {
 public:
  explicit RowMatcher(int64_t expected);

  /// `tail`: comes back with the row.
  void Hold(const KeyHash& key, const KeyHash& row, bool tail);
  void Seal();

  enum class Match {
    kSame,
    kChanged,  ///< The key is held with other values.
    kNew,      ///< No such key is held, or as often as it came before.
  };
  Match Take(const KeyHash& key, const KeyHash& row);
  /// Takes a key whatever its values are; false: it is not held.
  bool TakeKey(const KeyHash& key);

  /// What was held and did not come.
  void VisitLeft(const std::function<void(const KeyHash& key, bool tail)>& visit) const;

 private:
  struct Entry {
    KeyHash key;
    KeyHash row;
    bool tail = false;
    bool taken = false;
  };
  std::vector<Entry>::iterator First(const KeyHash& key);

  std::vector<Entry> entries_;
};

}  // namespace keelboat
