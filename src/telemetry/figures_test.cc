#include "telemetry/figures.h"

#include <limits>

#include <gtest/gtest.h>

namespace keelboat {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Figures, SeparatesThousands) {
  EXPECT_EQ(FormatCount(0), "0");
  EXPECT_EQ(FormatCount(999), "999");
  EXPECT_EQ(FormatCount(1000), "1,000");
  EXPECT_EQ(FormatCount(1550922), "1,550,922");
  EXPECT_EQ(FormatCount(-123), "-123");
  EXPECT_EQ(FormatCount(-1234), "-1,234");
  EXPECT_EQ(FormatCount(std::numeric_limits<int64_t>::min()),
            "-9,223,372,036,854,775,808");
  EXPECT_EQ(FormatRows(1), "1 row");
  EXPECT_EQ(FormatRows(2), "2 rows");
}

TEST(Figures, WritesBytesInDecimalUnits) {
  EXPECT_EQ(FormatBytes(0), "0 B");
  EXPECT_EQ(FormatBytes(999), "999 B");
  EXPECT_EQ(FormatBytes(1000), "1.0 KB");
  EXPECT_EQ(FormatBytes(999949), "999.9 KB");
  EXPECT_EQ(FormatBytes(999950), "1.0 MB");
  EXPECT_EQ(FormatBytes(12345678), "12.3 MB");
  EXPECT_EQ(FormatBytes(std::numeric_limits<int64_t>::max()), "9.2 EB");
}

TEST(Figures, WritesRates) {
  EXPECT_EQ(FormatRate(99441, milliseconds(400)), "248,602 rows/s");
  EXPECT_EQ(FormatRate(10, microseconds(0)), "");
}

TEST(Figures, WritesDurations) {
  EXPECT_EQ(FormatDuration(milliseconds(420)), "0.42 s");
  EXPECT_EQ(FormatDuration(milliseconds(9994)), "9.99 s");
  EXPECT_EQ(FormatDuration(milliseconds(9996)), "10.0 s");
  EXPECT_EQ(FormatDuration(milliseconds(59960)), "1m 00s");
  EXPECT_EQ(FormatDuration(seconds(125)), "2m 05s");
  EXPECT_EQ(FormatDuration(seconds(3 * 3600 + 7 * 60)), "3h 07m");
  EXPECT_EQ(FormatElapsed(seconds(12)), "00:12");
  EXPECT_EQ(FormatElapsed(seconds(3723)), "1:02:03");
}

TEST(Figures, WritesAges) {
  EXPECT_EQ(FormatAge(seconds(-5)), "just now");
  EXPECT_EQ(FormatAge(seconds(59)), "just now");
  EXPECT_EQ(FormatAge(seconds(300)), "5 min ago");
  EXPECT_EQ(FormatAge(hours(47)), "47 h ago");
  EXPECT_EQ(FormatAge(hours(24 * 3)), "3 d ago");
}

}  // namespace
}  // namespace keelboat
