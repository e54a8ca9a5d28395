// Contracts and columns made at random, from a fixed seed: whatever they say, they are
// judged or refused, never a crash; and what is judged is judged as cell by cell.

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include <arrow/array/array_base.h>
#include <arrow/json/from_string.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gtest/gtest.h>

#include "contracts/contract.h"
#include "keelboat/error.h"

namespace keelboat {
namespace {

class Dice {
 public:
  explicit Dice(unsigned seed) : engine_(seed) {}
  int Roll(int sides) {
    return static_cast<int>(engine_() % static_cast<unsigned>(sides));
  }
  const std::string& Pick(const std::vector<std::string>& from) {
    return from[static_cast<std::size_t>(Roll(static_cast<int>(from.size())))];
  }

 private:
  std::mt19937 engine_;
};

const std::vector<std::string>& Words() {
  static const std::vector<std::string> words = {"type",
                                                 "properties",
                                                 "required",
                                                 "enum",
                                                 "const",
                                                 "minimum",
                                                 "maximum",
                                                 "multipleOf",
                                                 "maxLength",
                                                 "minLength",
                                                 "pattern",
                                                 "format",
                                                 "x-mask",
                                                 "x-on-violation",
                                                 "columns",
                                                 "name",
                                                 "table_name",
                                                 "constraints",
                                                 "primary_key",
                                                 "data_masking",
                                                 "masked_columns",
                                                 "enabled",
                                                 "nullable",
                                                 "c",
                                                 "string",
                                                 "integer",
                                                 "number",
                                                 "null",
                                                 "hash",
                                                 "partial",
                                                 "VARCHAR(5)",
                                                 "DECIMAL(10,2)",
                                                 "INT",
                                                 "date",
                                                 "email",
                                                 "[a-z]+",
                                                 "(",
                                                 "",
                                                 "é",
                                                 "😀"};
  return words;
}

std::string RandomJson(Dice* dice, int depth) {
  switch (dice->Roll(depth > 0 ? 9 : 6)) {
    case 0:
      return "null";
    case 1:
      return dice->Roll(2) == 0 ? "true" : "false";
    case 2:
      return dice->Pick({"0", "-1", "1.5", "1e300", "-1e-300", "18446744073709551616",
                         "0.000000000000000000000000000000000001", "3"});
    case 3:
    case 4:
    case 5:
      return "\"" + dice->Pick(Words()) + "\"";
    case 6: {
      std::string list = "[";
      for (int i = dice->Roll(4); i > 0; --i) {
        list += RandomJson(dice, depth - 1) + (i > 1 ? "," : "");
      }
      return list + "]";
    }
    default: {
      std::string object = "{";
      for (int i = dice->Roll(5); i > 0; --i) {
        object += "\"" + dice->Pick(Words()) + "\": " + RandomJson(dice, depth - 1) +
                  (i > 1 ? "," : "");
      }
      return object + "}";
    }
  }
}

TEST(RandomContract, IsReadOrRefused) {
  Dice dice(20240229);
  int read = 0;
  for (int i = 0; i < 30'000; ++i) {
    std::string json = RandomJson(&dice, 5);
    // Now and then a byte is hurt.
    if (dice.Roll(4) == 0) {
      json[static_cast<std::size_t>(dice.Roll(static_cast<int>(json.size())))] =
          static_cast<char>(dice.Roll(256));
    }
    auto contract = Contract::Parse(json, "random.json");
    if (contract.ok()) {
      ++read;
    } else {
      ASSERT_EQ(KindOf(contract.status()), ErrorKind::kConfig) << json;
      ASSERT_EQ(contract.status().message().rfind("random.json:", 0), 0U) << json;
    }
  }
  EXPECT_GT(read, 100);
}

TEST(RandomContract, BoundToAnyColumnJudgesOrRefuses) {
  const std::vector<std::string> rules = {R"("type": "integer")",
                                          R"("type": ["string", "null"])",
                                          R"("type": "number")",
                                          R"("minimum": -1.5)",
                                          R"("maximum": 1e40)",
                                          R"("exclusiveMinimum": -1e80)",
                                          R"("exclusiveMaximum": 3)",
                                          R"("multipleOf": 0.25)",
                                          R"("multipleOf": 1e-80)",
                                          R"("multipleOf": 7e75)",
                                          R"("minLength": 1)",
                                          R"("maxLength": 9223372036854775807)",
                                          R"("pattern": "^a")",
                                          R"("format": "date")",
                                          R"("format": "time")",
                                          R"("enum": [1, 2.5, null])",
                                          R"("enum": ["a", "1970-01-01"])",
                                          R"("const": true)",
                                          R"("x-mask": "hash")",
                                          R"("x-mask": "partial")"};
  const std::vector<std::pair<std::shared_ptr<arrow::DataType>, std::string>> columns = {
      {arrow::int8(), "[-128, 127, null, 0]"},
      {arrow::uint64(), "[18446744073709551615, null, 0, 3]"},
      {arrow::int64(), "[-9223372036854775808, 9223372036854775807, null, 1]"},
      {arrow::decimal128(38, 38),
       R"(["0.99999999999999999999999999999999999999", null])"},
      {arrow::decimal256(76, 0),
       R"(["-9999999999999999999999999999999999999999999999999999999999999999999999999999", null])"},
      {arrow::float32(), "[NaN, Inf, -Inf, 3.4e38, null]"},
      {arrow::float64(), "[NaN, Inf, -Inf, 5e-324, 1.7e308, null]"},
      {arrow::utf8(), R"(["", "a", "é😀", null, "1970-01-01"])"},
      {arrow::large_utf8(), R"(["", "a", null])"},
      {arrow::binary(), R"(["", "a", null])"},
      {arrow::boolean(), "[true, false, null]"},
      {arrow::date32(), "[0, 2932896, null]"},
      {arrow::timestamp(arrow::TimeUnit::MICRO), "[0, -62135596800000000, null]"},
      {arrow::timestamp(arrow::TimeUnit::NANO, "UTC"), "[0, null]"},
      {arrow::duration(arrow::TimeUnit::MICRO), "[-3020399000000, null]"},
      {arrow::time64(arrow::TimeUnit::MICRO), "[86399999999, null]"},
      {arrow::dictionary(arrow::int32(), arrow::utf8()), R"(["a", null, "b"])"},
      {arrow::list(arrow::int32()), "[[1], null]"},
      {arrow::utf8(), "[]"}};
  int judged = 0;
  for (const std::string& first : rules) {
    for (const std::string& second : rules) {
      const std::string name = first.substr(0, first.find(':'));
      if (second.rfind(name, 0) == 0) continue;
      for (const auto& [type, values] : columns) {
        const std::string json =
            R"({"x-on-violation": "quarantine", "properties": {"c": {)" + first + "," +
            second + "}}}";
        auto contract = Contract::Parse(json, "t.json");
        ASSERT_TRUE(contract.ok()) << json << contract.status().message();
        auto column = arrow::json::ArrayFromJSONString(type, values).ValueOrDie();
        auto batch = arrow::RecordBatch::Make(arrow::schema({arrow::field("c", type)}),
                                              column->length(), {column});
        auto checker = contract->Bind(batch->schema(), {}, "");
        if (!checker.ok()) {
          ASSERT_EQ(KindOf(checker.status()), ErrorKind::kConfig);
          continue;
        }
        auto checked = (*checker)->Check(batch);
        ASSERT_TRUE(checked.ok()) << json << checked.status().ToString();
        ASSERT_TRUE(checked->passed->ValidateFull().ok()) << json;
        int64_t rows = checked->passed->num_rows();
        if (checked->quarantined != nullptr) {
          ASSERT_TRUE(checked->quarantined->ValidateFull().ok()) << json;
          rows += checked->quarantined->num_rows();
        }
        ASSERT_EQ(rows, batch->num_rows()) << json << type->ToString();
        ++judged;
      }
    }
  }
  EXPECT_GT(judged, 500);
}

TEST(RandomContract, RangesAgreeWithPlainComparison) {
  Dice dice(7);
  for (int i = 0; i < 2'000; ++i) {
    const int scale = dice.Roll(4);
    const int bound_scale = dice.Roll(5);
    const int bound = dice.Roll(2'001) - 1'000;
    const int unscaled = dice.Roll(2'001) - 1'000;
    const std::vector<std::string> keywords = {"minimum", "maximum", "exclusiveMinimum",
                                               "exclusiveMaximum", "multipleOf"};
    const std::string& keyword = dice.Pick(keywords);
    if (keyword == "multipleOf" && bound <= 0) continue;
    const std::string json = "{\"properties\": {\"c\": {\"" + keyword +
                             "\": " + std::to_string(bound) + "e-" +
                             std::to_string(bound_scale) + "}}}";
    // Both sides in ten-thousandths fit an int64 easily.
    const auto power = [](int n) { return static_cast<int64_t>(std::pow(10, n)); };
    const int64_t value = unscaled * power(4 - scale);
    const int64_t limit = bound * power(4 - bound_scale);
    const bool good = keyword == "minimum"            ? value >= limit
                      : keyword == "maximum"          ? value <= limit
                      : keyword == "exclusiveMinimum" ? value > limit
                      : keyword == "exclusiveMaximum" ? value < limit
                                                      : value % limit == 0;
    auto type = arrow::decimal128(10, scale);
    std::string text = std::to_string(std::abs(unscaled));
    if (scale > 0) {
      text.insert(0,
                  static_cast<std::size_t>(
                      std::max<int>(0, scale + 1 - static_cast<int>(text.size()))),
                  '0');
      text.insert(text.size() - static_cast<std::size_t>(scale), ".");
    }
    if (unscaled < 0) text.insert(0, "-");
    auto column =
        arrow::json::ArrayFromJSONString(type, "[\"" + text + "\"]").ValueOrDie();
    auto batch =
        arrow::RecordBatch::Make(arrow::schema({arrow::field("c", type)}), 1, {column});
    auto checker =
        Contract::Parse(json, "t.json")->Bind(batch->schema(), {}, "").ValueOrDie();
    ASSERT_TRUE(checker->Check(batch).ok());
    EXPECT_EQ(checker->violations().empty(), good) << json << " on " << text;
  }
}

}  // namespace
}  // namespace keelboat
