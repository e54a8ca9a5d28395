#include "formats/parquet/hybrid_encoding.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

namespace keelboat::parquet_pages {
namespace {

constexpr std::size_t kGroup = 8;
constexpr std::size_t kBlock = 32;
// All that one byte of header tells; longer stretches are legal, but rarely written.
constexpr std::size_t kMostGroups = 63;

void AppendVarint(uint64_t number, Bytes* out) {
  while (number > 127) {
    out->push_back(static_cast<uint8_t>(number | 128));
    number >>= 7;
  }
  out->push_back(static_cast<uint8_t>(number));
}

// 32 numbers of `kWidth` bits are `kWidth` words of 32 bits.
template <int kWidth>
void PackBlock(const uint32_t* numbers, uint8_t* out) {
  uint64_t word = 0;
  int bits = 0;
#pragma GCC unroll 32
  for (std::size_t i = 0; i < kBlock; ++i) {
    word |= static_cast<uint64_t>(numbers[i]) << bits;
    bits += kWidth;
    if (bits >= 32) {
      const auto full = static_cast<uint32_t>(word);
      std::memcpy(out, &full, sizeof(full));
      out += sizeof(full);
      word >>= 32;
      bits -= 32;
    }
  }
}

using Packer = void (*)(const uint32_t*, uint8_t*);
constexpr auto kPackers = []<int... kIndex>(std::integer_sequence<int, kIndex...>) {
  return std::array<Packer, sizeof...(kIndex)>{&PackBlock<kIndex + 1>...};
}(std::make_integer_sequence<int, 32>{});

// The last group is filled up with zeros.
void AppendPacked(std::span<const uint32_t> numbers, int width, Bytes* out) {
  const Packer pack = kPackers[static_cast<std::size_t>(width - 1)];
  const auto group_bytes = static_cast<std::size_t>(width);
  while (!numbers.empty()) {
    const auto part = numbers.first(std::min(numbers.size(), kMostGroups * kGroup));
    numbers = numbers.subspan(part.size());
    const std::size_t groups = (part.size() + kGroup - 1) / kGroup;
    out->push_back(static_cast<uint8_t>(groups << 1 | 1));
    std::size_t at = out->size();
    out->resize(at + groups * group_bytes);
    std::size_t begin = 0;
    for (; begin + kBlock <= part.size(); begin += kBlock) {
      pack(part.data() + begin, out->data() + at);
      at += kBlock / kGroup * group_bytes;
    }
    if (begin == part.size()) continue;
    std::array<uint32_t, kBlock> rest{};
    std::memcpy(rest.data(), part.data() + begin,
                (part.size() - begin) * sizeof(uint32_t));
    std::array<uint8_t, kBlock * sizeof(uint32_t)> packed;
    pack(rest.data(), packed.data());
    std::memcpy(out->data() + at, packed.data(), out->size() - at);
  }
}

// The least numbers whose packed bits would take more than a run and two headers.
std::size_t ShortestRun(int width) {
  const auto bits = static_cast<std::size_t>(width);
  return std::max(kGroup, 8 * (2 + (bits + 7) / 8) / bits);
}

bool AllTheSame(const uint32_t* group) {
  uint32_t different = group[0] ^ group[kGroup - 1];
  if (different != 0) return false;
  for (std::size_t i = 1; i + 1 < kGroup; ++i) different |= group[0] ^ group[i];
  return different == 0;
}

}  // namespace

int BitWidth(uint32_t count) {
  return count <= 2 ? 1 : static_cast<int>(std::bit_width(count - 1));
}

void AppendRun(uint32_t number, int64_t count, int width, Bytes* out) {
  AppendVarint(static_cast<uint64_t>(count) << 1, out);
  for (int bits = 0; bits < width; bits += 8) {
    out->push_back(static_cast<uint8_t>(number >> bits));
  }
}

void AppendHybrid(std::span<const uint32_t> numbers, int width, Bytes* out) {
  const std::size_t shortest = ShortestRun(width);
  std::size_t packed = 0;  // What comes before is written.
  std::size_t at = 0;
  while (at + kGroup <= numbers.size()) {
    if (!AllTheSame(numbers.data() + at)) {
      at += kGroup;
      continue;
    }
    std::size_t end = at + kGroup;
    while (end < numbers.size() && numbers[end] == numbers[at]) ++end;
    if (end - at < shortest) {
      at += kGroup;
      continue;
    }
    AppendPacked(numbers.subspan(packed, at - packed), width, out);
    AppendRun(numbers[at], static_cast<int64_t>(end - at), width, out);
    packed = at = end;
  }
  AppendPacked(numbers.subspan(packed), width, out);
}

}  // namespace keelboat::parquet_pages
