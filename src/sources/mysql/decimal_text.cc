#include "sources/mysql/decimal_text.h"

#include <algorithm>
#include <array>

namespace keelboat::mysql {
namespace {

constexpr int kMostDigits = 80;
constexpr int kDigitsPerStep = 18;

constexpr std::array<uint64_t, kDigitsPerStep + 1> kPowersOfTen = [] {
  std::array<uint64_t, kDigitsPerStep + 1> powers{};
  uint64_t power = 1;
  for (auto& entry : powers) {
    entry = power;
    power *= 10;
  }
  return powers;
}();

// The digits of the unscaled value, without sign and point.
struct Digits {
  bool negative = false;
  int count = 0;
  std::array<uint8_t, kMostDigits> values;
};

bool ReadDigits(std::string_view text, int precision, int scale, Digits* digits) {
  const char* at = text.data();
  const char* end = at + text.size();
  if (at != end && (*at == '-' || *at == '+')) digits->negative = *at++ == '-';
  if (at == end) return false;
  int fraction = -1;
  int count = 0;
  bool any = false;
  for (; at != end; ++at) {
    if (*at == '.' && fraction < 0) {
      fraction = 0;
      continue;
    }
    auto digit = static_cast<uint8_t>(*at - '0');
    if (digit > 9) return false;
    any = true;
    if (fraction >= 0) ++fraction;
    if (count == 0 && digit == 0) continue;  // Leading zeros (ZEROFILL) take no room.
    if (count == kMostDigits) return false;
    digits->values[static_cast<std::size_t>(count++)] = digit;
  }
  if (!any || fraction > scale) return false;
  for (int missing = scale - std::max(fraction, 0); missing > 0 && count > 0; --missing) {
    if (count == kMostDigits) return false;
    digits->values[static_cast<std::size_t>(count++)] = 0;
  }
  digits->count = count;
  return count <= precision;
}

// Most decimals are short enough for one machine word, read in one pass. Returns false
// for anything out of the ordinary, which the long way then reads or refuses.
bool ReadShort(std::string_view text, int precision, int scale, int64_t* value) {
  if (text.size() > kDigitsPerStep || static_cast<int>(text.size()) <= scale)
    return false;
  const char* at = text.data();
  const char* end = at + text.size();
  const char* point = end - scale - 1;
  bool negative = *at == '-';
  if (negative) ++at;
  // Exactly `scale` digits behind a point, or no point and no fraction.
  if (scale > 0 ? at > point || *point != '.' : at == end) return false;
  uint64_t word = 0;
  for (; at != end; ++at) {
    if (scale > 0 && at == point) continue;
    auto digit = static_cast<uint8_t>(*at - '0');
    if (digit > 9) return false;
    word = word * 10 + digit;
  }
  if (precision <= kDigitsPerStep &&
      word >= kPowersOfTen[static_cast<std::size_t>(precision)]) {
    return false;
  }
  *value = negative ? -static_cast<int64_t>(word) : static_cast<int64_t>(word);
  return true;
}

// Folds digits [begin, end) into one machine word.
uint64_t Fold(const Digits& digits, int begin, int end) {
  uint64_t word = 0;
  for (int i = begin; i < end; ++i) {
    word = word * 10 + digits.values[static_cast<std::size_t>(i)];
  }
  return word;
}

template <typename Wide>
Wide Assemble(const Digits& digits) {
  int first = std::min(digits.count, kDigitsPerStep);
  Wide value(static_cast<int64_t>(Fold(digits, 0, first)));
  for (int at = first; at < digits.count;) {
    int end = std::min(digits.count, at + kDigitsPerStep);
    value *= Wide(static_cast<int64_t>(kPowersOfTen[static_cast<std::size_t>(end - at)]));
    value += Wide(static_cast<int64_t>(Fold(digits, at, end)));
    at = end;
  }
  if (digits.negative) value.Negate();
  return value;
}

}  // namespace

ShortDecimal ShortDecimal::Of(int precision, int scale) {
  constexpr int kMostFraction = 8;
  if (scale > kMostFraction || scale > precision) return {};
  const int digits = std::min(precision, kDigitsPerStep);
  return {scale, kPowersOfTen[static_cast<std::size_t>(scale)],
          kPowersOfTen[static_cast<std::size_t>(digits)]};
}

bool ParseDecimal(std::string_view text, int precision, int scale,
                  arrow::Decimal128* value) {
  int64_t word = 0;
  if (ReadShort(text, precision, scale, &word)) {
    *value = arrow::Decimal128(word);
    return true;
  }
  Digits digits;
  if (!ReadDigits(text, precision, scale, &digits)) return false;
  *value = Assemble<arrow::Decimal128>(digits);
  return true;
}

bool ParseDecimal(std::string_view text, int precision, int scale,
                  arrow::Decimal256* value) {
  Digits digits;
  if (!ReadDigits(text, precision, scale, &digits)) return false;
  *value = Assemble<arrow::Decimal256>(digits);
  return true;
}

}  // namespace keelboat::mysql
