#include "sources/mysql/key_candidates.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <limits>
#include <string_view>

#include <arrow/util/decimal.h>

#include "sources/mysql/calendar.h"
#include "sources/mysql/text_candidates.h"

namespace keelboat::mysql {
namespace {

// Wide enough for every kind: 65 digits, 16 bytes, a day's microseconds.
using Number = arrow::Decimal256;

constexpr int64_t kMicros = 1'000'000;
constexpr int64_t kDay = 86'400 * kMicros;
constexpr std::size_t kWindow = 16;  // Bytes of a key that are told apart at once.

// Above `low`, not above `high`.
Number Middle(const Number& low, const Number& high) {
  return Number(low + (high + -low + Number(1)) / Number(2));
}

int64_t Digits(std::string_view text) {
  int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// "10:00:00.5" → microseconds.
int64_t ClockMicros(std::string_view text) {
  std::size_t colon = text.find(':');
  std::string_view rest = text.substr(colon + 1);
  int64_t micros = (Digits(text.substr(0, colon)) * 3600 +
                    Digits(rest.substr(0, 2)) * 60 + Digits(rest.substr(3, 2))) *
                   kMicros;
  std::string fraction(rest.size() > 6 ? rest.substr(6) : "");
  fraction.resize(6, '0');
  return micros + Digits(fraction);
}

std::string ClockText(int64_t micros) {
  std::array<char, 48> buffer{};
  int64_t seconds = micros / kMicros;
  std::snprintf(
      buffer.data(), buffer.size(), "%02lld:%02lld:%02lld.%06lld",
      static_cast<long long>(seconds / 3600), static_cast<long long>(seconds / 60 % 60),
      static_cast<long long>(seconds % 60), static_cast<long long>(micros % kMicros));
  return buffer.data();
}

// Dates that no calendar has stand where the next one does.
int64_t CalendarMicros(std::string_view text) {
  auto year = static_cast<unsigned>(Digits(text.substr(0, 4)));
  auto month = static_cast<unsigned>(Digits(text.substr(5, 2)));
  int64_t day = Digits(text.substr(8, 2));
  int64_t days = DaysSinceEpoch(year, std::clamp(month, 1U, 12U), 1) + day;
  return days * kDay + (text.size() > 11 ? ClockMicros(text.substr(11)) : 0);
}

std::string CalendarText(int64_t micros, bool with_clock) {
  int64_t days = micros / kDay;
  int64_t clock = micros % kDay;
  if (clock < 0) {
    clock += kDay;
    --days;
  }
  // The year by estimate, then month and day by looking.
  auto year = static_cast<unsigned>(
      std::clamp<int64_t>((days + 719'528) * 400 / 146'097, 0, 9999));
  auto first_of = [](unsigned of_year, unsigned month) {
    return int64_t{DaysSinceEpoch(of_year, month, 1)} + 1;
  };
  while (year > 0 && first_of(year, 1) > days) --year;
  while (year < 9999 && first_of(year + 1, 1) <= days) ++year;
  unsigned month = 12;
  while (month > 1 && first_of(year, month) > days) --month;
  int64_t day = std::clamp<int64_t>(days - first_of(year, month) + 1, 1, 31);
  while (!DateExists(year, month, static_cast<unsigned>(day))) --day;
  std::array<char, 48> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%04u-%02u-%02u", year, month,
                static_cast<unsigned>(day));
  return with_clock ? std::string(buffer.data()) + " " + ClockText(clock) : buffer.data();
}

std::string MiddleOfCalendar(const std::string& low, const std::string& high) {
  int64_t from = CalendarMicros(low);
  int64_t to = CalendarMicros(high);
  bool with_clock = high.size() > 11;
  const int64_t step = with_clock ? 1 : kDay;
  return CalendarText(from + (to - from + step) / (2 * step) * step, with_clock);
}

std::string MiddleOfTime(const std::string& low, const std::string& high) {
  auto micros = [](const std::string& text) {
    return text.front() == '-' ? -ClockMicros(std::string_view(text).substr(1))
                               : ClockMicros(text);
  };
  int64_t from = micros(low);
  int64_t middle = from + (micros(high) - from + 1) / 2;
  return middle < 0 ? "-" + ClockText(-middle) : ClockText(middle);
}

std::optional<std::string> MiddleOfDecimal(const std::string& low,
                                           const std::string& high) {
  Number from;
  Number to;
  int32_t precision = 0;
  int32_t from_scale = 0;
  int32_t to_scale = 0;
  if (!Number::FromString(low, &from, &precision, &from_scale).ok() ||
      !Number::FromString(high, &to, &precision, &to_scale).ok()) {
    return {};
  }
  int32_t scale = std::max(from_scale, to_scale);
  auto wide_from = from.Rescale(from_scale, scale);
  auto wide_to = to.Rescale(to_scale, scale);
  if (!wide_from.ok() || !wide_to.ok()) return {};
  Number middle = Middle(*wide_from, *wide_to);
  if (scale == 0) return middle.ToIntegerString();
  // Not ToString, which may answer with an exponent.
  bool negative = middle < Number(0);
  std::string digits = Number(Number::Abs(middle)).ToIntegerString();
  auto fraction = static_cast<std::size_t>(scale);
  if (digits.size() <= fraction) digits.insert(0, fraction + 1 - digits.size(), '0');
  digits.insert(digits.size() - fraction, ".");
  return negative ? "-" + digits : digits;
}

// Finite floats as integers of the same order, and back: it is its own inverse.
template <typename Bits>
Bits Ordered(Bits bits) {
  return bits < 0 ? static_cast<Bits>(std::numeric_limits<Bits>::min() - bits) : bits;
}

// The middle of the values that a column holds: a FLOAT has none beyond its own.
template <typename Float, typename Bits>
std::optional<std::string> MiddleOfFloats(const std::string& low,
                                          const std::string& high) {
  auto place = [](const std::string& text) {
    double value = 0;  // A FLOAT comes with the digits of a double.
    std::from_chars(text.data(), text.data() + text.size(), value);
    return Number(Ordered(std::bit_cast<Bits>(static_cast<Float>(value))));
  };
  const int64_t middle = Digits(Middle(place(low), place(high)).ToIntegerString());
  const auto value = std::bit_cast<Float>(Ordered(static_cast<Bits>(middle)));
  std::array<char, 40> buffer{};
  auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  if (error != std::errc()) return {};
  return std::string(buffer.data(), end);
}

std::string BytesOfHex(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 2; i + 1 < text.size(); i += 2) {
    unsigned value = 0;
    std::from_chars(text.data() + i, text.data() + i + 2, value, 16);
    bytes += static_cast<char>(value);
  }
  return bytes;
}

std::string HexOfBytes(std::string_view bytes) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string text = "0x";
  for (char c : bytes) {
    text += kHex[static_cast<unsigned char>(c) >> 4];
    text += kHex[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

Number NumberOfBytes(std::string_view bytes) {
  std::array<uint8_t, kWindow + 1> window{};  // A first zero byte: never negative.
  std::memcpy(window.data() + 1, bytes.data(), std::min(bytes.size(), kWindow));
  return Number::FromBigEndian(window.data(), window.size()).ValueOr(Number(0));
}

std::string BytesOfNumber(const Number& number) {
  auto little_endian = number.ToBytes();
  std::string bytes(little_endian.begin(), little_endian.begin() + kWindow);
  std::reverse(bytes.begin(), bytes.end());
  return bytes;
}

std::string MiddleOfBytes(const std::string& low, const std::string& high) {
  auto differ = std::mismatch(low.begin(), low.end(), high.begin(), high.end());
  auto common = static_cast<std::size_t>(differ.first - low.begin());
  std::string_view low_rest = std::string_view(low).substr(common);
  std::string_view high_rest = std::string_view(high).substr(common);
  return low.substr(0, common) +
         BytesOfNumber(Middle(NumberOfBytes(low_rest), NumberOfBytes(high_rest)));
}

// The 32 digits of a UUID, its five groups in their order or in the reverse of it:
// servers sort by either.
std::optional<std::string> UuidBytes(const std::string& text, bool reversed) {
  static constexpr std::array<std::pair<int, int>, 5> kGroups = {
      {{0, 8}, {9, 4}, {14, 4}, {19, 4}, {24, 12}}};
  if (text.size() != 36) return {};
  std::string digits = "0x";
  for (std::size_t i = 0; i < kGroups.size(); ++i) {
    auto [begin, size] = kGroups[reversed ? kGroups.size() - 1 - i : i];
    digits +=
        text.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(size));
  }
  return BytesOfHex(digits);
}

std::string UuidText(const std::string& bytes, bool reversed) {
  std::string digits = HexOfBytes(bytes).substr(2);
  if (reversed) {
    digits = digits.substr(24, 8) + digits.substr(20, 4) + digits.substr(16, 4) +
             digits.substr(12, 4) + digits.substr(0, 12);
  }
  for (std::size_t at : {20, 16, 12, 8}) digits.insert(at, "-");
  return digits;
}

std::vector<std::string> MiddlesOfLabel(const std::string& low, const std::string& high) {
  std::vector<std::string> middles;
  for (bool reversed : {false, true}) {
    auto from = UuidBytes(low, reversed);
    auto to = UuidBytes(high, reversed);
    if (!from || !to) continue;
    if (*from < *to) {
      std::string middle = UuidText(
          BytesOfNumber(Middle(NumberOfBytes(*from), NumberOfBytes(*to))), reversed);
      // Version and variant as in a real one: no server takes them all.
      middle[14] = low[14];
      middle[19] = low[19];
      middles.push_back(std::move(middle));
    }
  }
  for (int family : {AF_INET, AF_INET6}) {
    const std::size_t size = family == AF_INET ? 4 : 16;
    std::string from(size, '\0');
    std::string to(size, '\0');
    if (inet_pton(family, low.c_str(), from.data()) != 1) continue;
    if (inet_pton(family, high.c_str(), to.data()) != 1) continue;
    std::string middle = BytesOfNumber(Middle(NumberOfBytes(from), NumberOfBytes(to)));
    std::array<char, INET6_ADDRSTRLEN> buffer{};
    inet_ntop(family, middle.data(), buffer.data(), buffer.size());
    middles.emplace_back(buffer.data());
  }
  return middles;
}

std::vector<std::string> MiddleOfMembers(const ComparedColumn& column,
                                         const std::string& low,
                                         const std::string& high) {
  auto from = MemberNumber(column, low);
  auto to = MemberNumber(column, high);
  if (!from || !to || *from >= *to) return {};
  return {column.members[*from + (*to - *from + 1) / 2 - 1]};
}

std::vector<std::string> Middles(const ComparedColumn& column, const std::string& low,
                                 const std::string& high) {
  auto one = [](std::optional<std::string> value) {
    return value ? std::vector<std::string>{std::move(*value)}
                 : std::vector<std::string>{};
  };
  switch (column.kind) {
    case ValueKind::kInteger:
    case ValueKind::kDecimal:
      return one(MiddleOfDecimal(low, high));
    case ValueKind::kFloat:
      return one(MiddleOfFloats<float, int32_t>(low, high));
    case ValueKind::kDouble:
      return one(MiddleOfFloats<double, int64_t>(low, high));
    case ValueKind::kCalendar:
      return {MiddleOfCalendar(low, high)};
    case ValueKind::kTime:
      return {MiddleOfTime(low, high)};
    case ValueKind::kBytes:
      return {HexOfBytes(MiddleOfBytes(BytesOfHex(low), BytesOfHex(high)))};
    case ValueKind::kLabel:
      return MiddlesOfLabel(low, high);
    case ValueKind::kEnum:
      return MiddleOfMembers(column, low, high);
    case ValueKind::kText:
    case ValueKind::kSet:
    case ValueKind::kOther:
      break;
  }
  return {};
}

}  // namespace

std::vector<std::string> KeyCandidates(const ComparedColumn& column,
                                       const std::string& low, const std::string& high,
                                       int attempt) {
  if (column.kind == ValueKind::kText) return TextCandidates(low, high, attempt);
  if (attempt == 0) {
    // Where no middle is known, a value is still between its neighbours.
    std::vector<std::string> middles = Middles(column, low, high);
    return middles.empty() ? std::vector<std::string>{high} : middles;
  }
  return attempt == 1 ? std::vector<std::string>{high} : std::vector<std::string>{};
}

}  // namespace keelboat::mysql
