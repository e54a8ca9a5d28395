#include "formats/parquet/bytes_dictionary.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace keelboat::parquet_pages {
namespace {

constexpr std::size_t kFirstSlots = 1024;
constexpr std::size_t kWord = sizeof(uint64_t);
constexpr uint64_t kMultiplier = 0x9E3779B97F4A7C15u;

template <typename Word>
uint64_t Load(const char* bytes) {
  Word word;
  std::memcpy(&word, bytes, sizeof(word));
  return word;
}

int ShiftOf(std::size_t slots) { return 64 - std::countr_zero(slots); }

uint64_t Mix(uint64_t hash, uint64_t word) {
  hash = (hash ^ word) * kMultiplier;
  return hash ^ hash >> 32;
}

}  // namespace

BytesDictionary::BytesDictionary() : slots_(kFirstSlots), shift_(ShiftOf(kFirstSlots)) {}

BytesDictionary::Ends BytesDictionary::EndsOf(std::string_view value) {
  const char* at = value.data();
  const std::size_t length = value.size();
  if (length >= kWord) return {Load<uint64_t>(at), Load<uint64_t>(at + length - kWord)};
  if (length >= 4) return {Load<uint32_t>(at), Load<uint32_t>(at + length - 4)};
  if (length == 0) return {};
  return {static_cast<uint8_t>(at[0]),
          static_cast<uint64_t>(static_cast<uint8_t>(at[length / 2])) << 8 |
              static_cast<uint8_t>(at[length - 1])};
}

uint64_t BytesDictionary::Hash(std::string_view value, const Ends& ends) {
  uint64_t hash = Mix(Mix(value.size(), ends.first), ends.last);
  for (std::size_t at = kWord; at + kWord < value.size(); at += kWord) {
    hash = Mix(hash, Load<uint64_t>(value.data() + at));
  }
  return hash * kMultiplier;
}

uint32_t BytesDictionary::Add(std::string_view value) {
  bytes_added_ += static_cast<int64_t>(value.size());
  const Ends ends = EndsOf(value);
  std::size_t slot = Hash(value, ends) >> shift_;
  while (slots_[slot] != 0) {
    const uint32_t index = slots_[slot] - 1;
    const Entry& entry = entries_[index];
    if (entry.length == value.size() && entry.ends == ends &&
        (value.size() <= 2 * kWord ||
         std::memcmp(bytes_.data() + entry.offset, value.data(), value.size()) == 0)) {
      return index;
    }
    slot = (slot + 1) & (slots_.size() - 1);
  }
  entries_.push_back({ends, bytes_.size(), value.size()});
  bytes_.insert(bytes_.end(), value.begin(), value.end());
  slots_[slot] = size();
  if (entries_.size() * 2 > slots_.size()) Grow();
  return size() - 1;
}

void BytesDictionary::Grow() {
  slots_.assign(slots_.size() * 2, 0);
  shift_ = ShiftOf(slots_.size());
  for (uint32_t index = 0; index < size(); ++index) {
    std::size_t slot = Hash(Get(index), entries_[index].ends) >> shift_;
    while (slots_[slot] != 0) slot = (slot + 1) & (slots_.size() - 1);
    slots_[slot] = index + 1;
  }
}

void BytesDictionary::Clear() {
  // Only as large as the last values needed.
  slots_.assign(std::max(kFirstSlots, std::bit_ceil(entries_.size() * 2)), 0);
  shift_ = ShiftOf(slots_.size());
  entries_.clear();
  bytes_.clear();
  bytes_added_ = 0;
}

}  // namespace keelboat::parquet_pages
