#pragma once

#include <cstdint>

namespace keelboat::mysql {

/// Days since 1970-01-01 of a date in the proleptic Gregorian calendar, years from 0.
/// Must be a date that exists (`DateExists`).
constexpr int32_t DaysSinceEpoch(unsigned year, unsigned month, unsigned day) {
  // Years begin in March, so that the leap day is the last of its year; a year 400 later
  // keeps year 0 in unsigned arithmetic.
  unsigned shifted = year + 400 - (month <= 2 ? 1 : 0);
  unsigned era = shifted / 400;
  unsigned year_of_era = shifted % 400;
  unsigned month_from_march = month > 2 ? month - 3 : month + 9;
  unsigned day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
  unsigned day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  constexpr int32_t kEpoch = 719468 + 146097;
  return static_cast<int32_t>(era * 146097 + day_of_era) - kEpoch;
}

/// Whether the calendar has this date: not 2024-00-15, not 2023-02-31.
constexpr bool DateExists(unsigned year, unsigned month, unsigned day) {
  if (month - 1U > 11U || day == 0) return false;
  if (day <= 28) return true;
  if (month == 2) {
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day == 29 && leap;
  }
  bool short_month = month == 4 || month == 6 || month == 9 || month == 11;
  return day <= (short_month ? 30U : 31U);
}

}  // namespace keelboat::mysql
