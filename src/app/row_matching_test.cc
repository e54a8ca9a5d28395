#include "app/row_matching.h"

#include <cstdint>
#include <map>
#include <random>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace keelboat {
namespace {

using Match = RowMatcher::Match;

// Spread as real hashes are.
KeyHash HashOf(uint64_t number) {
  std::mt19937_64 random(number);
  return {random(), random()};
}

TEST(RowMatchingTest, EqualRowsHaveEqualDigestsInAnyOrder) {
  RowDigests left;
  RowDigests right;
  for (uint64_t i = 0; i < 1000; ++i) left.Add(HashOf(i), HashOf(i + 5000));
  for (uint64_t i = 1000; i-- > 0;) right.Add(HashOf(i), HashOf(i + 5000));
  EXPECT_EQ(left, right);
  EXPECT_EQ(left.rows(), 1000);
  right.Add(HashOf(7), HashOf(5007));
  EXPECT_NE(left, right);
}

TEST(RowMatchingTest, ADoubledPairIsNotTheSameAsNone) {
  RowDigests none;
  RowDigests twice;
  twice.Add(HashOf(1), HashOf(2));
  twice.Add(HashOf(1), HashOf(2));
  EXPECT_NE(none, twice);
}

TEST(RowMatchingTest, OnlyDifferingBucketsAreChosen) {
  RowDigests held;
  RowDigests other;
  for (uint64_t i = 0; i < 10'000; ++i) {
    held.Add(HashOf(i), HashOf(i));
    other.Add(HashOf(i), HashOf(i == 77 ? 1 : i));
  }
  const BucketChoice choice = ChooseDiffering(held, other, 100);
  EXPECT_TRUE(choice.all);
  EXPECT_TRUE(choice.Has(HashOf(77)));
  EXPECT_GE(choice.rows, 1);
  EXPECT_LE(choice.rows, 10);
}

TEST(RowMatchingTest, NoMoreRowsAreHeldThanAllowed) {
  RowDigests held;
  for (uint64_t i = 0; i < 200'000; ++i) held.Add(HashOf(i), HashOf(i));
  const BucketChoice choice = ChooseDiffering(held, RowDigests(), 1000);
  EXPECT_FALSE(choice.all);
  EXPECT_LE(choice.rows, 1000);
  EXPECT_GE(choice.rows, 990);
  // At least one bucket, so that something is said.
  EXPECT_GE(ChooseDiffering(held, RowDigests(), 0).rows, 1);
}

TEST(RowMatchingTest, RandomSetsDifferAsAModelSays) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 20; ++round) {
    std::map<uint64_t, uint64_t> held;
    std::map<uint64_t, uint64_t> stream;
    for (int i = 0; i < 300; ++i) {
      const uint64_t key = random() % 200;
      held[key] = random() % 3;
      stream[random() % 200] = random() % 3;
    }
    int64_t changed = 0;
    int64_t fresh = 0;
    int64_t left = 0;
    for (const auto& [key, value] : stream) {
      const auto found = held.find(key);
      if (found == held.end()) {
        ++fresh;
      } else if (found->second != value) {
        ++changed;
      }
    }
    for (const auto& [key, value] : held) left += stream.contains(key) ? 0 : 1;

    RowMatcher matcher(static_cast<int64_t>(held.size()));
    for (const auto& [key, value] : held) {
      matcher.Hold(HashOf(key), HashOf(1000 + value), key % 2 == 0);
    }
    matcher.Seal();
    for (const auto& [key, value] : stream) {
      const Match match = matcher.Take(HashOf(key), HashOf(1000 + value));
      changed -= match == Match::kChanged ? 1 : 0;
      fresh -= match == Match::kNew ? 1 : 0;
    }
    matcher.VisitLeft([&](const KeyHash&, bool) { --left; });
    EXPECT_EQ(changed, 0);
    EXPECT_EQ(fresh, 0);
    EXPECT_EQ(left, 0);
  }
}

TEST(RowMatchingTest, RowsThatComeSeveralTimesAreCounted) {
  const KeyHash row = HashOf(4);
  RowMatcher matcher(3);
  matcher.Hold(row, row, true);
  matcher.Hold(row, row, true);
  matcher.Seal();
  EXPECT_EQ(matcher.Take(row, row), Match::kSame);
  EXPECT_EQ(matcher.Take(row, row), Match::kSame);
  EXPECT_EQ(matcher.Take(row, row), Match::kNew);
  RowMatcher doubled(2);
  doubled.Hold(row, row, true);
  doubled.Hold(row, row, true);
  doubled.Seal();
  EXPECT_EQ(doubled.Take(row, row), Match::kSame);
  std::vector<bool> left;
  doubled.VisitLeft([&](const KeyHash& key, bool tail) {
    EXPECT_EQ(key, row);
    left.push_back(tail);
  });
  EXPECT_THAT(left, testing::ElementsAre(true));
}

TEST(RowMatchingTest, AKeyMayBeTakenWhateverItsValues) {
  RowMatcher matcher(1);
  matcher.Hold(HashOf(1), HashOf(2), false);
  matcher.Seal();
  EXPECT_FALSE(matcher.TakeKey(HashOf(9)));
  EXPECT_TRUE(matcher.TakeKey(HashOf(1)));
  int left = 0;
  matcher.VisitLeft([&](const KeyHash&, bool) { ++left; });
  EXPECT_EQ(left, 0);
}

}  // namespace
}  // namespace keelboat
