#include "core/quantity.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace keelboat {
namespace {

TEST(Quantity, ReadsSizes) {
  const std::vector<std::pair<std::string, int64_t>> cases = {
      {"0B", 0},
      {"100B", 100},
      {"1kB", 1000},
      {"1 KiB", 1024},
      {"384MiB", int64_t{384} << 20},
      {"1GB", 1'000'000'000},
      {"1.5gib", int64_t{3} << 29},
      {" 2TiB ", int64_t{2} << 40},
  };
  for (const auto& [text, bytes] : cases) {
    const auto size = ParseByteSize(text);
    ASSERT_TRUE(size.ok()) << text;
    EXPECT_EQ(*size, bytes) << text;
  }
  for (const char* text : {"", "384", "MiB", "-1MiB", "1XB", "1e3MB", "1.2.3MB",
                           "1 MiB x", "99999999999TiB", ".", "0x10MB", "inf MB", "nan"}) {
    EXPECT_FALSE(ParseByteSize(text).ok()) << text;
  }
}

TEST(Quantity, ReadsDurations) {
  const std::vector<std::pair<std::string, int64_t>> cases = {
      {"0", 0},       {"30s", 30},    {"10m", 600},
      {"12h", 43200}, {"7d", 604800}, {"2 W", 1209600}};
  for (const auto& [text, seconds] : cases) {
    const auto duration = ParseDuration(text);
    ASSERT_TRUE(duration.ok()) << text;
    EXPECT_EQ(duration->count(), seconds) << text;
  }
  for (const char* text :
       {"", "10", "m", "-1m", "1.5h", "1y", "10 minutes", "99999999999999d", "1d2h"}) {
    EXPECT_FALSE(ParseDuration(text).ok()) << text;
  }
}

}  // namespace
}  // namespace keelboat
