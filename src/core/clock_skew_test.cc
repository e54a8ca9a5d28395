#include "core/clock_skew.h"

#include <gtest/gtest.h>

namespace keelboat {
namespace {

using std::chrono::seconds;

TEST(ClockSkewTest, SaysWhoIsAhead) {
  EXPECT_EQ(ClockSkewText(seconds(0)), "clocks agree");
  EXPECT_EQ(ClockSkewText(seconds(-2)), "clocks agree");
  EXPECT_EQ(ClockSkewText(seconds(3)), "this machine's clock is 3 s ahead");
  EXPECT_EQ(ClockSkewText(seconds(-119)), "this machine's clock is 119 s behind");
  EXPECT_EQ(ClockSkewText(seconds(-3600)), "this machine's clock is 60 min behind");
}

}  // namespace
}  // namespace keelboat
