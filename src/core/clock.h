#pragma once

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>

namespace keelboat {

using SystemTime = std::chrono::sys_time<std::chrono::microseconds>;

/// \brief Time, passed in so that tests own it. Implementations are thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;

  /// The wall clock in UTC, microseconds.
  virtual SystemTime Now() const = 0;
  /// A clock that never goes back, for durations.
  virtual std::chrono::steady_clock::time_point Steady() const = 0;
  /// Waits, or returns early when a stop is requested.
  virtual void SleepFor(std::chrono::milliseconds duration,
                        const std::stop_token& stop) const = 0;

  /// The machine's own clock; lives for the whole process.
  static const Clock& System();
};

/// Formats as RFC 3339 in UTC: "2026-11-21T02:00:00.123456Z".
std::string FormatTime(SystemTime time);

/// Reads what FormatTime wrote, with or without the fraction; nullopt for anything else.
std::optional<SystemTime> ParseTime(const std::string& text);

}  // namespace keelboat
