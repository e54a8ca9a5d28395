#include "contracts/column_check.h"

#include <memory>
#include <string>
#include <vector>

#include <arrow/array/array_base.h>
#include <arrow/json/from_string.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gtest/gtest.h>

#include "contracts/contract.h"

namespace keelboat {
namespace {

/// What is wrong with column `c`, or the error of parsing or binding.
std::string Verdict(const std::string& rules,
                    const std::shared_ptr<arrow::DataType>& type,
                    const std::string& values) {
  auto contract =
      Contract::Parse("{\"properties\": {\"c\": " + rules + "}}", "schema/t.json");
  if (!contract.ok()) return contract.status().message();
  auto column = arrow::json::ArrayFromJSONString(type, values).ValueOrDie();
  auto batch = arrow::RecordBatch::Make(arrow::schema({arrow::field("c", type)}),
                                        column->length(), {column});
  auto checker = contract->Bind(batch->schema(), {}, "");
  if (!checker.ok()) return checker.status().message();
  auto checked = (*checker)->Check(batch);
  if (!checked.ok()) return checked.status().message();
  EXPECT_EQ(checked->passed->num_rows(), batch->num_rows());
  return DescribeViolations((*checker)->violations());
}

struct RuleCase {
  std::string rules;
  std::shared_ptr<arrow::DataType> type;
  std::string values;
  std::string verdict;
};

void ExpectVerdicts(const std::vector<RuleCase>& cases) {
  for (const RuleCase& one : cases) {
    EXPECT_EQ(Verdict(one.rules, one.type, one.values), one.verdict)
        << one.rules << " on " << one.type->ToString() << " " << one.values;
  }
}

TEST(ColumnCheck, ChecksTypesAndNulls) {
  ExpectVerdicts({
      {R"({"type": "integer"})", arrow::int32(), "[1, 2]", ""},
      {R"({"type": "integer"})", arrow::int32(), "[1, null, null]",
       "column c: type integer: 2 rows (row 2, row 3)"},
      {R"({"type": ["integer", "null"]})", arrow::int32(), "[1, null]", ""},
      {R"({"type": "number"})", arrow::uint64(), "[18446744073709551615]", ""},
      {R"({"type": "integer"})", arrow::decimal128(10, 2), R"(["1.00", "1.50"])",
       "column c: type integer: 1 row (row 2)"},
      {R"({"type": "integer"})", arrow::decimal256(65, 30),
       R"(["2.000000000000000000000000000000"])", ""},
      {R"({"type": "integer"})", arrow::float64(), "[1, 1.5, NaN]",
       "column c: type integer: 2 rows (row 2, row 3)"},
      {R"({"type": "string"})", arrow::utf8(), R"(["a", null])",
       "column c: type string: 1 row (row 2)"},
      {R"({"type": "string"})", arrow::date32(), "[0]", ""},
      {R"({"type": "string"})", arrow::timestamp(arrow::TimeUnit::MICRO), "[0]", ""},
      {R"({"type": "string"})", arrow::duration(arrow::TimeUnit::MICRO), "[0]", ""},
      {R"({"type": "string"})", arrow::binary(), R"(["a"])", ""},
      {R"({"type": "boolean"})", arrow::boolean(), "[true]", ""},
      {R"({})", arrow::int32(), "[null, 3]", ""},
      {R"(true)", arrow::int32(), "[null, 3]", ""},
  });
}

TEST(ColumnCheck, ComparesIntegersExactly) {
  ExpectVerdicts({
      {R"({"minimum": 0})", arrow::int64(), "[-1, 0, 1, null]",
       "column c: minimum 0: 1 row (row 1)"},
      {R"({"minimum": 0})", arrow::uint64(), "[0, 18446744073709551615]", ""},
      {R"({"maximum": 9007199254740992})", arrow::int64(),
       "[9007199254740992, 9007199254740993]",
       "column c: maximum 9007199254740992: 1 row (row 2)"},
      {R"({"maximum": 18446744073709551614})", arrow::uint64(),
       "[18446744073709551614, 18446744073709551615]",
       "column c: maximum 18446744073709551614: 1 row (row 2)"},
      {R"({"minimum": 1.5})", arrow::int8(), "[1, 2]",
       "column c: minimum 1.5: 1 row (row 1)"},
      {R"({"maximum": -1.5})", arrow::int8(), "[-1, -2]",
       "column c: maximum -1.5: 1 row (row 1)"},
      {R"({"exclusiveMinimum": 1.5})", arrow::int8(), "[1, 2]",
       "column c: exclusiveMinimum 1.5: 1 row (row 1)"},
      {R"({"exclusiveMinimum": 2})", arrow::int8(), "[2, 3]",
       "column c: exclusiveMinimum 2: 1 row (row 1)"},
      {R"({"exclusiveMaximum": 2e0})", arrow::int16(), "[2, 1]",
       "column c: exclusiveMaximum 2e0: 1 row (row 1)"},
      {R"({"minimum": 300})", arrow::int8(), "[127]",
       "column c: minimum 300: 1 row (row 1)"},
      {R"({"maximum": -1})", arrow::uint8(), "[0]",
       "column c: maximum -1: 1 row (row 1)"},
      {R"({"minimum": -9223372036854775808, "maximum": 9223372036854775807})",
       arrow::int64(), "[-9223372036854775808, 9223372036854775807]", ""},
      {R"({"maximum": 1e300})", arrow::int64(), "[9223372036854775807]", ""},
      {R"({"minimum": 1e300})", arrow::int64(), "[5]",
       "column c: minimum 1e300: 1 row (row 1)"},
      {R"({"multipleOf": 5})", arrow::int32(), "[0, 5, -10, 7]",
       "column c: multipleOf 5: 1 row (row 4)"},
      {R"({"multipleOf": 2.5})", arrow::int32(), "[5, 10, 4]",
       "column c: multipleOf 2.5: 1 row (row 3)"},
      {R"({"multipleOf": 0.1})", arrow::int32(), "[5, 10, 4]", ""},
      {R"({"multipleOf": 1000})", arrow::int8(), "[0, 100]",
       "column c: multipleOf 1000: 1 row (row 2)"},
      {R"({"enum": [1, 2.0, 3.5]})", arrow::int32(), "[1, 2, 3]",
       "column c: enum 1, 2.0, 3.5: 1 row (row 3)"},
      {R"({"const": 18446744073709551615})", arrow::uint64(),
       "[18446744073709551615, 18446744073709551614]",
       "column c: const 18446744073709551615: 1 row (row 2)"},
  });
}

TEST(ColumnCheck, ComparesDecimalsExactly) {
  const auto money = arrow::decimal128(10, 2);
  const auto wide = arrow::decimal256(65, 30);
  ExpectVerdicts({
      {R"({"minimum": 0.1})", money, R"(["0.10", "0.09"])",
       "column c: minimum 0.1: 1 row (row 2)"},
      {R"({"minimum": 0.105})", money, R"(["0.11", "0.10"])",
       "column c: minimum 0.105: 1 row (row 2)"},
      {R"({"maximum": -0.105})", money, R"(["-0.11", "-0.10"])",
       "column c: maximum -0.105: 1 row (row 2)"},
      {R"({"exclusiveMaximum": 10.00})", money, R"(["9.99", "10.00"])",
       "column c: exclusiveMaximum 10.00: 1 row (row 2)"},
      {R"({"multipleOf": 0.05})", money, R"(["0.15", "0.16", "-0.05", "0.00"])",
       "column c: multipleOf 0.05: 1 row (row 2)"},
      {R"({"multipleOf": 0.01})", money, R"(["0.15", "0.16"])", ""},
      {R"({"multipleOf": 0.015})", money, R"(["0.15", "0.16", "0.03"])",
       "column c: multipleOf 0.015: 1 row (row 2)"},
      {R"({"enum": [0.1, 0.30]})", money, R"(["0.10", "0.30", "0.31"])",
       "column c: enum 0.1, 0.30: 1 row (row 3)"},
      {R"({"maximum": 0.000000000000000000000000000001})", wide,
       R"(["0.000000000000000000000000000001", "0.000000000000000000000000000002"])",
       "column c: maximum 0.000000000000000000000000000001: 1 row (row 2)"},
      {R"({"minimum": 99999999999999999999999999999999999.5})", wide,
       R"(["99999999999999999999999999999999999.500000000000000000000000000000", "99999999999999999999999999999999999.400000000000000000000000000000"])",
       "column c: minimum 99999999999999999999999999999999999.5: 1 row (row 2)"},
      {R"({"multipleOf": 1e-30})", wide, R"(["0.000000000000000000000000000001"])", ""},
      {R"({"multipleOf": 3e-30})", wide,
       R"(["0.000000000000000000000000000009", "0.000000000000000000000000000010"])",
       "column c: multipleOf 3e-30: 1 row (row 2)"},
      {R"({"minimum": -1e37})", arrow::decimal128(38, 0),
       R"(["-99999999999999999999999999999999999999", "99999999999999999999999999999999999999"])",
       "column c: minimum -1e37: 1 row (row 1)"},
  });
}

TEST(ColumnCheck, ComparesFloatsInTheirOwnPrecision) {
  ExpectVerdicts({
      {R"({"maximum": 0.1})", arrow::float32(), "[0.1, 0.2]",
       "column c: maximum 0.1: 1 row (row 2)"},
      {R"({"minimum": 0.1})", arrow::float64(), "[0.1, 0.09]",
       "column c: minimum 0.1: 1 row (row 2)"},
      {R"({"exclusiveMaximum": 0.1})", arrow::float64(), "[0.1, 0.09]",
       "column c: exclusiveMaximum 0.1: 1 row (row 1)"},
      {R"({"exclusiveMinimum": 0.1})", arrow::float32(), "[0.1, 0.11]",
       "column c: exclusiveMinimum 0.1: 1 row (row 1)"},
      {R"({"minimum": 0})", arrow::float64(), "[NaN, null, 1]",
       "column c: minimum 0: 1 row (row 1)"},
      {R"({"multipleOf": 0.1})", arrow::float64(), "[0.3, 0.35, 1e22, NaN, Inf]",
       "column c: multipleOf 0.1: 3 rows (row 2, row 4, row 5)"},
      {R"({"multipleOf": 0.01})", arrow::float32(), "[0.07, 16777.21, 0.075]",
       "column c: multipleOf 0.01: 1 row (row 3)"},
      {R"({"multipleOf": 3})", arrow::float64(), "[0, 3e0, 6, 1e300]",
       "column c: multipleOf 3: 1 row (row 4)"},
      {R"({"enum": [0.1, 2]})", arrow::float64(), "[0.1, 2, 3]",
       "column c: enum 0.1, 2: 1 row (row 3)"},
      {R"({"const": 0.1})", arrow::float32(), "[0.1, 0.5]",
       "column c: const 0.1: 1 row (row 2)"},
  });
}

TEST(ColumnCheck, MeasuresTextInCharacters) {
  ExpectVerdicts({
      {R"({"maxLength": 3})", arrow::utf8(), R"(["São", "Rios", "", null, "😀😀😀"])",
       "column c: maxLength 3: 1 row (row 2)"},
      {R"({"minLength": 3})", arrow::utf8(), R"(["São", "éé", "😀😀", null, "abc"])",
       "column c: minLength 3: 2 rows (row 2, row 3)"},
      {R"({"minLength": 0, "maxLength": 0})", arrow::utf8(), R"(["", "a"])",
       "column c: maxLength 0: 1 row (row 2)"},
      {R"({"maxLength": 2})", arrow::large_utf8(), R"(["ab", "abc"])",
       "column c: maxLength 2: 1 row (row 2)"},
      {R"({"maxLength": 2})", arrow::binary(), R"(["ab", "ã", "abc"])",
       "column c: maxLength 2: 1 row (row 3)"},
      {R"({"pattern": "^[a-z]+$"})", arrow::utf8(), R"(["abc", "aBc", "", null])",
       "column c: pattern ^[a-z]+$: 2 rows (row 2, row 3)"},
      {R"({"pattern": "é"})", arrow::utf8(), R"(["café", "cafe"])",
       "column c: pattern é: 1 row (row 2)"},
      {R"({"pattern": "^\\d{5}$"})", arrow::large_utf8(), R"(["01001", "1001"])",
       "column c: pattern ^\\d{5}$: 1 row (row 2)"},
      {R"({"enum": ["SP", "RJ", null]})", arrow::utf8(), R"(["SP", "sp", null])",
       "column c: enum \"SP\", \"RJ\", null: 1 row (row 2)"},
      {R"({"type": ["string", "null"], "enum": ["SP"]})", arrow::utf8(),
       R"(["SP", null])", "column c: enum \"SP\": 1 row (row 2)"},
      {R"({"const": "x"})", arrow::utf8(), R"(["x", "y", null])",
       "column c: const \"x\": 1 row (row 3)\ncolumn c: const \"x\": 1 row (row 2)"},
      {R"({"enum": ["a", "b", "c", "d", "e", "f", "g"]})", arrow::utf8(), R"(["z"])",
       "column c: enum \"a\", \"b\", \"c\", \"d\", \"e\", …: 1 row (row 1)"},
      {R"({"enum": ["SP"], "maxLength": 2})",
       arrow::dictionary(arrow::int32(), arrow::utf8()), R"(["SP", "Rio", null])",
       "column c: maxLength 2: 1 row (row 2)\ncolumn c: enum \"SP\": 1 row (row 3)\n"
       "column c: enum \"SP\": 1 row (row 2)"},
  });
}

TEST(ColumnCheck, ChecksFormatsAndOtherTypes) {
  const auto moment = arrow::timestamp(arrow::TimeUnit::MICRO);
  const auto duration = arrow::duration(arrow::TimeUnit::MICRO);
  ExpectVerdicts({
      {R"({"format": "date"})", arrow::utf8(), R"(["2024-02-29", "2023-02-29"])",
       "column c: format date: 1 row (row 2)"},
      {R"({"format": "date-time"})", arrow::utf8(),
       R"(["2024-02-29T23:59:59Z", "2024-02-29 10:00:00", "2024-02-29"])",
       "column c: format date-time: 1 row (row 3)"},
      {R"({"format": "email"})", arrow::utf8(), R"(["a@b.co", "a@@b", null])",
       "column c: format email: 1 row (row 2)"},
      {R"({"format": "date"})", arrow::date32(), "[0]", ""},
      {R"({"format": "date-time"})", moment, "[0]", ""},
      {R"({"format": "date-time"})", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"),
       "[0]", ""},
      {R"({"format": "time"})", duration, "[0, 86399999999, 86400000000, -1]",
       "column c: format time: 2 rows (row 3, row 4)"},
      {R"({"const": true})", arrow::boolean(), "[true, false]",
       "column c: const true: 1 row (row 2)"},
      {R"({"enum": ["1970-01-01"]})", arrow::date32(), "[0, 1]",
       "column c: enum \"1970-01-01\": 1 row (row 2)"},
      {R"({"enum": ["1970-01-01T00:00:00", "1969-12-31 23:59:59.5"]})", moment,
       "[0, -500000, 1]",
       "column c: enum \"1970-01-01T00:00:00\", \"1969-12-31 23:59:59.5\": 1 row (row "
       "3)"},
  });
}

TEST(ColumnCheck, RefusesRulesThatDoNotFitTheColumn) {
  const std::string t = "schema/t.json:1: properties.c";
  ExpectVerdicts({
      {R"({"pattern": "a"})", arrow::int32(), "[1]",
       t + ".pattern: pattern does not apply to an integer column (int32)"},
      {R"({"minimum": 1})", arrow::utf8(), "[]",
       t + ".minimum: minimum does not apply to a text column (string)"},
      {R"({"maximum": 1})", arrow::date32(), "[]",
       t + ".maximum: maximum does not apply to a date column (date32[day])"},
      {R"({"maxLength": 1})", arrow::date32(), "[]",
       t + ".maxLength: maxLength does not apply to a date column (date32[day])"},
      {R"({"type": "string"})", arrow::int32(), "[]",
       t + ".type: 'string' does not fit an integer column (int32), which is 'integer'"},
      {R"({"type": ["integer", "null"]})", arrow::utf8(), "[]",
       t + ".type: 'integer or null' does not fit a text column (string), which is "
           "'string'"},
      {R"({"type": "boolean"})", arrow::int8(), "[]",
       t + ".type: 'boolean' does not fit an integer column (int8), which is 'integer'"},
      {R"({"enum": ["1"]})", arrow::int32(), "[]",
       t + ".enum: a string is never the value of an integer column (int32)"},
      {R"({"const": 1})", arrow::utf8(), "[]",
       t + ".const: a number is never the value of a text column (string)"},
      {R"({"enum": ["a"]})", arrow::binary(), "[]",
       t + ".enum: enum does not apply to a binary column (binary)"},
      {R"({"format": "date-time"})", arrow::date32(), "[]",
       t + ".format: 'date-time' does not fit a date column (date32[day])"},
      {R"({"format": "uuid"})", arrow::int32(), "[]",
       t + ".format: 'uuid' does not fit an integer column (int32)"},
      {R"({"x-mask": "partial"})", arrow::binary(), "[]",
       t + ".x-mask: partial does not apply to a binary column; use hash"},
      {R"({"minimum": 1})", arrow::list(arrow::int32()), "[]",
       t + ": the column's type list<item: int32> cannot have rules"},
  });
}

}  // namespace
}  // namespace keelboat
