#include "sources/mysql/calendar.h"

#include <chrono>

#include <gtest/gtest.h>

namespace keelboat::mysql {
namespace {

// Every day that the server can store, against the standard library's calendar.
TEST(Calendar, AgreesWithTheStandardLibrary) {
  for (unsigned year = 0; year <= 9999; ++year) {
    for (unsigned month = 0; month <= 13; ++month) {
      for (unsigned day = 0; day <= 32; ++day) {
        std::chrono::year_month_day date{std::chrono::year(static_cast<int>(year)),
                                         std::chrono::month(month),
                                         std::chrono::day(day)};
        ASSERT_EQ(DateExists(year, month, day), date.ok())
            << year << '-' << month << '-' << day;
        if (!date.ok()) continue;
        auto days = std::chrono::sys_days(date).time_since_epoch().count();
        ASSERT_EQ(DaysSinceEpoch(year, month, day), days)
            << year << '-' << month << '-' << day;
      }
    }
  }
}

}  // namespace
}  // namespace keelboat::mysql
