#include "lake/view/cursor_window.h"

#include <memory>
#include <string>
#include <vector>

#include <arrow/array/array_base.h>
#include <arrow/json/from_string.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"

namespace keelboat {
namespace {

CursorWindow Window(const std::shared_ptr<arrow::DataType>& type,
                    const std::string& lower, const std::string& upper) {
  return CursorWindow::Make(*arrow::field("c", type), lower, upper).ValueOrDie();
}

// One character a row: whether it is inside.
std::string Inside(const CursorWindow& window,
                   const std::shared_ptr<arrow::DataType>& type,
                   const std::string& json) {
  auto values = arrow::json::ArrayFromJSONString(type, json).ValueOrDie();
  auto batch = arrow::RecordBatch::Make(arrow::schema({arrow::field("c", type)}),
                                        values->length(), {values});
  std::vector<bool> inside;
  EXPECT_TRUE(window.Select(*batch, &inside).ok());
  std::string text;
  for (bool one : inside) text += one ? '1' : '0';
  return text;
}

TEST(CursorWindowTest, BeginsAtTheLowerBoundAndEndsBelowTheUpper) {
  const auto type = arrow::int64();
  EXPECT_EQ(Inside(Window(type, "-3", "4"), type, "[-4, -3, 0, null, 3, 4]"), "011010");
  for (const auto& narrow : {arrow::int8(), arrow::int16(), arrow::int32()}) {
    // Bounds beyond the type's range.
    EXPECT_EQ(
        Inside(Window(narrow, "-99999999999999999999", "100"), narrow, "[-128, 99, 100]"),
        "110");
  }
}

TEST(CursorWindowTest, ComparesDecimalsExactly) {
  const auto type = arrow::decimal128(10, 2);
  const std::string values = R"(["1.24", "1.25", "1.26", "-1.25", "-1.26"])";
  EXPECT_EQ(Inside(Window(type, "1.25", "1.26"), type, values), "01000");
  EXPECT_EQ(Inside(Window(type, "1.245", "1.251"), type, values), "01000");
  EXPECT_EQ(Inside(Window(type, "-1.255", "1.2400001"), type, values), "10010");
  EXPECT_EQ(Inside(Window(type, "-1.26", "-1.25"), type, values), "00001");
  const std::string most(38, '9');
  EXPECT_EQ(Inside(Window(type, "-" + most, most), type, values), "11111");
  const auto wide = arrow::decimal128(20, 0);
  EXPECT_EQ(Inside(Window(wide, "18446744073709551614", "18446744073709551616"), wide,
                   R"(["18446744073709551613", "18446744073709551615"])"),
            "01");
}

TEST(CursorWindowTest, ComparesFloatsWithTheFloatNextToABound) {
  // 0.7 as a float is below 0.7.
  EXPECT_EQ(
      Inside(Window(arrow::float32(), "0.7", "2.7"), arrow::float32(), "[0.6, 0.7, 2.7]"),
      "010");
  EXPECT_EQ(Inside(Window(arrow::float64(), "0.7", "1e3"), arrow::float64(),
                   "[0.6, 0.7, 999.9, 1000]"),
            "0110");
}

TEST(CursorWindowTest, ComparesDatesAndTimes) {
  const auto day = arrow::date32();
  EXPECT_EQ(Inside(Window(day, "1969-12-31", "1970-01-02"), day, "[-2, -1, 0, 1]"),
            "0110");
  for (const auto& type : {arrow::timestamp(arrow::TimeUnit::MICRO),
                           arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")}) {
    const auto window =
        Window(type, "1969-12-31 23:59:59.999999", "1970-01-01 00:00:01.000000");
    EXPECT_EQ(Inside(window, type, "[-2, -1, 0, 999999, 1000000, null]"), "011100");
  }
}

TEST(CursorWindowTest, StatisticsTellWhichFilesNeedNotBeRead) {
  auto stats = [](const std::string& least, const std::string& most) {
    return R"({"minValues":{"c":)" + least + R"(},"maxValues":{"c":)" + most + "}}";
  };
  const auto number = Window(arrow::int64(), "10", "20");
  EXPECT_FALSE(number.MayHold(stats("1", "9")));
  EXPECT_TRUE(number.MayHold(stats("1", "10")));
  EXPECT_TRUE(number.MayHold(stats("19", "30")));
  EXPECT_FALSE(number.MayHold(stats("21", "30")));
  EXPECT_TRUE(number.MayHold(""));
  EXPECT_TRUE(number.MayHold("{}"));
  EXPECT_TRUE(number.MayHold(R"({"minValues":{"c":1},"maxValues":{}})"));
  const auto time = Window(arrow::timestamp(arrow::TimeUnit::MICRO),
                           "2024-01-01 00:00:00.000500", "2024-01-02 00:00:00.000000");
  const std::string before = R"("2023-01-01T00:00:00.000Z")";
  EXPECT_FALSE(time.MayHold(stats(before, R"("2023-12-31T23:59:59.999Z")")));
  EXPECT_TRUE(time.MayHold(stats(before, R"("2024-01-01T00:00:00.000Z")")))
      << "some writers cut a maximum off";
  EXPECT_FALSE(time.MayHold(
      stats(R"("2024-01-02T00:00:00.000Z")", R"("2025-01-01T00:00:00.000Z")")));
  const auto day = Window(arrow::date32(), "2024-01-01", "2024-01-03");
  EXPECT_TRUE(day.MayHold(stats(R"("2024-01-02")", R"("2024-01-09")")));
  EXPECT_FALSE(day.MayHold(stats(R"("2024-01-03")", R"("2024-01-09")")));
}

TEST(CursorWindowTest, RefusesWhatHasNoOrder) {
  auto text = CursorWindow::Make(*arrow::field("c", arrow::utf8()), "a", "b");
  EXPECT_EQ(KindOf(text.status()), ErrorKind::kUnsupported);
  auto broken = CursorWindow::Make(*arrow::field("c", arrow::int64()), "a", "b");
  EXPECT_EQ(KindOf(broken.status()), ErrorKind::kInternal);
  std::vector<bool> inside;
  auto other =
      arrow::RecordBatch::MakeEmpty(arrow::schema({arrow::field("c", arrow::utf8())}))
          .ValueOrDie();
  EXPECT_EQ(KindOf(Window(arrow::int64(), "1", "2").Select(*other, &inside)),
            ErrorKind::kData);
}

}  // namespace
}  // namespace keelboat
