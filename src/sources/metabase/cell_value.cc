#include "sources/metabase/cell_value.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cstring>
#include <limits>

#include <arrow/type.h>

namespace keelboat::metabase {
namespace {

constexpr int kDigitsOfWord = 18;  // That surely fit 64 bits.
constexpr auto kPowersOfTen = [] {
  std::array<int64_t, kDigitsOfWord + 1> powers{1};
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

bool IsDigit(char letter) { return letter >= '0' && letter <= '9'; }

// Integers that are not written as such.
template <typename T>
bool ParseOddInteger(std::string_view text, T* value) {
  arrow::Decimal256 number;
  int32_t precision = 0;
  int32_t scale = 0;
  if (!arrow::Decimal256::FromString(text, &number, &precision, &scale).ok()) {
    return false;
  }
  auto whole = number.Rescale(scale, 0);
  if (!whole.ok()) return false;
  const std::string digits = whole->ToIntegerString();
  const char* end = digits.data() + digits.size();
  auto [at, error] = std::from_chars(digits.data(), end, *value);
  return error == std::errc() && at == end;
}

template <typename T>
bool ParseAnyInteger(std::string_view text, T* value) {
  const char* end = text.data() + text.size();
  T found = 0;
  auto [at, error] = std::from_chars(text.data(), end, found);
  if (error == std::errc() && at == end) {
    *value = found;
    return true;
  }
  if (error == std::errc::result_out_of_range && at == end) return false;
  found = 0;
  if (text.empty() || text.size() > 80 || !ParseOddInteger(text, &found)) return false;
  *value = found;
  return true;
}

template <typename T>
bool ParseAnyFloat(std::string_view text, T* value) {
  using Limits = std::numeric_limits<T>;
  if (text == "NaN") {
    *value = Limits::quiet_NaN();
  } else if (text == "Infinity") {
    *value = Limits::infinity();
  } else if (text == "-Infinity") {
    *value = -Limits::infinity();
  } else {
    // from_chars knows "inf" and "nan", which are no numbers of JSON.
    if (text.empty() || !(IsDigit(text.front()) || text.front() == '-')) return false;
    if (text.size() > 1 && !IsDigit(text[1]) && text.front() == '-') return false;
    const char* end = text.data() + text.size();
    T found = 0;
    auto [at, error] = std::from_chars(text.data(), end, found);
    if (error == std::errc::result_out_of_range) {
      // Smaller than the smallest is nought; larger than the largest is a contradiction.
      double wide = 0;
      auto again = std::from_chars(text.data(), end, wide);
      if (again.ptr != end) return false;
      const bool tiny = text.find("e-") != std::string_view::npos ||
                        text.find("E-") != std::string_view::npos;
      if (!tiny) return false;
      found = static_cast<T>(wide);
    } else if (error != std::errc() || at != end) {
      return false;
    }
    *value = found;
  }
  return true;
}

// The usual case: few digits, no exponent. False: not that.
bool ParseShortDecimal(std::string_view text, int scale, int64_t* value) {
  std::size_t at = !text.empty() && text[0] == '-' ? 1 : 0;
  const bool negative = at == 1;
  if (at >= text.size() || !IsDigit(text[at])) return false;
  int64_t number = 0;
  int digits = 0;
  int fraction = 0;
  bool point = false;
  for (; at < text.size(); ++at) {
    if (text[at] == '.' && !point) {
      point = true;
      continue;
    }
    if (!IsDigit(text[at]) || ++digits > kDigitsOfWord) return false;
    number = number * 10 + (text[at] - '0');
    fraction += point ? 1 : 0;
  }
  if (point && fraction == 0) return false;
  if (fraction > scale || digits + scale - fraction > kDigitsOfWord) return false;
  for (; fraction < scale; ++fraction) number *= 10;
  *value = negative ? -number : number;
  return true;
}

template <typename Decimal>
bool ParseAnyDecimal(std::string_view text, int precision, int scale, Decimal* value) {
  int64_t small = 0;
  if (ParseShortDecimal(text, scale, &small)) {
    if (precision < kDigitsOfWord) {
      const int64_t bound = kPowersOfTen[static_cast<std::size_t>(precision)];
      if (small >= bound || small <= -bound) return false;
    }
    *value = Decimal(small);
    return true;
  }
  if (text.empty() || text.size() > 200 || !IsDigit(text.back()) ||
      !(IsDigit(text.front()) || text.front() == '-')) {
    return false;
  }
  arrow::Decimal256 number;
  int32_t parsed_precision = 0;
  int32_t parsed_scale = 0;
  if (!arrow::Decimal256::FromString(text, &number, &parsed_precision, &parsed_scale)
           .ok()) {
    return false;
  }
  if (parsed_scale != scale) {
    auto scaled = number.Rescale(parsed_scale, scale);
    if (!scaled.ok()) return false;
    number = *scaled;
  }
  if (!number.FitsInPrecision(precision)) return false;
  if constexpr (std::is_same_v<Decimal, arrow::Decimal128>) {
    const auto& words = number.little_endian_array();
    *value = arrow::Decimal128(static_cast<int64_t>(words[1]), words[0]);
  } else {
    *value = number;
  }
  return true;
}

// Reads along one text.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  bool AtEnd() const { return at_ == text_.size(); }
  char Peek() const { return AtEnd() ? '\0' : text_[at_]; }
  bool Take(char letter) {
    if (Peek() != letter) return false;
    ++at_;
    return true;
  }
  // Exactly so many digits.
  bool Digits(int count, int64_t* value) {
    int64_t number = 0;
    for (int i = 0; i < count; ++i, ++at_) {
      if (!IsDigit(Peek())) return false;
      number = number * 10 + (text_[at_] - '0');
    }
    *value = number;
    return true;
  }
  // As many digits as there are, of a fraction, as nanoseconds.
  bool Fraction(int64_t* nanos) {
    int64_t number = 0;
    int digits = 0;
    for (; IsDigit(Peek()); ++at_) {
      if (++digits > 9) return false;
      number = number * 10 + (text_[at_] - '0');
    }
    if (digits == 0) return false;
    for (; digits < 9; ++digits) number *= 10;
    *nanos = number;
    return true;
  }
  int CountDigits() const {
    int count = 0;
    while (at_ + static_cast<std::size_t>(count) < text_.size() &&
           IsDigit(text_[at_ + static_cast<std::size_t>(count)])) {
      ++count;
    }
    return count;
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

// Days since 1970-01-01; years of four digits, or more behind a sign.
bool TakeDate(Cursor* cursor, int64_t* days) {
  const bool negative = cursor->Take('-');
  const bool sign = negative || cursor->Take('+');
  const int width = cursor->CountDigits();
  if (width < 4 || width > (sign ? 9 : 4)) return false;
  int64_t year = 0;
  int64_t month = 0;
  int64_t day = 0;
  if (!cursor->Digits(width, &year) || !cursor->Take('-')) return false;
  if (!cursor->Digits(2, &month) || !cursor->Take('-')) return false;
  if (!cursor->Digits(2, &day)) return false;
  if (negative) year = -year;
  // The calendar of std::chrono ends before year 32768; it repeats after 400 years.
  const int64_t era = (year >= 0 ? year : year - 399) / 400;
  const std::chrono::year_month_day date{
      std::chrono::year(static_cast<int>(year - era * 400 + 2000)),
      std::chrono::month(static_cast<unsigned>(month)),
      std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return false;
  constexpr int64_t kEraDays = 146'097;
  *days = std::chrono::sys_days(date).time_since_epoch().count() + (era - 5) * kEraDays;
  return true;
}

bool TakeTime(Cursor* cursor, int64_t* seconds, int64_t* nanos) {
  int64_t hour = 0;
  int64_t minute = 0;
  int64_t second = 0;
  if (!cursor->Digits(2, &hour) || !cursor->Take(':')) return false;
  if (!cursor->Digits(2, &minute)) return false;
  if (cursor->Take(':')) {
    if (!cursor->Digits(2, &second)) return false;
    if (cursor->Take('.') && !cursor->Fraction(nanos)) return false;
  }
  if (hour > 23 || minute > 59 || second > 59) return false;
  *seconds = (hour * 60 + minute) * 60 + second;
  return true;
}

// "Z", "+02:00", "+0200", "+02", "+01:24:30", a zone's name in brackets behind it.
bool TakeOffset(Cursor* cursor, bool* there, int64_t* seconds) {
  *there = !cursor->AtEnd();
  *seconds = 0;
  if (cursor->AtEnd() || cursor->Take('Z')) return cursor->AtEnd();
  const bool negative = cursor->Peek() == '-';
  if (!cursor->Take('-') && !cursor->Take('+')) return false;
  int64_t hours = 0;
  int64_t minutes = 0;
  int64_t rest = 0;
  if (!cursor->Digits(2, &hours)) return false;
  if (!cursor->AtEnd()) {
    cursor->Take(':');
    if (!cursor->Digits(2, &minutes)) return false;
    if (cursor->Take(':') && !cursor->Digits(2, &rest)) return false;
  }
  if (!cursor->AtEnd() || hours > 18 || minutes > 59 || rest > 59) return false;
  *seconds = (hours * 60 + minutes) * 60 + rest;
  if (negative) *seconds = -*seconds;
  return true;
}

constexpr int kBadDigit = -1;
int HexDigit(char letter) {
  if (IsDigit(letter)) return letter - '0';
  if (letter >= 'a' && letter <= 'f') return letter - 'a' + 10;
  if (letter >= 'A' && letter <= 'F') return letter - 'A' + 10;
  return kBadDigit;
}

int64_t FourDigits(std::string_view text, std::size_t at) {
  if (at + 4 > text.size()) return -1;
  int64_t code = 0;
  for (std::size_t i = at; i < at + 4; ++i) {
    int digit = HexDigit(text[i]);
    if (digit == kBadDigit) return -1;
    code = code * 16 + digit;
  }
  return code;
}

uint8_t* PutCodePoint(int64_t code, uint8_t* out) {
  auto byte = [](int64_t bits) { return static_cast<uint8_t>(bits); };
  if (code < 0x80) {
    *out++ = byte(code);
  } else if (code < 0x800) {
    *out++ = byte(0xC0 | (code >> 6));
    *out++ = byte(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    *out++ = byte(0xE0 | (code >> 12));
    *out++ = byte(0x80 | ((code >> 6) & 0x3F));
    *out++ = byte(0x80 | (code & 0x3F));
  } else {
    *out++ = byte(0xF0 | (code >> 18));
    *out++ = byte(0x80 | ((code >> 12) & 0x3F));
    *out++ = byte(0x80 | ((code >> 6) & 0x3F));
    *out++ = byte(0x80 | (code & 0x3F));
  }
  return out;
}

}  // namespace

bool ParseInteger(std::string_view text, int64_t* value) {
  return ParseAnyInteger(text, value);
}
bool ParseInteger(std::string_view text, uint64_t* value) {
  return ParseAnyInteger(text, value);
}
bool ParseFloat(std::string_view text, double* value) {
  return ParseAnyFloat(text, value);
}
bool ParseFloat(std::string_view text, float* value) {
  return ParseAnyFloat(text, value);
}
bool ParseDecimal(std::string_view text, int precision, int scale,
                  arrow::Decimal128* value) {
  return ParseAnyDecimal(text, precision, scale, value);
}
bool ParseDecimal(std::string_view text, int precision, int scale,
                  arrow::Decimal256* value) {
  return ParseAnyDecimal(text, precision, scale, value);
}

bool ParseDate(std::string_view text, int32_t* days) {
  Cursor cursor(text);
  int64_t found = 0;
  if (!TakeDate(&cursor, &found)) return false;
  if (!cursor.AtEnd()) {
    int64_t seconds = 0;
    int64_t nanos = 0;
    bool there = false;
    if (!cursor.Take('T') && !cursor.Take(' ')) return false;
    // A time of its own would be lost.
    if (!TakeTime(&cursor, &seconds, &nanos) || seconds != 0 || nanos != 0) return false;
    if (!TakeOffset(&cursor, &there, &seconds)) return false;
  }
  if (found > std::numeric_limits<int32_t>::max() ||
      found < std::numeric_limits<int32_t>::min()) {
    return false;
  }
  *days = static_cast<int32_t>(found);
  return true;
}

bool ParseTimestamp(std::string_view text, arrow::TimeUnit::type unit, bool instant,
                    int64_t* value) {
  Cursor cursor(text);
  int64_t days = 0;
  int64_t seconds = 0;
  int64_t nanos = 0;
  int64_t offset = 0;
  bool has_offset = false;
  if (!TakeDate(&cursor, &days)) return false;
  if (!cursor.AtEnd()) {
    if (!cursor.Take('T') && !cursor.Take(' ')) return false;
    if (!TakeTime(&cursor, &seconds, &nanos)) return false;
    if (!TakeOffset(&cursor, &has_offset, &offset)) return false;
  }
  if (instant && !has_offset) return false;
  seconds += days * 86'400;
  if (instant) seconds -= offset;
  const bool fine = unit == arrow::TimeUnit::NANO;
  const int64_t units = fine ? 1'000'000'000 : 1'000'000;
  if (!fine && nanos % 1000 != 0) return false;
  int64_t result = 0;
  const int64_t fraction = fine ? nanos : nanos / 1000;
  // Before 1970 the product alone may be out of reach where the sum is not.
  const bool before = seconds < 0 && fraction > 0;
  if (__builtin_mul_overflow(before ? seconds + 1 : seconds, units, &result))
    return false;
  if (__builtin_add_overflow(result, before ? fraction - units : fraction, &result)) {
    return false;
  }
  *value = result;
  return true;
}

bool ParseTime(std::string_view text, int64_t* micros) {
  Cursor cursor(text);
  int64_t seconds = 0;
  int64_t nanos = 0;
  int64_t offset = 0;
  bool there = false;
  if (!TakeTime(&cursor, &seconds, &nanos) || !TakeOffset(&cursor, &there, &offset)) {
    return false;
  }
  if (nanos % 1000 != 0) return false;
  *micros = seconds * 1'000'000 + nanos / 1000;
  return true;
}

bool ParseHex(std::string_view text, uint8_t* out) {
  if (text.size() % 2 != 0) return false;
  for (std::size_t at = 0; at < text.size(); at += 2) {
    int high = HexDigit(text[at]);
    int low = HexDigit(text[at + 1]);
    if (high == kBadDigit || low == kBadDigit) return false;
    *out++ = static_cast<uint8_t>(high * 16 + low);
  }
  return true;
}

int64_t Unescape(std::string_view text, uint8_t* out) {
  uint8_t* const begin = out;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto* found =
        static_cast<const char*>(std::memchr(text.data() + at, '\\', text.size() - at));
    const std::size_t plain =
        (found == nullptr ? text.size() : static_cast<std::size_t>(found - text.data())) -
        at;
    std::memcpy(out, text.data() + at, plain);
    out += plain;
    at += plain;
    if (at == text.size()) break;
    if (++at == text.size()) return -1;
    const char letter = text[at++];
    static constexpr std::string_view kLetters = "\"\\/bfnrt";
    static constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    if (std::size_t which = kLetters.find(letter); which != std::string_view::npos) {
      *out++ = static_cast<uint8_t>(kMeanings[which]);
      continue;
    }
    if (letter != 'u') return -1;
    int64_t code = FourDigits(text, at);
    at += 4;
    if (code < 0 || (code >= 0xDC00 && code < 0xE000)) return -1;
    if (code >= 0xD800 && code < 0xDC00) {
      if (text.substr(at, 2) != "\\u") return -1;
      const int64_t low = FourDigits(text, at + 2);
      if (low < 0xDC00 || low >= 0xE000) return -1;
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
      at += 6;
    }
    out = PutCodePoint(code, out);
  }
  return out - begin;
}

}  // namespace keelboat::metabase
