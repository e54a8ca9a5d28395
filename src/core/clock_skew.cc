#include "core/clock_skew.h"

#include <cstdint>

namespace keelboat {

std::string ClockSkewText(std::chrono::seconds ahead) {
  constexpr std::chrono::seconds kNothing{2};
  constexpr int64_t kMinute = 60;
  const int64_t seconds = std::chrono::abs(ahead).count();
  if (std::chrono::abs(ahead) <= kNothing) return "clocks agree";
  const std::string size = seconds < 2 * kMinute
                               ? std::to_string(seconds) + " s"
                               : std::to_string(seconds / kMinute) + " min";
  return "this machine's clock is " + size + (ahead.count() > 0 ? " ahead" : " behind");
}

}  // namespace keelboat
