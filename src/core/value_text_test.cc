#include "core/value_text.h"

#include <limits>
#include <memory>
#include <vector>

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/scalar.h>
#include <arrow/type.h>
#include <arrow/util/decimal.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"

namespace keelboat {
namespace {

std::shared_ptr<arrow::Array> ArrayOf(const std::shared_ptr<arrow::Scalar>& scalar) {
  auto builder = arrow::MakeBuilder(scalar->type).ValueOrDie();
  EXPECT_TRUE(builder->AppendScalar(*scalar).ok());
  return builder->Finish().ValueOrDie();
}

template <typename ScalarType, typename... Arguments>
std::string TextOf(Arguments&&... arguments) {
  auto text = ValueText(
      *ArrayOf(std::make_shared<ScalarType>(std::forward<Arguments>(arguments)...)), 0);
  return text.ok() ? *text : text.status().ToString();
}

TEST(ValueTextTest, NumbersAreDigits) {
  EXPECT_EQ(TextOf<arrow::Int8Scalar>(int8_t{-128}), "-128");
  EXPECT_EQ(TextOf<arrow::UInt8Scalar>(uint8_t{65}), "65");
  EXPECT_EQ(TextOf<arrow::Int64Scalar>(std::numeric_limits<int64_t>::min()),
            "-9223372036854775808");
  EXPECT_EQ(TextOf<arrow::UInt64Scalar>(std::numeric_limits<uint64_t>::max()),
            "18446744073709551615");
  EXPECT_EQ(TextOf<arrow::BooleanScalar>(true), "1");
  EXPECT_EQ(TextOf<arrow::BooleanScalar>(false), "0");
  EXPECT_EQ(TextOf<arrow::DoubleScalar>(0.1), "0.1");
  EXPECT_EQ(TextOf<arrow::FloatScalar>(0.1F), "0.1");
}

TEST(ValueTextTest, DecimalsHaveAllTheirDigitsAndNoExponent) {
  auto text = [](const char* digits, int32_t scale) {
    return TextOf<arrow::Decimal128Scalar>(arrow::Decimal128(digits),
                                           arrow::decimal128(38, scale));
  };
  EXPECT_EQ(text("18446744073709551615", 0), "18446744073709551615");
  EXPECT_EQ(text("-10", 4), "-0.0010");
  EXPECT_EQ(text("0", 2), "0.00");
  EXPECT_EQ(text("-99999999999999999999999999999999999999", 38),
            "-0.99999999999999999999999999999999999999");
  EXPECT_EQ(text("1", 12), "0.000000000001");
  EXPECT_EQ(text("12345", 2), "123.45");
}

TEST(ValueTextTest, TimesHaveSixDigits) {
  const auto micro = arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
  EXPECT_EQ(TextOf<arrow::TimestampScalar>(int64_t{1'706'695'200'000'001}, micro),
            "2024-01-31 10:00:00.000001");
  EXPECT_EQ(TextOf<arrow::TimestampScalar>(int64_t{-1}, micro),
            "1969-12-31 23:59:59.999999");
  EXPECT_EQ(TextOf<arrow::TimestampScalar>(int64_t{-1},
                                           arrow::timestamp(arrow::TimeUnit::SECOND)),
            "1969-12-31 23:59:59.000000");
  EXPECT_EQ(TextOf<arrow::Date32Scalar>(int32_t{19'753}), "2024-01-31");
  EXPECT_EQ(TextOf<arrow::Date32Scalar>(int32_t{2'932'896}), "9999-12-31");
  const auto nano = arrow::timestamp(arrow::TimeUnit::NANO);
  EXPECT_EQ(TextOf<arrow::TimestampScalar>(int64_t{1000}, nano),
            "1970-01-01 00:00:00.000001");
  auto lost = ArrayOf(std::make_shared<arrow::TimestampScalar>(1001, nano));
  EXPECT_EQ(KindOf(ValueText(*lost, 0).status()), ErrorKind::kData);
}

TEST(ValueTextTest, TextIsItselfAndBytesAreHexadecimal) {
  EXPECT_EQ(TextOf<arrow::StringScalar>("it's \"ção\""), "it's \"ção\"");
  EXPECT_EQ(TextOf<arrow::LargeStringScalar>(""), "");
  EXPECT_EQ(TextOf<arrow::BinaryScalar>(std::string("\x0a\xff", 2)), "0x0AFF");
  EXPECT_EQ(TextOf<arrow::BinaryScalar>(std::string()), "0x");
}

TEST(ValueTextTest, NullsAndOtherTypesHaveNone) {
  EXPECT_EQ(
      KindOf(ValueText(*ArrayOf(arrow::MakeNullScalar(arrow::int64())), 0).status()),
      ErrorKind::kData);
  auto list = arrow::MakeArrayOfNull(arrow::list(arrow::int8()), 1).ValueOrDie();
  EXPECT_EQ(KindOf(ValueText(*list, 0).status()), ErrorKind::kData);
  EXPECT_EQ(KindOf(ValueText(*ArrayOf(std::make_shared<arrow::DurationScalar>(
                                 1, arrow::TimeUnit::MICRO)),
                             0)
                       .status()),
            ErrorKind::kUnsupported);
}

}  // namespace
}  // namespace keelboat
