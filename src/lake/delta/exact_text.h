#pragma once

#include <cstddef>
#include <cstdint>

#include <arrow/util/decimal.h>

namespace keelboat::delta {

/// Room for the longest of the texts below.
inline constexpr std::size_t kExactTextBytes = 96;

/// \brief Writes all digits of a decimal, `scale` of them after the point: "-0.0010".
///
/// Never an exponent. `scale` is between 0 and 76. Returns the length.
std::size_t WriteDecimal(const arrow::Decimal256& value, int32_t scale, char* out);

/// \brief Writes a MySQL TIME: "[-]HH:MM:SS[.ffffff]", hours beyond 24 as they are.
///
/// The fraction is there, with six digits, when it is not zero. Returns the length.
std::size_t WriteDuration(int64_t microseconds, char* out);

}  // namespace keelboat::delta
