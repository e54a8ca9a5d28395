#include "contracts/float_multiple.h"

#include <array>
#include <charconv>
#include <cmath>

namespace keelboat {

bool FloatMultiple::Holds(double value) {
  if (!std::isfinite(value)) return false;
  std::array<char, 32> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value,
                                 std::chars_format::scientific);
  return HoldsText(text.data(), end.ptr);
}

bool FloatMultiple::Holds(float value) {
  if (!std::isfinite(value)) return false;
  std::array<char, 32> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value,
                                 std::chars_format::scientific);
  return HoldsText(text.data(), end.ptr);
}

bool FloatMultiple::HoldsText(const char* begin, const char* end) {
  // "-d.ddde+xx": at most 17 digits, so they fit.
  uint64_t digits = 0;
  int scale = 0;
  bool behind_point = false;
  const char* at = begin;
  for (; at != end && *at != 'e'; ++at) {
    if (*at == '.') behind_point = true;
    if (*at < '0' || *at > '9') continue;
    digits = digits * 10 + static_cast<uint64_t>(*at - '0');
    scale += behind_point ? 1 : 0;
  }
  if (digits == 0) return true;
  int exponent = 0;
  if (at != end) {
    ++at;
    if (at != end && *at == '+') ++at;
    std::from_chars(at, end, exponent);
  }
  scale -= exponent;
  auto found = divisors_.find(scale);
  if (found == divisors_.end()) {
    std::optional<uint64_t> divisor;
    const std::optional<arrow::Decimal256> exact = step_.DivisorAt(scale);
    if (exact && *exact <= arrow::Decimal256(std::to_string(UINT64_MAX))) {
      divisor = exact->low_bits();
    }
    found = divisors_.emplace(scale, divisor).first;
  }
  return found->second && digits % *found->second == 0;
}

}  // namespace keelboat
