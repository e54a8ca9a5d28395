#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace keelboat {

// How figures are written for people. All pure.

/// "1,550,922".
std::string FormatCount(int64_t count);
/// "1,234,567 rows", "1 row".
std::string FormatRows(int64_t rows);
/// Decimal units: "512 B", "12.3 MB", "1.25 GB".
std::string FormatBytes(int64_t bytes);
/// "812,345 rows/s"; empty when no time has passed.
std::string FormatRate(int64_t rows, std::chrono::microseconds took);
/// "0.42 s", "12.3 s", "2m 05s", "3h 07m".
std::string FormatDuration(std::chrono::microseconds duration);
/// "00:12", "1:02:03": a running clock.
std::string FormatElapsed(std::chrono::microseconds duration);
/// "just now", "5 min ago", "3 h ago", "2 d ago".
std::string FormatAge(std::chrono::microseconds age);
/// "1 table", "3 tables".
std::string Plural(int64_t count, const std::string& noun);

}  // namespace keelboat
