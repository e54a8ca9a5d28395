#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#include <arrow/util/decimal.h>

namespace keelboat::mysql {

/// \brief Reads the server's text of a DECIMAL(precision, scale) exactly.
///
/// Writes the value times ten to the scale. Returns false, and leaves `value` alone,
/// when the text is no such number or needs more digits than the type has.
bool ParseDecimal(std::string_view text, int precision, int scale,
                  arrow::Decimal128* value);
bool ParseDecimal(std::string_view text, int precision, int scale,
                  arrow::Decimal256* value);

/// \brief The number that the last `count` of eight characters before `end` spell.
///
/// `count` is 0 to 8; all eight characters must be readable. False: not all digits.
inline bool ReadDigitsBefore(const uint8_t* end, int count, uint64_t* number) {
  static_assert(std::endian::native == std::endian::little);
  constexpr uint64_t kEach = 0x0101010101010101u;
  uint64_t word;
  std::memcpy(&word, end - sizeof(word), sizeof(word));
  // What stands before counts as leading zeros.
  word = count == 0 ? 0 : (word ^ kEach * '0') >> 8 * (8 - count) << 8 * (8 - count);
  if ((((word + kEach * 0x76) | word) & kEach * 0x80) != 0) return false;
  word = word * 10 + (word >> 8);  // Pairs, of which every other byte is one.
  constexpr uint64_t kPairs = 0x000000FF000000FFu;
  *number = ((word & kPairs) * (100 + (uint64_t{1'000'000} << 32)) +
             ((word >> 16) & kPairs) * (1 + (uint64_t{10'000} << 32))) >>
            32;
  return true;
}

/// How a DECIMAL of few digits is read at once.
struct ShortDecimal {
  int scale = 0;
  uint64_t scale_power = 1;  ///< Ten to the scale.
  uint64_t bound = 0;        ///< Ten to the precision; 0: not to be read at once.

  static ShortDecimal Of(int precision, int scale);

  /// \brief Reads a text of up to eight digits on either side of the point.
  ///
  /// `readable` is the first byte before the text that may be read. False says that the
  /// text is out of the ordinary, not that it is no number: ParseDecimal decides.
  bool Read(const uint8_t* readable, const uint8_t* text, int64_t length,
            int64_t* value) const {
    const bool negative = length > 0 && *text == '-';
    const uint8_t* end = text + length;
    const int64_t whole_digits =
        length - (negative ? 1 : 0) - (scale > 0 ? scale + 1 : 0);
    if (bound == 0 || whole_digits < 1 || whole_digits > 8) return false;
    const uint8_t* point = end - (scale > 0 ? scale + 1 : 0);
    if (point - readable < 8) return false;
    uint64_t whole;
    uint64_t fraction = 0;
    if (!ReadDigitsBefore(point, static_cast<int>(whole_digits), &whole)) return false;
    if (scale > 0 && (*point != '.' || !ReadDigitsBefore(end, scale, &fraction))) {
      return false;
    }
    const uint64_t word = whole * scale_power + fraction;
    if (word >= bound) return false;
    *value = negative ? -static_cast<int64_t>(word) : static_cast<int64_t>(word);
    return true;
  }
};

}  // namespace keelboat::mysql
