#include "core/clock.h"

#include <array>
#include <condition_variable>
#include <cstdio>
#include <mutex>

namespace keelboat {
namespace {

class SystemClock final : public Clock {
 public:
  SystemTime Now() const override {
    return std::chrono::floor<std::chrono::microseconds>(
        std::chrono::system_clock::now());
  }
  std::chrono::steady_clock::time_point Steady() const override {
    return std::chrono::steady_clock::now();
  }
  void SleepFor(std::chrono::milliseconds duration,
                const std::stop_token& stop) const override {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    wake.wait_for(lock, stop, duration, [] { return false; });
  }
};

}  // namespace

const Clock& Clock::System() {
  static const SystemClock clock;
  return clock;
}

std::string FormatTime(SystemTime time) {
  auto day = std::chrono::floor<std::chrono::days>(time);
  std::chrono::year_month_day date(day);
  std::chrono::hh_mm_ss clock(time - day);
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()),
                static_cast<int>(clock.subseconds().count()));
  return text.data();
}

std::optional<SystemTime> ParseTime(const std::string& text) {
  int year = 0;
  unsigned month = 0, day = 0, hour = 0, minute = 0, second = 0, micro = 0;
  int read = 0;
  const int found =
      std::sscanf(text.c_str(), "%4d-%2u-%2uT%2u:%2u:%2u%n.%6u%n", &year, &month, &day,
                  &hour, &minute, &second, &read, &micro, &read);
  const std::chrono::year_month_day date{
      std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
  const bool whole = read == (found == 6 ? 19 : 26) && text.substr(read) == "Z";
  if (found < 6 || !whole || !date.ok()) return std::nullopt;
  return SystemTime(std::chrono::sys_days(date)) + std::chrono::hours(hour) +
         std::chrono::minutes(minute) + std::chrono::seconds(second) +
         std::chrono::microseconds(micro);
}

}  // namespace keelboat
