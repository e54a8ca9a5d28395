#include "telemetry/figures.h"

#include <array>

#include <fmt/format.h>

namespace keelboat {
namespace {

using std::chrono::microseconds;

double SecondsOf(microseconds duration) {
  return static_cast<double>(duration.count()) / 1e6;
}

}  // namespace

std::string FormatCount(int64_t count) {
  const std::string digits = std::to_string(count);
  std::string text;
  for (size_t i = 0; i < digits.size(); ++i) {
    const size_t left = digits.size() - i;
    const bool after_digit = i > 0 && digits[i - 1] != '-';
    if (after_digit && left % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

std::string FormatRows(int64_t rows) { return Plural(rows, "row"); }

std::string Plural(int64_t count, const std::string& noun) {
  return fmt::format("{} {}{}", FormatCount(count), noun, count == 1 ? "" : "s");
}

std::string FormatBytes(int64_t bytes) {
  constexpr std::array kUnits = {"KB", "MB", "GB", "TB", "PB", "EB"};
  if (bytes < 1000) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes) / 1000;
  size_t unit = 0;
  // 999.95 would be written as "1000.0".
  while (value >= 999.95 && unit + 1 < kUnits.size()) {
    value /= 1000;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string FormatRate(int64_t rows, microseconds took) {
  if (took.count() <= 0) return {};
  const double rate = static_cast<double>(rows) / SecondsOf(took);
  return FormatCount(static_cast<int64_t>(rate)) + " rows/s";
}

std::string FormatDuration(microseconds duration) {
  const double seconds = SecondsOf(duration);
  if (seconds < 9.995) return fmt::format("{:.2f} s", seconds);
  if (seconds < 59.95) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<int64_t>(seconds + 0.5);
  if (whole < 3600) return fmt::format("{}m {:02d}s", whole / 60, whole % 60);
  return fmt::format("{}h {:02d}m", whole / 3600, whole % 3600 / 60);
}

std::string FormatElapsed(microseconds duration) {
  const int64_t whole = duration.count() / 1000000;
  if (whole < 3600) return fmt::format("{:02d}:{:02d}", whole / 60, whole % 60);
  return fmt::format("{}:{:02d}:{:02d}", whole / 3600, whole % 3600 / 60, whole % 60);
}

std::string FormatAge(microseconds age) {
  const int64_t seconds = age.count() / 1000000;
  if (seconds < 60) return "just now";
  if (seconds < 3600) return fmt::format("{} min ago", seconds / 60);
  if (seconds < 2 * 86400) return fmt::format("{} h ago", seconds / 3600);
  return fmt::format("{} d ago", FormatCount(seconds / 86400));
}

}  // namespace keelboat
