#include "core/clock.h"

#include <gtest/gtest.h>

namespace keelboat {
namespace {

TEST(ClockTest, ReadsWhatItWrote) {
  for (const char* text :
       {"2026-11-21T02:00:00.123456Z", "1970-01-01T00:00:00.000000Z",
        "1969-12-31T23:59:59.999999Z", "2024-02-29T12:30:05.000001Z"}) {
    const auto time = ParseTime(text);
    ASSERT_TRUE(time.has_value()) << text;
    EXPECT_EQ(FormatTime(*time), text);
  }
}

TEST(ClockTest, ReadsWholeSeconds) {
  EXPECT_EQ(ParseTime("2026-11-21T02:00:00Z"), ParseTime("2026-11-21T02:00:00.000000Z"));
}

TEST(ClockTest, RefusesWhatItDidNotWrite) {
  for (const char* text :
       {"", "2026-11-21", "2026-11-21T02:00:00", "2026-11-21T02:00:00.5Z",
        "2026-02-30T02:00:00Z", "2026-11-21T02:00:00.123456Z ", "2026-11-21 02:00:00Z",
        "x2026-11-21T02:00:00Z"}) {
    EXPECT_FALSE(ParseTime(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace keelboat
