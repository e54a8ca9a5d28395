#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/status.h>

#include "lake/view/key_hash.h"

namespace keelboat {

/// \brief Count and sum of a set of keys, whatever order they come in. A value.
///
/// Two sets with equal digests are equal, but for a chance of about 2^-128. A key that
/// comes twice is counted twice. One thread at a time.
struct KeyDigest {
  int64_t count = 0;
  KeyHash sum;  ///< Of all hashes, modulo 2^128.

  void Add(const KeyHash& hash);
  /// All rows of a batch in lake types (LakeTable::ToLakeTypes); errors as HashKeys.
  arrow::Status Add(const arrow::RecordBatch& batch, const std::vector<std::string>& key);
  /// "1234 keys, sum 0f…": for logs and evidence.
  std::string ToString() const;

  bool operator==(const KeyDigest&) const = default;
};

}  // namespace keelboat
