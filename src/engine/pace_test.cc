#include "engine/pace.h"

#include <gtest/gtest.h>

namespace keelboat {
namespace {

using std::chrono::milliseconds;

// Lets partitions end until a verdict, at rates that depend on how many run at once.
std::string VerdictAt(int most, std::map<int, int64_t> megabytes_a_second,
                      int first = 2) {
  Pace::Time now{};
  Pace pace(most, false, first, now);
  int64_t bytes = 0;
  for (int i = 0; i < 1000 && !pace.verdict().has_value(); ++i) {
    now += milliseconds(100);
    bytes += megabytes_a_second.at(pace.limit()) * 100'000;
    pace.PartitionEnded(bytes, now);
  }
  EXPECT_EQ(pace.verdict().value_or("none").substr(0, 1), std::to_string(pace.limit()));
  return pace.verdict().value_or("none");
}

TEST(Pace, TakesAsManyAsHelp) {
  EXPECT_EQ(VerdictAt(4, {{1, 50}, {2, 95}, {3, 140}, {4, 180}}),
            "4 workers at once: 1 gave 50 MB/s, 2 gave 95 MB/s, 3 gave 140 MB/s, 4 gave "
            "180 MB/s");
  EXPECT_EQ(VerdictAt(4, {{1, 50}, {2, 95}, {3, 100}, {4, 300}}).substr(0, 2), "2 ");
  EXPECT_EQ(VerdictAt(2, {{1, 50}, {2, 95}}).substr(0, 2), "2 ");
}

TEST(Pace, WideRowsAreReadByOneWhereTwoAreNoFaster) {
  EXPECT_EQ(VerdictAt(4, {{1, 50}, {2, 38}, {3, 30}, {4, 20}}).substr(0, 2), "1 ");
  EXPECT_EQ(VerdictAt(4, {{1, 50}, {2, 52}, {3, 60}, {4, 70}}).substr(0, 2), "1 ");
}

TEST(Pace, ComesToTheSameFromOne) {
  for (const auto& rates : {std::map<int, int64_t>{{1, 50}, {2, 95}, {3, 140}, {4, 180}},
                            {{1, 50}, {2, 95}, {3, 100}, {4, 300}},
                            {{1, 50}, {2, 38}, {3, 30}, {4, 20}},
                            {{1, 50}, {2, 52}, {3, 60}, {4, 70}}}) {
    EXPECT_EQ(VerdictAt(4, rates, 1), VerdictAt(4, rates, 2));
  }
  EXPECT_EQ(VerdictAt(2, {{1, 50}, {2, 95}}, 1), VerdictAt(2, {{1, 50}, {2, 95}}, 2));
}

// How long one worker was tried after two.
milliseconds TryOfOne(int64_t rate_of_one) {
  Pace::Time now{};
  Pace pace(4, false, 2, now);
  int64_t bytes = 0;
  milliseconds alone{0};
  while (!pace.verdict().has_value() && now < Pace::Time{milliseconds(60'000)}) {
    const bool one = pace.limit() == 1;
    now += milliseconds(100);
    if (one) alone += milliseconds(100);
    bytes += (one ? rate_of_one : 100) * 100'000;
    pace.PartitionEnded(bytes, now);
  }
  return alone;
}

TEST(Pace, OneIsGivenUpSoonWhereItIsClearlySlower) {
  EXPECT_EQ(TryOfOne(50), milliseconds(500));
  EXPECT_EQ(TryOfOne(90), milliseconds(1500));
}

TEST(Pace, WhatTheUserDecidedStays) {
  Pace::Time now{};
  Pace pace(8, true, 2, now);
  for (int i = 0; i < 100; ++i) pace.PartitionEnded(i, now += milliseconds(500));
  EXPECT_EQ(pace.limit(), 8);
  EXPECT_EQ(pace.verdict(), std::nullopt);
}

TEST(Pace, AShortRunDecidesNothing) {
  Pace::Time now{};
  Pace pace(4, false, 2, now);
  for (int i = 0; i < 10; ++i) pace.PartitionEnded(i, now += milliseconds(100));
  EXPECT_EQ(pace.limit(), 2);
  EXPECT_EQ(pace.verdict(), std::nullopt);
}

}  // namespace
}  // namespace keelboat
