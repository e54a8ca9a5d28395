#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/status.h>

namespace keelboat {

/// \brief 128 bits that stand for one key. A value.
///
/// XXH3 of the key's values one after the other: a byte for the kind (0 null, 1 integer
/// or boolean, 2 date, 3 time, 4 float, 5 decimal, 6 text, 7 bytes), then 8 bytes of a
/// number, scale and 16 bytes of a decimal, or length and bytes of a text. Texts are
/// equal byte by byte; -0.0 is 0.0; integers are equal whatever their width. Two keys of
/// a table of 10^9 rows share a hash once in 10^20 tables. Not written anywhere.
struct KeyHash {
  uint64_t high = 0;
  uint64_t low = 0;
  auto operator<=>(const KeyHash&) const = default;
};

/// \brief Replaces `hashes` by one for each row of `batch`.
///
/// `key` names columns of the batch, in lake types. kNotFound for a column that is not
/// there, kUnsupported for a type that cannot be a key.
arrow::Status HashKeys(const arrow::RecordBatch& batch,
                       const std::vector<std::string>& key, std::vector<KeyHash>* hashes);

}  // namespace keelboat
