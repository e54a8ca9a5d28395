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

// Every text is read with noise around it, as it stands in a row.
std::string ReadAtOnce(const std::string& text, int precision, int scale) {
  std::string padded = "98765432";
  padded.insert(padded.end(), text.begin(), text.end());
  padded += "10";
  const auto* begin = reinterpret_cast<const uint8_t*>(padded.data());
  int64_t value = 0;
  if (!ShortDecimal::Of(precision, scale)
           .Read(begin, begin + 8, static_cast<int64_t>(text.size()), &value)) {
    return "refused";
  }
  return arrow::Decimal128(value).ToString(scale);
}

TEST(DecimalText, ShortOnesAreReadAtOnce) {
  for (const char* text : {"0.00", "-0.01", "5.25", "12345678.99", "-12345678.99"}) {
    EXPECT_EQ(ReadAtOnce(text, 15, 2), text);
    EXPECT_EQ(ReadAtOnce(text, 38, 2), text);
  }
  EXPECT_EQ(ReadAtOnce("7", 9, 0), "7");
  EXPECT_EQ(ReadAtOnce("-99999999", 9, 0), "-99999999");
  EXPECT_EQ(ReadAtOnce("1.12345678", 16, 8), "1.12345678");
  EXPECT_EQ(ReadAtOnce("007.50", 15, 2), "7.50");
}

TEST(DecimalText, WhatIsOutOfTheOrdinaryIsNotReadAtOnce) {
  for (const char* text : {"", "-", ".", "1", ".50", "-.50", "123456789.00", "1.5",
                           "1.500", "1x.00", "1,00", "1.0x", "+1.00", "1:.00", "1/.00",
                           "1.\xFF\xFF", "\xFF\x8A.00", "--1.00", "1-1.00"}) {
    EXPECT_EQ(ReadAtOnce(text, 15, 2), "refused") << text;
  }
  EXPECT_EQ(ReadAtOnce("1000.00", 5, 2), "refused");
  EXPECT_EQ(ReadAtOnce("999.99", 5, 2), "999.99");
  EXPECT_EQ(ReadAtOnce("1.123456789", 20, 9), "refused");
}

TEST(DecimalText, BothWaysOfReadingAgree) {
  int at_once = 0;
  for (std::size_t scale = 0; scale <= 9; ++scale) {
    for (int64_t number = 1; number < 1'000'000'000'000'000; number = number * 7 + 3) {
      std::string text = std::to_string(number);
      if (text.size() <= scale) text.insert(0, scale + 1 - text.size(), '0');
      if (scale > 0) text.insert(text.size() - scale, ".");
      for (const std::string sign : {"", "-"}) {
        const std::string read = ReadAtOnce(sign + text, 17, static_cast<int>(scale));
        if (read == "refused") continue;
        ++at_once;
        EXPECT_EQ(read,
                  RoundTrip<arrow::Decimal128>(sign + text, 17, static_cast<int>(scale)));
      }
    }
  }
  EXPECT_GT(at_once, 200);
}

}  // namespace
}  // namespace keelboat::mysql
