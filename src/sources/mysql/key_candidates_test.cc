#include "sources/mysql/key_candidates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sources/mysql/text_candidates.h"

namespace keelboat::mysql {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

std::string Middle(ValueKind kind, const std::string& low, const std::string& high) {
  ComparedColumn column;
  column.kind = kind;
  column.members = {"low", "mid", "top"};
  auto middles = KeyCandidates(column, low, high, 0);
  return middles.empty() ? "none" : middles.back();
}

TEST(KeyCandidates, LieAboveTheLowOneAndNotAboveTheHighOne) {
  EXPECT_EQ(Middle(ValueKind::kInteger, "5", "6"), "6");
  EXPECT_EQ(Middle(ValueKind::kInteger, "-9223372036854775808", "9223372036854775807"),
            "0");
  EXPECT_EQ(Middle(ValueKind::kInteger, "0", "18446744073709551615"),
            "9223372036854775808");
  EXPECT_EQ(Middle(ValueKind::kDecimal, "-0.02", "0.01"), "0.00");
  EXPECT_EQ(Middle(ValueKind::kDecimal, "-0.03", "-0.01"), "-0.02");
  EXPECT_EQ(Middle(ValueKind::kDecimal,
                   "-99999999999999999999999999999999999.999999999999999999999999999999",
                   "99999999999999999999999999999999999.999999999999999999999999999999"),
            "0.000000000000000000000000000000");
  EXPECT_EQ(Middle(ValueKind::kDouble, "1", "4"), "2");
  EXPECT_EQ(Middle(ValueKind::kDouble, "-1", "1"), "0");
  EXPECT_EQ(Middle(ValueKind::kFloat, "1", "4"), "2");
  EXPECT_EQ(Middle(ValueKind::kFloat, "-1", "1"), "0");
  // A double between the two may be none that a FLOAT can hold.
  EXPECT_EQ(Middle(ValueKind::kFloat, "0", "1.401298464324817e-45"), "1e-45");
  EXPECT_EQ(Middle(ValueKind::kFloat, "0", "2.802596928649634e-45"), "1e-45");
}

TEST(KeyCandidates, KnowTheCalendar) {
  EXPECT_EQ(Middle(ValueKind::kCalendar, "2024-02-28", "2024-03-01"), "2024-02-29");
  EXPECT_EQ(Middle(ValueKind::kCalendar, "0000-00-00", "0000-01-03"), "0000-01-02");
  EXPECT_EQ(Middle(ValueKind::kCalendar, "1999-12-31", "2000-01-01"), "2000-01-01");
  EXPECT_EQ(Middle(ValueKind::kCalendar, "1969-12-31 23:59:59.000000",
                   "1970-01-01 00:00:01.000000"),
            "1970-01-01 00:00:00.000000");
  EXPECT_EQ(Middle(ValueKind::kCalendar, "9999-12-31 23:59:59.999998",
                   "9999-12-31 23:59:59.999999"),
            "9999-12-31 23:59:59.999999");
  EXPECT_EQ(Middle(ValueKind::kTime, "-838:59:59.000000", "838:59:59.000000"),
            "00:00:00.000000");
  EXPECT_EQ(Middle(ValueKind::kTime, "-00:00:00.000003", "-00:00:00.000001"),
            "-00:00:00.000002");
}

TEST(KeyCandidates, HalveBytesAndLabels) {
  EXPECT_EQ(Middle(ValueKind::kBytes, "0x00", "0xFF").substr(0, 6), "0x7F80");
  EXPECT_EQ(Middle(ValueKind::kBytes, "0xABCD00", "0xABCD02").substr(0, 8), "0xABCD01");
  EXPECT_EQ(Middle(ValueKind::kLabel, "10.0.0.0", "10.0.0.4"), "10.0.0.2");
  EXPECT_EQ(Middle(ValueKind::kLabel, "2001:db8::", "2001:db8::8"), "2001:db8::4");
  EXPECT_EQ(Middle(ValueKind::kLabel, "00000000-0000-4000-8000-000000000000",
                   "00000000-0000-4000-8000-800000000000"),
            "00000000-0000-4000-8000-400000000000");
  EXPECT_EQ(Middle(ValueKind::kEnum, "low", "top"), "mid");
  EXPECT_EQ(Middle(ValueKind::kEnum, "mid", "top"), "top");
}

TEST(KeyCandidates, EndWithTheHighOne) {
  ComparedColumn column;
  column.kind = ValueKind::kInteger;
  EXPECT_THAT(KeyCandidates(column, "5", "9", 1), ElementsAre("9"));
  EXPECT_THAT(KeyCandidates(column, "5", "9", 2), IsEmpty());
}

TEST(TextCandidates, GoOnFromWhereTheTwoDiffer) {
  EXPECT_THAT(TextCandidates("user-1", "user-9", 0), Each(StartsWith("user-")));
  EXPECT_THAT(TextCandidates("user-1", "user-9", 0), Contains("user-5"));
  // Case aside, for most collations set it aside.
  EXPECT_THAT(TextCandidates("User-1", "user-9", 0), Contains("User-5"));
  EXPECT_THAT(TextCandidates("a", "abc", 0), Contains("ab"));
  EXPECT_THAT(TextCandidates("Привет", "Яблоко", 0), Contains(StartsWith("Р")));
}

TEST(TextCandidates, EndWithTheHighOne) {
  int attempt = 0;
  std::vector<std::string> last;
  for (auto texts = TextCandidates("AB", "ab", 0); !texts.empty() && attempt < 20;
       texts = TextCandidates("AB", "ab", ++attempt)) {
    last = texts;
  }
  EXPECT_THAT(last, ElementsAre("ab"));
  EXPECT_LT(attempt, 20);
}

}  // namespace
}  // namespace keelboat::mysql
