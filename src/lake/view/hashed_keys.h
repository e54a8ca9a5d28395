#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "lake/view/key_hash.h"

namespace keelboat {

/// \brief A set of key hashes: filled, sealed, then asked and marked.
///
/// 16 bytes a key (and a byte for its mark), no more while it is filled with keys that
/// come again and again. One thread at a time.
class HashedKeys {
 public:
  /// `expected` keys are made room for at once.
  explicit HashedKeys(int64_t expected);

  /// Before `Seal` only.
  void Add(const KeyHash& hash);
  /// Ends the filling.
  void Seal();
  /// Marks a key; false when it is not in the set. After `Seal` only, as all below.
  bool Mark(const KeyHash& hash);
  /// Whether the key is in the set and not marked.
  bool IsUnmarked(const KeyHash& hash) const;
  int64_t unmarked() const { return unmarked_; }

  /// Calls `visit` with each unmarked key, in no order that means anything.
  template <typename Visit>
  void VisitUnmarked(Visit visit) const {
    for (std::size_t i = 0; i < hashes_.size(); ++i) {
      if (!marks_[i]) visit(hashes_[i]);
    }
  }

 private:
  void SortUnique();
  std::optional<std::size_t> Find(const KeyHash& hash) const;

  std::vector<KeyHash> hashes_;
  std::size_t sort_at_;
  std::vector<uint8_t> marks_;
  /// Where the hashes of each value of the leading bits begin.
  std::vector<uint32_t> starts_;
  int shift_ = 0;
  int64_t unmarked_ = 0;
};

}  // namespace keelboat
