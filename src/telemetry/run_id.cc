#include "telemetry/run_id.h"

#include <array>
#include <cstdio>
#include <random>

namespace keelboat {

std::string MakeRunId(SystemTime started, uint32_t random) {
  std::string id;
  // To the millisecond, so that runs that follow each other closely sort too.
  for (char c : FormatTime(started).substr(0, 23)) {
    if (c != '-' && c != ':') id += c;
  }
  std::array<char, 16> suffix{};
  std::snprintf(suffix.data(), suffix.size(), "Z-%06x", random & 0xffffffU);
  return id + suffix.data();
}

std::string MakeRunId(const Clock& clock) {
  return MakeRunId(clock.Now(), std::random_device{}());
}

}  // namespace keelboat
