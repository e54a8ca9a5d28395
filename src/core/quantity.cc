#include "core/quantity.h"

#include <cctype>
#include <charconv>
#include <cmath>
#include <string>
#include <utility>

#include "keelboat/error.h"

namespace keelboat {
namespace {

struct Unit {
  std::string_view name;  ///< Lower case.
  int64_t factor;
};

constexpr Unit kSizeUnits[] = {
    {"b", 1},
    {"kb", 1000},
    {"mb", 1000'000},
    {"gb", 1000'000'000},
    {"tb", 1000'000'000'000},
    {"kib", int64_t{1} << 10},
    {"mib", int64_t{1} << 20},
    {"gib", int64_t{1} << 30},
    {"tib", int64_t{1} << 40},
};

constexpr Unit kTimeUnits[] = {
    {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}, {"w", 7 * 86400},
};

/// Splits "1.5 GiB" into number and lower-case unit.
std::pair<std::string_view, std::string> Split(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  std::size_t end = text.find_first_not_of("0123456789.");
  if (end == std::string_view::npos) end = text.size();
  std::string unit;
  for (char c : text.substr(end)) {
    if (c != ' ') unit += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return {text.substr(0, end), unit};
}

template <std::size_t kCount>
const Unit* FindUnit(const Unit (&units)[kCount], std::string_view name) {
  for (const Unit& unit : units) {
    if (unit.name == name) return &unit;
  }
  return nullptr;
}

}  // namespace

arrow::Result<int64_t> ParseByteSize(std::string_view text) {
  const auto wrong = [&] {
    return MakeError(ErrorKind::kConfig,
                     "'" + std::string(text) +
                         "' is not a size: write a number and a unit, "
                         "such as 384MiB, 1GiB or 500MB");
  };
  const auto [digits, unit_name] = Split(text);
  const Unit* unit = FindUnit(kSizeUnits, unit_name);
  double number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(),
                                            number, std::chars_format::fixed);
  if (unit == nullptr || digits.empty() || error != std::errc() ||
      end != digits.data() + digits.size()) {
    return wrong();
  }
  const double bytes = std::round(number * static_cast<double>(unit->factor));
  if (bytes > 9e18) return wrong();
  return static_cast<int64_t>(bytes);
}

arrow::Result<std::chrono::seconds> ParseDuration(std::string_view text) {
  const auto wrong = [&] {
    return MakeError(ErrorKind::kConfig,
                     "'" + std::string(text) +
                         "' is not a duration: write a whole number "
                         "and a unit, such as 30s, 10m, 12h, 7d or 2w");
  };
  const auto [digits, unit_name] = Split(text);
  int64_t number = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) {
    return wrong();
  }
  const Unit* unit = FindUnit(kTimeUnits, unit_name);
  if (unit == nullptr) {
    if (number != 0 || !unit_name.empty()) return wrong();
    return std::chrono::seconds(0);
  }
  // A thousand years are enough, and cannot overflow what is added to a time.
  constexpr int64_t kLongest = int64_t{1000} * 366 * 86400;
  if (number > kLongest / unit->factor) return wrong();
  return std::chrono::seconds(number * unit->factor);
}

}  // namespace keelboat
