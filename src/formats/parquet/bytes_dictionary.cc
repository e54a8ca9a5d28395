#include "formats/parquet/bytes_dictionary.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace keelboat::parquet_pages {
namespace {

constexpr std::size_t kFirstSlots = 1024;
constexpr std::size_t kWord = sizeof(uint64_t);
constexpr std::size_t kHead = 2 * kWord;
constexpr uint64_t kFirst = 0x9E3779B97F4A7C15u;
constexpr uint64_t kSecond = 0xC2B2AE3D27D4EB4Fu;

uint64_t Load(const char* bytes) {
  uint64_t word;
  std::memcpy(&word, bytes, sizeof(word));
  return word;
}

int ShiftOf(std::size_t slots) { return 64 - std::countr_zero(slots); }

constexpr std::array<uint64_t, kWord + 1> kLowBytes = [] {
  std::array<uint64_t, kWord + 1> masks{};
  for (std::size_t i = 1; i <= kWord; ++i) masks[i] = masks[i - 1] << 8 | 0xFF;
  return masks;
}();

}  // namespace

BytesDictionary::BytesDictionary() : slots_(kFirstSlots), shift_(ShiftOf(kFirstSlots)) {}

inline uint64_t BytesDictionary::Hash(std::string_view value, uint64_t first,
                                      uint64_t second) {
  uint64_t hash = (first ^ value.size()) * kFirst ^ std::rotl(second * kSecond, 29);
  if (value.size() > kHead) {
    for (std::size_t at = kHead; at + kWord < value.size(); at += kWord) {
      hash = (hash ^ Load(value.data() + at)) * kFirst;
      hash ^= hash >> 32;
    }
    hash = (hash ^ Load(value.data() + value.size() - kWord)) * kFirst;
  }
  return (hash ^ hash >> 32) * kSecond;
}

uint32_t BytesDictionary::Add(std::string_view value, std::size_t readable) {
  static_assert(std::endian::native == std::endian::little);
  const std::size_t length = value.size();
  uint64_t first;
  uint64_t second;
  if (readable >= kHead) {
    first = Load(value.data()) & kLowBytes[std::min(length, kWord)];
    second = Load(value.data() + kWord) &
             kLowBytes[std::min(length, kHead) - std::min(length, kWord)];
  } else {
    std::array<char, kHead> bytes{};
    std::memcpy(bytes.data(), value.data(), std::min(length, kHead));
    first = Load(bytes.data());
    second = Load(bytes.data() + kWord);
  }
  bytes_added_ += static_cast<int64_t>(length);
  std::size_t slot = Hash(value, first, second) >> shift_;
  while (slots_[slot] != 0) {
    const uint32_t index = slots_[slot] - 1;
    const Entry& entry = entries_[index];
    if (entry.first == first && entry.second == second && entry.length == length &&
        (length <= kHead ||
         std::memcmp(bytes_.data() + entry.offset, value.data(), length) == 0)) {
      return index;
    }
    slot = (slot + 1) & (slots_.size() - 1);
  }
  return AddNew(value, first, second, slot);
}

uint32_t BytesDictionary::AddNew(std::string_view value, uint64_t first, uint64_t second,
                                 std::size_t slot) {
  entries_.push_back({first, second, bytes_.size(), value.size()});
  bytes_.insert(bytes_.end(), value.begin(), value.end());
  slots_[slot] = size();
  if (entries_.size() * 2 > slots_.size()) Grow();
  return size() - 1;
}

void BytesDictionary::Grow() {
  slots_.assign(slots_.size() * 2, 0);
  shift_ = ShiftOf(slots_.size());
  for (uint32_t index = 0; index < size(); ++index) {
    std::size_t slot =
        Hash(Get(index), entries_[index].first, entries_[index].second) >> shift_;
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
