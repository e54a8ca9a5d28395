#include "lake/delta/exact_text.h"

#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include <arrow/util/decimal.h>
#include <gtest/gtest.h>

namespace keelboat::delta {
namespace {

std::string Decimal(const std::string& digits, int32_t scale) {
  char text[kExactTextBytes];
  const auto value = arrow::Decimal256::FromString(digits).ValueOrDie();
  return {text, WriteDecimal(value, scale, text)};
}

std::string Duration(int64_t microseconds) {
  char text[kExactTextBytes];
  return {text, WriteDuration(microseconds, text)};
}

TEST(ExactTextTest, DecimalsKeepAllTheirDigits) {
  EXPECT_EQ(Decimal("0", 0), "0");
  EXPECT_EQ(Decimal("0", 3), "0.000");
  EXPECT_EQ(Decimal("-1", 30), "-0.000000000000000000000000000001");
  EXPECT_EQ(Decimal("1234", 2), "12.34");
  EXPECT_EQ(Decimal("-100", 2), "-1.00");
  EXPECT_EQ(Decimal("10000000000000000000", 0), "10000000000000000000");
  EXPECT_EQ(Decimal("100000000000000000000000000000000000000", 0),
            "100000000000000000000000000000000000000");
  const std::string longest(76, '9');
  EXPECT_EQ(Decimal("-" + longest, 0), "-" + longest);
  EXPECT_EQ(Decimal(longest, 76), "0." + longest);
}

TEST(ExactTextTest, DurationsAreSpelledAsMySqlDoes) {
  const std::pair<int64_t, const char*> cases[] = {
      {0, "00:00:00"},
      {1, "00:00:00.000001"},
      {-1, "-00:00:00.000001"},
      {3'600'000'000, "01:00:00"},
      {86'399'999'999, "23:59:59.999999"},
      {3'020'399'000'000, "838:59:59"},
      {-3'020'399'500'000, "-838:59:59.500000"},
      {std::numeric_limits<int64_t>::min(), "-2562047788:00:54.775808"},
  };
  for (const auto& [microseconds, text] : cases) {
    EXPECT_EQ(Duration(microseconds), text);
  }
}

}  // namespace
}  // namespace keelboat::delta
