#include "lake/view/hashed_keys.h"

#include <random>
#include <set>

#include <gtest/gtest.h>

namespace keelboat {
namespace {

TEST(HashedKeysTest, AnEmptySetHasNothing) {
  HashedKeys keys(0);
  keys.Seal();
  EXPECT_EQ(keys.unmarked(), 0);
  EXPECT_FALSE(keys.Mark({0, 0}));
  EXPECT_FALSE(keys.IsUnmarked({~uint64_t{0}, 0}));
}

TEST(HashedKeysTest, KeysCountOnceAndMarksStay) {
  std::mt19937_64 random(7);
  for (const int64_t expected : {int64_t{0}, int64_t{100}, int64_t{100'000}}) {
    HashedKeys keys(expected);
    std::set<KeyHash> model;
    // Some share their leading bits, and most come more than once.
    for (int i = 0; i < 20'000; ++i) {
      const KeyHash hash{i % 3 == 0 ? 0 : random(), random() % 3};
      const int times = i % 4;
      for (int again = 0; again <= times; ++again) keys.Add(hash);
      model.insert(hash);
    }
    keys.Seal();
    EXPECT_EQ(keys.unmarked(), static_cast<int64_t>(model.size()));
    std::set<KeyHash> left;
    int number = 0;
    for (const KeyHash& hash : model) {
      EXPECT_TRUE(keys.IsUnmarked(hash));
      if (++number % 2 == 0) {
        EXPECT_TRUE(keys.Mark(hash));
        EXPECT_TRUE(keys.Mark(hash));
        EXPECT_FALSE(keys.IsUnmarked(hash));
      } else {
        left.insert(hash);
      }
      EXPECT_FALSE(keys.Mark({hash.high, hash.low + 3}));
    }
    std::set<KeyHash> visited;
    keys.VisitUnmarked([&](const KeyHash& hash) { visited.insert(hash); });
    EXPECT_EQ(visited, left);
    EXPECT_EQ(keys.unmarked(), static_cast<int64_t>(left.size()));
  }
}

}  // namespace
}  // namespace keelboat
