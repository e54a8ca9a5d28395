#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#include <arrow/type_fwd.h>
#include <arrow/util/decimal.h>

namespace keelboat::metabase {

// What the text of one cell says, exactly. Pure; each returns false, and leaves its
// result alone, for text that says something else or more than the result can hold.

/// \brief The number of eight digits at once; false where one is none.
///
/// The first digit is the lowest byte of the word, as little-endian machines load it.
inline bool ParseEightDigits(const char* digits, int64_t* value) {
  uint64_t word = 0;
  std::memcpy(&word, digits, sizeof(word));
  constexpr uint64_t kHigh = 0xF0F0F0F0F0F0F0F0;
  constexpr uint64_t kSixes = 0x0606060606060606;
  if (((word & kHigh) | (((word + kSixes) & kHigh) >> 4)) != 0x3333333333333333) {
    return false;
  }
  // Neighbours are added up: digits to pairs, pairs to fours, fours to eight.
  word = (word & 0x0F0F0F0F0F0F0F0F) * 2561 >> 8;
  word = (word & 0x00FF00FF00FF00FF) * 6553601 >> 16;
  *value = static_cast<int64_t>((word & 0x0000FFFF0000FFFF) * 42949672960001 >> 32);
  return true;
}

/// The usual case of ParseInteger: a sign and at most 18 digits. False: not that.
inline bool ParseShortInteger(std::string_view text, int64_t* value) {
  const bool negative = !text.empty() && text.front() == '-';
  const char* at = text.data() + (negative ? 1 : 0);
  const char* end = text.data() + text.size();
  if (at == end || end - at > 18) return false;
  int64_t number = 0;
  if constexpr (std::endian::native == std::endian::little) {
    for (int64_t eight = 0; end - at >= 8; at += 8) {
      if (!ParseEightDigits(at, &eight)) return false;
      number = number * 100'000'000 + eight;
    }
  }
  for (; at != end; ++at) {
    const unsigned digit = static_cast<unsigned char>(*at) - unsigned{'0'};
    if (digit > 9) return false;
    number = number * 10 + digit;
  }
  *value = negative ? -number : number;
  return true;
}

/// Digits with a sign; also "5.0" and "1E+3", which some servers print for integers.
bool ParseInteger(std::string_view text, int64_t* value);
bool ParseInteger(std::string_view text, uint64_t* value);

/// Also "NaN", "Infinity", "-Infinity". Rounded to the nearest value of the type.
bool ParseFloat(std::string_view text, double* value);
bool ParseFloat(std::string_view text, float* value);

/// Digits with fraction and exponent; the value times ten to the scale.
bool ParseDecimal(std::string_view text, int precision, int scale,
                  arrow::Decimal128* value);
bool ParseDecimal(std::string_view text, int precision, int scale,
                  arrow::Decimal256* value);

/// Days since 1970-01-01 of "2024-01-02", "+12024-01-02", "-0044-03-15"; a time behind
/// it does not count.
bool ParseDate(std::string_view text, int32_t* days);

/// \brief Units since 1970-01-01T00:00 of an ISO 8601 text:
/// "2024-01-02T03:04:05.5+02:00".
///
/// A date alone is its midnight. 0 to 9 digits of a fraction. With `instant` an offset
/// ("Z", "+02:00", "+01:24:30") is needed and applied; without, it is dropped and the
/// wall time counts. False where the unit cannot hold it.
bool ParseTimestamp(std::string_view text, arrow::TimeUnit::type unit, bool instant,
                    int64_t* value);

/// Microseconds since midnight of "10:20:30.5"; an offset does not count.
bool ParseTime(std::string_view text, int64_t* micros);

/// Bytes of hexadecimal digits, written to `out`, which has room for half of them.
bool ParseHex(std::string_view text, uint8_t* out);

/// \brief Takes the escapes of a JSON string away: \n, \u00e9, \ud83d\ude00.
///
/// `out` has room for as many bytes. Returns the length, or -1 for no such escape.
int64_t Unescape(std::string_view text, uint8_t* out);

}  // namespace keelboat::metabase
