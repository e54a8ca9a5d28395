#include "lake/view/key_digest.h"

#include <cinttypes>
#include <cstdio>

namespace keelboat {

void KeyDigest::Add(const KeyHash& hash) {
  ++count;
  sum.low += hash.low;
  sum.high += hash.high + (sum.low < hash.low ? 1 : 0);
}

arrow::Status KeyDigest::Add(const arrow::RecordBatch& batch,
                             const std::vector<std::string>& key) {
  std::vector<KeyHash> hashes;
  ARROW_RETURN_NOT_OK(HashKeys(batch, key, &hashes));
  for (const KeyHash& hash : hashes) Add(hash);
  return arrow::Status::OK();
}

std::string KeyDigest::ToString() const {
  char text[40];
  std::snprintf(text, sizeof text, "%016" PRIx64 "%016" PRIx64, sum.high, sum.low);
  return std::to_string(count) + " keys, sum " + text;
}

}  // namespace keelboat
