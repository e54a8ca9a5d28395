#include "contracts/cell_text.h"

#include <string>
#include <vector>

#include <arrow/array/array_base.h>
#include <arrow/array/array_binary.h>
#include <arrow/json/from_string.h>
#include <arrow/type.h>
#include <gtest/gtest.h>

namespace keelboat {
namespace {

using Texts = std::vector<std::string>;

Texts TextsOf(const std::shared_ptr<arrow::DataType>& type, const std::string& json) {
  auto column = arrow::json::ArrayFromJSONString(type, json).ValueOrDie();
  auto texts = TextColumn(column);
  if (!texts.ok()) return {texts.status().ToString()};
  const auto& strings = static_cast<const arrow::StringArray&>(**texts);
  Texts found;
  for (int64_t row = 0; row < strings.length(); ++row) {
    found.push_back(strings.IsNull(row) ? "NULL" : strings.GetString(row));
  }
  return found;
}

TEST(CellText, SpellsNumbers) {
  EXPECT_EQ(TextsOf(arrow::int8(), "[-128, 127, null]"), (Texts{"-128", "127", "NULL"}));
  EXPECT_EQ(TextsOf(arrow::uint8(), "[255]"), Texts{"255"});
  EXPECT_EQ(TextsOf(arrow::int16(), "[-32768]"), Texts{"-32768"});
  EXPECT_EQ(TextsOf(arrow::uint16(), "[65535]"), Texts{"65535"});
  EXPECT_EQ(TextsOf(arrow::int32(), "[-2147483648]"), Texts{"-2147483648"});
  EXPECT_EQ(TextsOf(arrow::uint32(), "[4294967295]"), Texts{"4294967295"});
  EXPECT_EQ(TextsOf(arrow::int64(), "[-9223372036854775808]"),
            Texts{"-9223372036854775808"});
  EXPECT_EQ(TextsOf(arrow::uint64(), "[18446744073709551615]"),
            Texts{"18446744073709551615"});
  EXPECT_EQ(TextsOf(arrow::float32(), "[0.1]"), Texts{"0.1"});
  EXPECT_EQ(TextsOf(arrow::float64(), "[0.1, 1e300]"), (Texts{"0.1", "1e+300"}));
  EXPECT_EQ(TextsOf(arrow::decimal128(10, 2), R"(["1.50", "-0.05"])"),
            (Texts{"1.50", "-0.05"}));
  EXPECT_EQ(
      TextsOf(arrow::decimal256(65, 30), R"(["-1.000000000000000000000000000001"])"),
      Texts{"-1.000000000000000000000000000001"});
  EXPECT_EQ(TextsOf(arrow::decimal128(9, 8), R"(["0.00000001", "-0.00000010"])"),
            (Texts{"0.00000001", "-0.00000010"}));
  EXPECT_EQ(TextsOf(arrow::boolean(), "[true, false]"), (Texts{"true", "false"}));
}

TEST(CellText, SpellsMoments) {
  const auto micro = arrow::TimeUnit::MICRO;
  EXPECT_EQ(
      TextsOf(arrow::date32(), "[0, -1, 19782, -719162, 2932896]"),
      (Texts{"1970-01-01", "1969-12-31", "2024-02-29", "0001-01-01", "9999-12-31"}));
  EXPECT_EQ(TextsOf(arrow::timestamp(micro), "[0, -1, 1500000]"),
            (Texts{"1970-01-01 00:00:00", "1969-12-31 23:59:59.999999",
                   "1970-01-01 00:00:01.5"}));
  EXPECT_EQ(TextsOf(arrow::timestamp(micro, "UTC"), "[0]"),
            Texts{"1970-01-01 00:00:00Z"});
  EXPECT_EQ(TextsOf(arrow::timestamp(arrow::TimeUnit::SECOND), "[86400]"),
            Texts{"1970-01-02 00:00:00"});
  EXPECT_EQ(TextsOf(arrow::duration(micro), "[3020399000000, -1500000, 1, -1]"),
            (Texts{"838:59:59", "-00:00:01.5", "00:00:00.000001", "-00:00:00.000001"}));
  EXPECT_EQ(TextsOf(arrow::time64(micro), "[45296000001]"), Texts{"12:34:56.000001"});
  EXPECT_EQ(TextsOf(arrow::time32(arrow::TimeUnit::SECOND), "[45296]"),
            Texts{"12:34:56"});
}

TEST(CellText, SpellsTextAndBytes) {
  EXPECT_EQ(TextsOf(arrow::utf8(), R"(["é", null])"), (Texts{"é", "NULL"}));
  EXPECT_EQ(TextsOf(arrow::large_utf8(), R"(["é"])"), Texts{"é"});
  EXPECT_EQ(TextsOf(arrow::binary(), R"(["AZ\n"])"), Texts{"415a0a"});
  EXPECT_EQ(TextsOf(arrow::large_binary(), R"(["AZ"])"), Texts{"415a"});
  EXPECT_EQ(
      TextsOf(arrow::dictionary(arrow::int8(), arrow::utf8()), R"(["a", null, "a"])"),
      (Texts{"a", "NULL", "a"}));
}

}  // namespace
}  // namespace keelboat
