#include "sources/metabase/cell_value.h"

#include <cmath>
#include <limits>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include <arrow/type.h>

namespace keelboat::metabase {
namespace {

template <typename T>
std::optional<T> Integer(std::string_view text) {
  T value = 0;
  return ParseInteger(text, &value) ? std::optional(value) : std::nullopt;
}

template <typename T>
std::optional<T> Float(std::string_view text) {
  T value = 0;
  return ParseFloat(text, &value) ? std::optional(value) : std::nullopt;
}

std::string Decimal(std::string_view text, int precision, int scale) {
  if (precision > 38) {
    arrow::Decimal256 value;
    return ParseDecimal(text, precision, scale, &value) ? value.ToString(scale) : "no";
  }
  arrow::Decimal128 value;
  return ParseDecimal(text, precision, scale, &value) ? value.ToString(scale) : "no";
}

std::optional<int64_t> Moment(std::string_view text, bool instant = false,
                              arrow::TimeUnit::type unit = arrow::TimeUnit::MICRO) {
  int64_t value = 0;
  return ParseTimestamp(text, unit, instant, &value) ? std::optional(value)
                                                     : std::nullopt;
}

std::optional<int32_t> Date(std::string_view text) {
  int32_t days = 0;
  return ParseDate(text, &days) ? std::optional(days) : std::nullopt;
}

TEST(CellValue, Integers) {
  EXPECT_EQ(Integer<int64_t>("-9223372036854775808"),
            std::numeric_limits<int64_t>::min());
  EXPECT_EQ(Integer<int64_t>("9223372036854775808"), std::nullopt);
  EXPECT_EQ(Integer<uint64_t>("18446744073709551615"),
            std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(Integer<uint64_t>("18446744073709551616"), std::nullopt);
  EXPECT_EQ(Integer<uint64_t>("-1"), std::nullopt);
  // Of any length, and with anything at any place of them.
  std::string digits;
  for (int64_t number = 0; digits.size() < 18; number = number * 10 + 9 - number % 10) {
    digits = std::to_string(number);
    EXPECT_EQ(Integer<int64_t>(digits), number);
    EXPECT_EQ(Integer<int64_t>("-" + digits), -number);
    for (std::size_t at = 0; at < digits.size(); ++at) {
      for (char letter : {'/', ':', ' ', '\0', 'x', '\xB1'}) {
        std::string bad = digits;
        bad[at] = letter;
        EXPECT_EQ(Integer<int64_t>(bad), std::nullopt) << bad;
      }
    }
    if (number == 0) number = 1;
  }
  EXPECT_EQ(Integer<int64_t>("1E+3"), 1000);
  EXPECT_EQ(Integer<int64_t>("5.00"), 5);
  EXPECT_EQ(Integer<int64_t>("5.5"), std::nullopt);
  EXPECT_EQ(Integer<int64_t>(""), std::nullopt);
  EXPECT_EQ(Integer<int64_t>("-"), std::nullopt);
  EXPECT_EQ(Integer<int64_t>("12a"), std::nullopt);
  EXPECT_EQ(Integer<int64_t>("1e999999999"), std::nullopt);
}

TEST(CellValue, Floats) {
  EXPECT_EQ(Float<double>("1.0E10"), 1e10);
  EXPECT_EQ(Float<double>("5e-324"), 5e-324);
  EXPECT_TRUE(std::signbit(*Float<double>("-0.0")));
  EXPECT_TRUE(std::isnan(*Float<double>("NaN")));
  EXPECT_EQ(Float<float>("-Infinity"), -std::numeric_limits<float>::infinity());
  EXPECT_EQ(Float<float>("1.1"), 1.1F);
  EXPECT_EQ(Float<float>("1e-60"), 0.0F);
  EXPECT_EQ(Float<float>("1e60"), std::nullopt);
  EXPECT_EQ(Float<double>("1e400"), std::nullopt);
  EXPECT_EQ(Float<double>("inf"), std::nullopt);
  EXPECT_EQ(Float<double>("nan"), std::nullopt);
  EXPECT_EQ(Float<double>("-inf"), std::nullopt);
  EXPECT_EQ(Float<double>("1,5"), std::nullopt);
}

TEST(CellValue, Decimals) {
  EXPECT_EQ(Decimal("1.500", 12, 2), "1.50");
  EXPECT_EQ(Decimal("-0.01", 12, 2), "-0.01");
  EXPECT_EQ(Decimal("1E+3", 12, 2), "1000.00");
  EXPECT_EQ(Decimal("0E-10", 12, 2), "0.00");
  EXPECT_EQ(Decimal("-1.0E-7", 38, 10), "-1.000E-7");
  EXPECT_EQ(Decimal("12345678901234567890.5", 38, 10), "12345678901234567890.5000000000");
  EXPECT_EQ(Decimal("9999999999.99", 12, 2), "9999999999.99");
  EXPECT_EQ(Decimal("10000000000.00", 12, 2), "no");
  EXPECT_EQ(Decimal("1.501", 12, 2), "no");
  EXPECT_EQ(Decimal("340282366920938463463374607431768211455", 39, 0),
            "340282366920938463463374607431768211455");
  EXPECT_EQ(Decimal("99999999999999999999999999999999999999.9", 39, 1),
            "99999999999999999999999999999999999999.9");
  for (const char* bad : {"", "-", ".", "1.", "1.2.3", "NaN", "1e", "0x10"}) {
    EXPECT_EQ(Decimal(bad, 12, 2), "no") << bad;
  }
}

TEST(CellValue, Dates) {
  EXPECT_EQ(Date("1970-01-01"), 0);
  EXPECT_EQ(Date("2024-02-29"), 19782);
  EXPECT_EQ(Date("1900-01-01"), -25567);
  EXPECT_EQ(Date("0001-01-01"), -719162);
  EXPECT_EQ(Date("+12024-01-02"), 3672149);
  EXPECT_EQ(Date("-0001-12-31"), -719529);
  EXPECT_EQ(Date("2024-01-02T00:00:00+02:00"), 19724);
  EXPECT_EQ(Date("2024-01-02T00:00:01Z"), std::nullopt);
  for (const char* bad : {"2023-02-29", "2024-13-01", "2024-1-2", "2024-01-02 ",
                          "12024-01-02", "", "+999999999-01-01"}) {
    EXPECT_EQ(Date(bad), std::nullopt) << bad;
  }
}

TEST(CellValue, Timestamps) {
  EXPECT_EQ(Moment("2024-01-02"), 1'704'153'600'000'000);
  EXPECT_EQ(Moment("2024-01-02T03:04:05"), 1'704'164'645'000'000);
  EXPECT_EQ(Moment("2024-01-02 03:04:05.5"), 1'704'164'645'500'000);
  EXPECT_EQ(Moment("2024-01-02T03:04:05.5+02:00"), 1'704'164'645'500'000);
  EXPECT_EQ(Moment("2024-01-02T03:04:05.5+02:00", true), 1'704'157'445'500'000);
  EXPECT_EQ(Moment("2024-01-02T03:04:05Z", true), 1'704'164'645'000'000);
  EXPECT_EQ(Moment("1900-01-01T00:00:00-00:44:30", true), -2'208'986'130'000'000);
  EXPECT_EQ(Moment("2024-01-02T03:04Z", true), 1'704'164'640'000'000);
  EXPECT_EQ(Moment("+12024-01-02T00:00:00Z", true), 317'273'673'600'000'000);
  EXPECT_EQ(Moment("1969-12-31T23:59:59.999999"), -1);
  EXPECT_EQ(Moment("2024-01-02T03:04:05", true), std::nullopt) << "no offset";
  EXPECT_EQ(Moment("2024-01-02T03:04:05.1234567"), std::nullopt) << "seven digits";
  EXPECT_EQ(Moment("2024-01-02T03:04:05.1234560"), 1'704'164'645'123'456);
  EXPECT_EQ(Moment("2024-07-02T03:04:05.123456789Z", true, arrow::TimeUnit::NANO),
            1'719'889'445'123'456'789);
  EXPECT_EQ(Moment("2262-04-11T23:47:16.854775807Z", true, arrow::TimeUnit::NANO),
            std::numeric_limits<int64_t>::max());
  EXPECT_EQ(Moment("1677-09-21T00:12:43.145224192Z", true, arrow::TimeUnit::NANO),
            std::numeric_limits<int64_t>::min());
  EXPECT_EQ(Moment("2262-04-11T23:47:16.854775808Z", true, arrow::TimeUnit::NANO),
            std::nullopt);
  EXPECT_EQ(Moment("+292278994-08-17T07:12:55"), std::nullopt);
  for (const char* bad :
       {"2024-01-02T", "2024-01-02T24:00:00", "2024-01-02T03:60:00",
        "2024-01-02T03:04:05.", "2024-01-02T03:04:05+2", "2024-01-02T03:04:05.1234567890",
        "2024-01-02T03:04:05Zx", "January 2, 2024"}) {
    EXPECT_EQ(Moment(bad), std::nullopt) << bad;
  }
}

TEST(CellValue, TimesOfDay) {
  int64_t micros = 0;
  ASSERT_TRUE(ParseTime("10:20:30.5", &micros));
  EXPECT_EQ(micros, 37'230'500'000);
  ASSERT_TRUE(ParseTime("10:20Z", &micros));
  EXPECT_EQ(micros, 37'200'000'000);
  EXPECT_FALSE(ParseTime("24:00:00", &micros));
  EXPECT_FALSE(ParseTime("838:59:59", &micros));
}

TEST(CellValue, EscapesAndBytes) {
  std::string out(64, '\0');
  auto* room = reinterpret_cast<uint8_t*>(out.data());
  auto text = [&](std::string_view escaped) {
    int64_t length = Unescape(escaped, room);
    return length < 0 ? std::string("no")
                      : out.substr(0, static_cast<std::size_t>(length));
  };
  EXPECT_EQ(text(R"(a \"b\" \\ \/ \b\f\n\r\t)"), "a \"b\" \\ / \b\f\n\r\t");
  EXPECT_EQ(text(R"(\u00e9\u2028\ud83d\ude00)"), "é\u2028😀");
  EXPECT_EQ(text(R"(\u0000)"), std::string(1, '\0'));
  for (const char* bad : {R"(\x)", R"(\u12)", R"(\ud83d)", R"(\ud83dx)", R"(\ude00)",
                          R"(\ud83d\u0041)", "\\"}) {
    EXPECT_EQ(text(bad), "no") << bad;
  }
  EXPECT_TRUE(ParseHex("C42360d7FF", room));
  EXPECT_EQ(out.substr(0, 5), "\xC4\x23\x60\xD7\xFF");
  EXPECT_FALSE(ParseHex("C42", room));
  EXPECT_FALSE(ParseHex("0xC4", room));
}

}  // namespace
}  // namespace keelboat::metabase
