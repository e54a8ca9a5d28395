#include "lake/delta/statistics_json.h"

#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace keelboat::delta {
namespace {

using testing::HasSubstr;

// The statistics of a column "c" with these bounds.
std::string Json(const std::shared_ptr<arrow::DataType>& type, ColumnBound min,
                 ColumnBound max, bool has_nan = false) {
  ParquetFileInfo file;
  file.rows = 5;
  ColumnStatistics statistics;
  statistics.null_count = 1;
  statistics.has_nan = has_nan;
  statistics.min = std::move(min);
  statistics.max = std::move(max);
  file.columns.push_back(std::move(statistics));
  return StatisticsJson(*arrow::schema({arrow::field("c", type)}), file);
}

std::string Bounds(const std::string& min, const std::string& max) {
  return R"({"numRecords":5,"minValues":{"c":)" + min + R"(},"maxValues":{"c":)" + max +
         R"(},"nullCount":{"c":1}})";
}

const std::string kNoBounds = R"({"numRecords":5,"nullCount":{"c":1}})";

TEST(StatisticsJsonTest, NumbersAreExact) {
  const int64_t low = std::numeric_limits<int64_t>::min();
  EXPECT_EQ(Json(arrow::int64(), low, int64_t{7}), Bounds("-9223372036854775808", "7"));
  EXPECT_EQ(Json(arrow::decimal128(20, 0), arrow::Decimal128(0),
                 arrow::Decimal128("18446744073709551615")),
            Bounds("0", "18446744073709551615"));
  EXPECT_EQ(Json(arrow::decimal128(20, 10), arrow::Decimal128(-1), arrow::Decimal128(1)),
            Bounds("-0.0000000001", "0.0000000001"));
  EXPECT_EQ(Json(arrow::float64(), 0.1, 1e300), Bounds("0.1", "1e+300"));
  // A float's value as a double, so that it is the same however it is compared.
  EXPECT_EQ(Json(arrow::float32(), 0.5, static_cast<double>(0.1f)),
            Bounds("0.5", "0.10000000149011612"));
}

TEST(StatisticsJsonTest, NotANumberLeavesTheFileWithoutBounds) {
  EXPECT_EQ(Json(arrow::float64(), 1.0, 2.0, /*has_nan=*/true), kNoBounds);
  ParquetFileInfo file;
  file.rows = 2;
  file.columns.push_back({0, true, 1.0, 2.0});
  file.columns.push_back({0, false, int64_t{1}, int64_t{2}});
  EXPECT_EQ(StatisticsJson(*arrow::schema({arrow::field("f", arrow::float64()),
                                           arrow::field("i", arrow::int64())}),
                           file),
            R"({"numRecords":2,"nullCount":{"f":0,"i":0}})");
}

TEST(StatisticsJsonTest, InfinityAndBooleansAreBounds) {
  EXPECT_EQ(Json(arrow::float64(), -INFINITY, INFINITY),
            Bounds("\"-Infinity\"", "\"Infinity\""));
  EXPECT_EQ(Json(arrow::boolean(), int64_t{0}, int64_t{1}), Bounds("false", "true"));
}

TEST(StatisticsJsonTest, ColumnsOfBytesOrOfNullsHaveNoBounds) {
  const std::string none =
      R"({"numRecords":5,"minValues":{},"maxValues":{},"nullCount":{"c":)";
  EXPECT_EQ(Json(arrow::binary(), std::string("a"), std::string("b")), none + "1}}");
  ParquetFileInfo file;
  file.rows = 5;
  file.columns.push_back({5, false, {}, {}});
  EXPECT_EQ(StatisticsJson(*arrow::schema({arrow::field("c", arrow::int64())}), file),
            none + "5}}");
}

TEST(StatisticsJsonTest, LongTextIsCutSoThatTheBoundsStillHold) {
  const std::string thirty_two(32, 'a');
  EXPECT_EQ(Json(arrow::utf8(), thirty_two, thirty_two),
            Bounds('"' + thirty_two + '"', '"' + thirty_two + '"'));
  const std::string last = "\xF4\x8F\xBF\xBF";
  EXPECT_EQ(Json(arrow::utf8(), thirty_two + "b", thirty_two + "b"),
            Bounds('"' + thirty_two + '"', '"' + thirty_two + last + '"'));
  // Characters, not bytes.
  std::string accents;
  for (int i = 0; i < 33; ++i) accents += "\xC3\xA9";
  EXPECT_EQ(Json(arrow::utf8(), accents, accents),
            Bounds('"' + accents.substr(0, 64) + '"',
                   '"' + accents.substr(0, 64) + last + '"'));
  // The greatest character there is cannot be topped, so it stays.
  EXPECT_EQ(Json(arrow::utf8(), std::string("a"), thirty_two + last + "b"),
            Bounds("\"a\"", '"' + thirty_two + last + last + '"'));
  EXPECT_EQ(Json(arrow::utf8(), std::string("a"), thirty_two + last),
            Bounds("\"a\"", '"' + thirty_two + last + '"'));
}

TEST(StatisticsJsonTest, DatesAndTimesAreSpelledForAllReaders) {
  EXPECT_EQ(Json(arrow::date32(), int64_t{-719'162}, int64_t{2'932'896}),
            Bounds("\"0001-01-01\"", "\"9999-12-31\""));
  EXPECT_EQ(Json(arrow::date32(), int64_t{-719'163}, int64_t{0}), kNoBounds);
  auto utc = arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
  EXPECT_EQ(Json(utc, int64_t{-1}, int64_t{1'500'001}),
            Bounds("\"1969-12-31T23:59:59.999Z\"", "\"1970-01-01T00:00:01.501Z\""));
  auto local = arrow::timestamp(arrow::TimeUnit::MICRO);
  EXPECT_EQ(Json(local, int64_t{0}, int64_t{1'000}),
            Bounds("\"1970-01-01T00:00:00.000\"", "\"1970-01-01T00:00:00.001\""));
  // Rounded up it would be the year 10000.
  const int64_t end_of_time = 253'402'300'799'999'999;
  EXPECT_EQ(Json(local, int64_t{0}, end_of_time),
            Bounds("\"1970-01-01T00:00:00.000\"", "\"9999-12-31T23:59:59.999999\""));
  EXPECT_EQ(Json(local, int64_t{0}, end_of_time + 1), kNoBounds);
  EXPECT_EQ(Json(local, int64_t{0}, std::numeric_limits<int64_t>::max()), kNoBounds);
}

TEST(StatisticsJsonTest, OnlyTheFirstColumnsAreThere) {
  arrow::FieldVector fields;
  ParquetFileInfo file;
  file.rows = 1;
  for (int i = 0; i < 40; ++i) {
    fields.push_back(arrow::field("c" + std::to_string(i), arrow::int64()));
    file.columns.push_back({0, false, int64_t{1}, int64_t{2}});
  }
  const std::string json = StatisticsJson(*arrow::schema(fields), file);
  EXPECT_THAT(json, HasSubstr("\"c31\":2"));
  EXPECT_THAT(json, testing::Not(HasSubstr("c32")));
}

TEST(StatisticsJsonTest, NamesAreQuoted) {
  ParquetFileInfo file;
  file.rows = 1;
  file.columns.push_back({0, false, int64_t{1}, int64_t{2}});
  EXPECT_THAT(
      StatisticsJson(*arrow::schema({arrow::field("a\"b\n", arrow::int64())}), file),
      HasSubstr(R"("a\"b\n":2)"));
}

TEST(StatisticsJsonTest, RowsAreReadFromAnyonesStatistics) {
  EXPECT_EQ(RowsInStatistics(R"({"numRecords":12,"tightBounds":true})"), 12);
  EXPECT_EQ(RowsInStatistics(R"({"minValues":{}})"), std::nullopt);
  EXPECT_EQ(RowsInStatistics(""), std::nullopt);
  EXPECT_EQ(RowsInStatistics("{"), std::nullopt);
}

}  // namespace
}  // namespace keelboat::delta
