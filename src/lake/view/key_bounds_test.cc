#include "lake/view/key_bounds.h"

#include <memory>
#include <string>
#include <vector>

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/scalar.h>
#include <arrow/type.h>
#include <arrow/util/decimal.h>
#include <gtest/gtest.h>

#include "lake/view/key_hash.h"

namespace keelboat {
namespace {

// A set of keys of one column "k".
KeySet Keys(const std::vector<std::shared_ptr<arrow::Scalar>>& values) {
  auto builder = arrow::MakeBuilder(values[0]->type).ValueOrDie();
  for (const auto& value : values) EXPECT_TRUE(builder->AppendScalar(*value).ok());
  auto schema = arrow::schema({arrow::field("k", values[0]->type)});
  auto batch = arrow::RecordBatch::Make(schema, static_cast<int64_t>(values.size()),
                                        {builder->Finish().ValueOrDie()});
  KeySet keys(schema);
  std::vector<KeyHash> hashes;
  EXPECT_TRUE(HashKeys(*batch, {"k"}, &hashes).ok());
  for (std::size_t row = 0; row < hashes.size(); ++row) {
    EXPECT_TRUE(keys.Add(*batch, static_cast<int64_t>(row), hashes[row]).ok());
  }
  return keys;
}

template <typename ScalarType, typename... Arguments>
std::shared_ptr<arrow::Scalar> Value(Arguments&&... arguments) {
  return std::make_shared<ScalarType>(std::forward<Arguments>(arguments)...);
}

bool MayHold(const KeySet& keys, const std::string& min, const std::string& max) {
  return KeyBounds(keys).MayHold(R"({"numRecords":9,"minValues":{"k":)" + min +
                                 R"(},"maxValues":{"k":)" + max + "}}");
}

TEST(KeyBoundsTest, Integers) {
  const KeySet keys =
      Keys({Value<arrow::Int64Scalar>(-20), Value<arrow::Int64Scalar>(-3),
            Value<arrow::Int64Scalar>(7), Value<arrow::Int64Scalar>(100)});
  EXPECT_TRUE(MayHold(keys, "7", "7"));
  EXPECT_TRUE(MayHold(keys, "-5", "-3"));
  EXPECT_TRUE(MayHold(keys, "-100", "1000"));
  EXPECT_FALSE(MayHold(keys, "8", "99"));
  EXPECT_FALSE(MayHold(keys, "-19", "-4"));
  EXPECT_FALSE(MayHold(keys, "-2", "6"));
  EXPECT_FALSE(MayHold(keys, "101", "9223372036854775807"));
  EXPECT_FALSE(MayHold(keys, "-9223372036854775808", "-21"));
}

TEST(KeyBoundsTest, UnsignedBigIntegersAreDecimals) {
  const auto type = arrow::decimal128(20, 0);
  const KeySet keys = Keys(
      {Value<arrow::Decimal128Scalar>(arrow::Decimal128("18446744073709551615"), type)});
  EXPECT_TRUE(MayHold(keys, "18446744073709551615", "18446744073709551615"));
  EXPECT_FALSE(MayHold(keys, "1", "18446744073709551614"));
  // Rounded by the parser: no ground to stand on.
  EXPECT_TRUE(MayHold(keys, "1", "99999999999999999999"));
}

TEST(KeyBoundsTest, Texts) {
  const std::string is_long(40, 'x');
  const KeySet keys =
      Keys({Value<arrow::StringScalar>("b"), Value<arrow::StringScalar>(is_long)});
  EXPECT_TRUE(MayHold(keys, "\"a\"", "\"b\""));
  EXPECT_FALSE(MayHold(keys, "\"ba\"", "\"w\""));
  // Cut to 32 characters.
  const std::string cut(32, 'x');
  EXPECT_TRUE(MayHold(keys, "\"" + cut + "\"", "\"" + cut + "\U0010FFFF\""));
  EXPECT_FALSE(MayHold(keys, "\"y\"", "\"z\""));
}

TEST(KeyBoundsTest, TimesAndDates) {
  const auto type = arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
  const KeySet times =
      Keys({Value<arrow::TimestampScalar>(int64_t{1'706'695'200'123'999}, type)});
  EXPECT_TRUE(
      MayHold(times, "\"2024-01-31T10:00:00.123Z\"", "\"2024-01-31T10:00:00.124Z\""));
  EXPECT_TRUE(
      MayHold(times, "\"2024-01-31T10:00:00.000Z\"", "\"2024-01-31T10:00:00.123Z\""));
  EXPECT_FALSE(
      MayHold(times, "\"2024-01-31T10:00:00.124Z\"", "\"2024-02-01T00:00:00.000Z\""));
  EXPECT_FALSE(
      MayHold(times, "\"2024-01-01T00:00:00.000Z\"", "\"2024-01-31T10:00:00.122Z\""));
  // A spelling that is not known.
  EXPECT_TRUE(MayHold(times, "\"2025-01-01 00:00:00\"", "\"2025-01-02 00:00:00\""));
  const KeySet dates = Keys({Value<arrow::Date32Scalar>(int32_t{19'753})});
  EXPECT_TRUE(MayHold(dates, "\"2024-01-31\"", "\"2024-01-31\""));
  EXPECT_FALSE(MayHold(dates, "\"2024-02-01\"", "\"2024-03-01\""));
}

TEST(KeyBoundsTest, WithoutStatisticsAnythingMayBeThere) {
  const KeySet keys = Keys({Value<arrow::Int64Scalar>(1)});
  for (const char* stats : {"", "{}", "[]", "not json", R"({"minValues":{"k":5}})",
                            R"({"minValues":{"o":5},"maxValues":{"o":6}})",
                            R"({"minValues":{"k":"5"},"maxValues":{"k":"6"}})"}) {
    EXPECT_TRUE(KeyBounds(keys).MayHold(stats)) << stats;
  }
  const KeySet floats = Keys({Value<arrow::DoubleScalar>(1.0)});
  EXPECT_TRUE(MayHold(floats, "5", "6"));
}

// Every pair of bounds around every set of numbers: never wrong, and no file read in
// vain.
TEST(KeyBoundsTest, NeverLosesAnInteger) {
  for (int64_t value = -12; value <= 12; ++value) {
    const KeySet keys = Keys({Value<arrow::Int64Scalar>(value)});
    for (int64_t min = -12; min <= 12; ++min) {
      for (int64_t max = min; max <= 12; ++max) {
        EXPECT_EQ(MayHold(keys, std::to_string(min), std::to_string(max)),
                  min <= value && value <= max);
      }
    }
  }
}

}  // namespace
}  // namespace keelboat
