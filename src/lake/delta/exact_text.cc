#include "lake/delta/exact_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace keelboat::delta {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr uint64_t kChunk = 10'000'000'000'000'000'000ull;  // 10^19
constexpr int kChunkDigits = 19;

char* TwoDigits(int64_t value, char* out) {
  *out++ = static_cast<char>('0' + value / 10);
  *out++ = static_cast<char>('0' + value % 10);
  return out;
}

}  // namespace

std::size_t WriteDecimal(const arrow::Decimal256& value, int32_t scale, char* out) {
  const bool negative = value.IsNegative();
  std::array<uint64_t, 4> limbs = arrow::Decimal256(value).Abs().little_endian_array();
  // Digits from the last to the first.
  std::array<char, 80> digits;
  std::size_t count = 0;
  while (limbs[0] | limbs[1] | limbs[2] | limbs[3]) {
    uint64_t rest = 0;
    for (int limb = 3; limb >= 0; --limb) {
      auto& part = limbs[static_cast<std::size_t>(limb)];
      Wide current = (static_cast<Wide>(rest) << 64) | part;
      part = static_cast<uint64_t>(current / kChunk);
      rest = static_cast<uint64_t>(current % kChunk);
    }
    for (int i = 0; i < kChunkDigits && count < digits.size(); ++i, rest /= 10) {
      digits[count++] = static_cast<char>('0' + rest % 10);
    }
  }
  while (count > 0 && digits[count - 1] == '0') --count;
  const auto point = static_cast<std::size_t>(scale);
  while (count <= point) digits[count++] = '0';
  char* next = out;
  if (negative) *next++ = '-';
  for (std::size_t place = count; place-- > 0;) {
    *next++ = digits[place];
    if (place == point && point > 0) *next++ = '.';
  }
  return static_cast<std::size_t>(next - out);
}

std::size_t WriteDuration(int64_t microseconds, char* out) {
  char* next = out;
  if (microseconds < 0) *next++ = '-';
  const uint64_t positive = microseconds < 0 ? 0 - static_cast<uint64_t>(microseconds)
                                             : static_cast<uint64_t>(microseconds);
  const auto fraction = static_cast<int64_t>(positive % 1'000'000);
  const auto seconds = static_cast<int64_t>(positive / 1'000'000);
  const int64_t hours = seconds / 3600;
  if (hours < 10) *next++ = '0';
  next = std::to_chars(next, next + 20, hours).ptr;
  *next++ = ':';
  next = TwoDigits(seconds / 60 % 60, next);
  *next++ = ':';
  next = TwoDigits(seconds % 60, next);
  if (fraction != 0) {
    *next++ = '.';
    for (int64_t unit = 100'000; unit > 0; unit /= 10) {
      *next++ = static_cast<char>('0' + fraction / unit % 10);
    }
  }
  return static_cast<std::size_t>(next - out);
}

}  // namespace keelboat::delta
