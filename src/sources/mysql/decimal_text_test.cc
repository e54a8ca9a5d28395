#include "sources/mysql/decimal_text.h"

#include <string>

#include <gtest/gtest.h>

namespace keelboat::mysql {
namespace {

template <typename Decimal>
std::string RoundTrip(std::string_view text, int precision, int scale) {
  Decimal value;
  if (!ParseDecimal(text, precision, scale, &value)) return "refused";
  return value.ToString(scale);
}

TEST(DecimalText, ReadsWhatTheServerPrints) {
  EXPECT_EQ(RoundTrip<arrow::Decimal128>("0.00", 15, 2), "0.00");
  EXPECT_EQ(RoundTrip<arrow::Decimal128>("-0.01", 15, 2), "-0.01");
  EXPECT_EQ(RoundTrip<arrow::Decimal128>("12345.67", 15, 2), "12345.67");
  EXPECT_EQ(RoundTrip<arrow::Decimal128>("000012345.67", 15, 2), "12345.67");
  EXPECT_EQ(RoundTrip<arrow::Decimal128>("999999999999999999", 18, 0),
            "999999999999999999");
  EXPECT_EQ(RoundTrip<arrow::Decimal128>("1000000000000000000", 19, 0),
            "1000000000000000000");
}

TEST(DecimalText, HoldsTheLargestOfEachWidth) {
  const std::string widest128 = std::string(28, '9') + "." + std::string(10, '9');
  EXPECT_EQ(RoundTrip<arrow::Decimal128>(widest128, 38, 10), widest128);
  EXPECT_EQ(RoundTrip<arrow::Decimal128>("-" + widest128, 38, 10), "-" + widest128);
  const std::string widest256 = std::string(35, '9') + "." + std::string(30, '9');
  EXPECT_EQ(RoundTrip<arrow::Decimal256>(widest256, 65, 30), widest256);
  EXPECT_EQ(RoundTrip<arrow::Decimal256>("-" + widest256, 65, 30), "-" + widest256);
  const std::string mixed =
      "12345678901234567890123456789012345.098765432109876543210987654321";
  EXPECT_EQ(RoundTrip<arrow::Decimal256>(mixed, 65, 30), mixed);
}

TEST(DecimalText, FillsAShortFraction) {
  EXPECT_EQ(RoundTrip<arrow::Decimal128>("5", 10, 3), "5.000");
  EXPECT_EQ(RoundTrip<arrow::Decimal128>("5.1", 10, 3), "5.100");
  EXPECT_EQ(RoundTrip<arrow::Decimal128>(".5", 10, 3), "0.500");
}

// The short way and the long way agree: every number, padded until it is long.
TEST(DecimalText, ReadsShortAndLongNumbersAlike) {
  for (const char* text :
       {"0",    "7",   "-7",   "12.5",        "-12.50",       "0.5",
        ".5",   "-.5", "5.",   "99999999.99", "-99999999.99", "100000000.00",
        "1..2", "1-2", "1.-2", "--1",         " 1",           "1 ",
        "1.5.", "-",   ".",    "-.",          "1e1"}) {
    for (int scale : {0, 1, 2, 3}) {
      std::string padded = text;
      padded.insert(padded[0] == '-' ? 1 : 0, 30, '0');
      // Padding turns "nothing" into a number, which is another text.
      bool has_digit =
          std::string_view(text).find_first_of("0123456789") != std::string_view::npos;
      if (!has_digit) continue;
      EXPECT_EQ(RoundTrip<arrow::Decimal128>(text, 10, scale),
                RoundTrip<arrow::Decimal128>(padded, 10, scale))
          << text << " at scale " << scale;
    }
  }
}

TEST(DecimalText, RefusesWhatItCannotHold) {
  EXPECT_EQ(RoundTrip<arrow::Decimal128>(".", 10, 0), "refused");
  EXPECT_EQ(RoundTrip<arrow::Decimal128>(".", 10, 2), "refused");
  EXPECT_EQ(RoundTrip<arrow::Decimal128>("", 10, 2), "refused");
  EXPECT_EQ(RoundTrip<arrow::Decimal128>("-", 10, 2), "refused");
  EXPECT_EQ(RoundTrip<arrow::Decimal128>("1e5", 10, 2), "refused");
  EXPECT_EQ(RoundTrip<arrow::Decimal128>("1.2.3", 10, 2), "refused");
  EXPECT_EQ(RoundTrip<arrow::Decimal128>("1.234", 10, 2), "refused");
  EXPECT_EQ(RoundTrip<arrow::Decimal128>("123456789.00", 10, 2), "refused");
  EXPECT_EQ(RoundTrip<arrow::Decimal256>(std::string(90, '9'), 65, 0), "refused");
}

}  // namespace
}  // namespace keelboat::mysql
