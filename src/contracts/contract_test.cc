#include "contracts/contract.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <arrow/array/array_base.h>
#include <arrow/json/from_string.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <gtest/gtest.h>

#include "core/field_metadata.h"
#include "keelboat/error.h"

namespace keelboat {
namespace {

std::shared_ptr<arrow::Array> Column(const std::shared_ptr<arrow::DataType>& type,
                                     const std::string& json) {
  return arrow::json::ArrayFromJSONString(type, json).ValueOrDie();
}

std::shared_ptr<arrow::RecordBatch> OneColumn(
    const std::shared_ptr<arrow::DataType>& type, const std::string& json) {
  auto column = Column(type, json);
  return arrow::RecordBatch::Make(arrow::schema({arrow::field("c", type)}),
                                  column->length(), {column});
}

Contract ContractOf(const std::string& json) {
  auto contract = Contract::Parse(json, "schema/t.json");
  EXPECT_TRUE(contract.ok()) << contract.status().message();
  return *std::move(contract);
}

struct BadContract {
  std::string json;
  std::string message;
};

TEST(Contract, RefusesWhatItDoesNotSupport) {
  const std::string supported =
      "; supported here: type, enum, const, minimum, maximum, exclusiveMinimum, "
      "exclusiveMaximum, multipleOf, minLength, maxLength, pattern, format, x-mask";
  const std::string root =
      "; supported here: type, properties, required, additionalProperties, "
      "x-on-violation";
  const std::vector<BadContract> cases = {
      {"", "1: the file is empty"},
      {"[]", "1: a contract is an object, found a list"},
      {"{\n  \"properties\": {\n    \"price\": {\n      \"minimun\": 0\n    }\n  }\n}",
       "4: properties.price.minimun: 'minimun' is not a supported keyword (did you mean "
       "'minimum'?)" +
           supported},
      {R"({"properties": {"c": {"oneOf": []}}})",
       "1: properties.c.oneOf: 'oneOf' is not a supported keyword" + supported},
      {R"({"propertys": {}})",
       "1: propertys: 'propertys' is not a supported keyword (did you mean "
       "'properties'?)" +
           root},
      {R"({"allOf": []})", "1: allOf: 'allOf' is not a supported keyword" + root},
      {R"({"type": "array"})", "1: type: a row is an 'object'"},
      {R"({"$schema": "http://json-schema.org/draft-04/schema#"})",
       "1: $schema: draft-04 gives keywords another meaning; write the contract for JSON "
       "Schema 2020-12"},
      {R"({"properties": {"c": 3}})",
       "1: properties.c: expected an object, found a number"},
      {R"({"properties": {"c": {"type": "int"}}})",
       "1: properties.c.type: 'int' is not a type (did you mean 'integer'?); types are: "
       "string, integer, number, boolean, null"},
      {R"({"properties": {"c": {"type": "object"}}})",
       "1: properties.c.type: 'object' is not a column's type; a JSON column is a "
       "'string'"},
      {R"({"properties": {"c": {"type": []}}})",
       "1: properties.c.type: the list is empty"},
      {R"({"properties": {"c": {"type": ["null", "null"]}}})",
       "1: properties.c.type: 'null' is listed twice"},
      {R"({"properties": {"c": {"minimum": "0"}}})",
       "1: properties.c.minimum: expected a number, found a string"},
      {R"({"properties": {"c": {"exclusiveMinimum": true}}})",
       "1: properties.c.exclusiveMinimum: expected a number, found true or false"},
      {R"({"properties": {"c": {"multipleOf": 0}}})",
       "1: properties.c.multipleOf: must be above 0"},
      {R"({"properties": {"c": {"multipleOf": -1}}})",
       "1: properties.c.multipleOf: must be above 0"},
      {R"({"properties": {"c": {"minLength": -1}}})",
       "1: properties.c.minLength: must be an integer of 0 or more"},
      {R"({"properties": {"c": {"maxLength": 1.5}}})",
       "1: properties.c.maxLength: must be an integer of 0 or more"},
      {R"({"properties": {"c": {"minLength": 3, "maxLength": 2}}})",
       "1: properties.c: minLength is above maxLength"},
      {R"({"properties": {"c": {"minimum": 1.5, "maximum": 1.25}}})",
       "1: properties.c: minimum is above maximum"},
      {R"({"properties": {"c": {"format": "ipv4"}}})",
       "1: properties.c.format: 'ipv4' is not a supported format; supported: date, "
       "date-time, time, email, uuid"},
      {R"({"properties": {"c": {"format": "datetime"}}})",
       "1: properties.c.format: 'datetime' is not a supported format (did you mean "
       "'date-time'?); supported: date, date-time, time, email, uuid"},
      {R"({"properties": {"c": {"enum": []}}})",
       "1: properties.c.enum: the list is empty: no value can pass"},
      {R"({"properties": {"c": {"enum": [[1]]}}})",
       "1: properties.c.enum: a list is never the value of a column"},
      {R"({"properties": {"c": {"x-mask": "sha"}}})",
       "1: properties.c.x-mask: 'sha' is not one of hash, partial"},
      {R"({"x-on-violation": "fial"})",
       "1: x-on-violation: 'fial' is not one of fail, quarantine, warn (did you mean "
       "'fail'?)"},
      {R"({"required": ["a", "a"]})", "1: required: 'a' is listed twice"},
      {R"({"required": [1]})", "1: required: expected column names, found a number"},
      {R"({"additionalProperties": {}})",
       "1: additionalProperties: expected true or false, found an object"},
      {R"({"properties": {"c": {}, "c": {}}})", "1: 'c' is given twice, first on line 1"},
  };
  for (const BadContract& bad : cases) {
    auto contract = Contract::Parse(bad.json, "schema/t.json");
    ASSERT_FALSE(contract.ok()) << bad.json;
    EXPECT_EQ(contract.status().message(), "schema/t.json:" + bad.message) << bad.json;
    EXPECT_EQ(KindOf(contract.status()), ErrorKind::kConfig) << bad.json;
  }
  auto pattern = Contract::Parse(R"j({"properties": {"c": {"pattern": "a(?=b)"}}})j",
                                 "schema/t.json");
  ASSERT_FALSE(pattern.ok());
  EXPECT_NE(
      pattern.status().message().find("properties.c.pattern: 'a(?=b)' is not an RE2"),
      std::string::npos)
      << pattern.status().message();
}

TEST(Contract, AcceptsAnnotations) {
  ContractOf(R"({"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "x",
    "title": "T", "description": "d", "$comment": "c", "type": "object",
    "examples": [{}], "default": {}, "properties": {"c": {"title": "C",
    "description": "d", "examples": [1], "default": 1, "deprecated": true,
    "readOnly": true, "writeOnly": false, "$comment": "c"}}})");
}

TEST(Contract, ReadsTheExampleProject) {
  const char* root = std::getenv("KEELBOAT_SOURCE_DIR");
  ASSERT_NE(root, nullptr) << "run by ctest";
  int read = 0;
  for (const auto& entry : std::filesystem::directory_iterator(
           std::filesystem::path(root) / "examples" / "olist" / "schema")) {
    std::ifstream file(entry.path());
    const std::string json{std::istreambuf_iterator<char>(file), {}};
    auto contract = Contract::Parse(json, entry.path().filename().string());
    EXPECT_TRUE(contract.ok()) << contract.status().message();
    ++read;
  }
  EXPECT_EQ(read, 9);
}

TEST(Contract, AsksForColumns) {
  const auto schema = arrow::schema(
      {arrow::field("id", arrow::int32()), arrow::field("city", arrow::utf8())});
  auto missing = ContractOf(R"({"required": ["id", "citty"]})").Bind(schema, {}, "");
  EXPECT_EQ(KindOf(missing.status()), ErrorKind::kContract);
  EXPECT_EQ(
      missing.status().message(),
      "schema/t.json: required column 'citty' is not among the columns read (did you "
      "mean 'city'?)");
  const Contract closed =
      ContractOf(R"({"properties": {"id": {}}, "additionalProperties": false})");
  auto extra = closed.Bind(schema, {}, "");
  EXPECT_EQ(KindOf(extra.status()), ErrorKind::kContract);
  EXPECT_EQ(extra.status().message(),
            "schema/t.json: the contract forbids 'city' (additionalProperties: false); "
            "name them under properties or exclude them");
  EXPECT_EQ(
      KindOf(
          ContractOf(R"({"properties": {"id": false}})").Bind(schema, {}, "").status()),
      ErrorKind::kContract);
  EXPECT_TRUE(ContractOf(R"({"properties": {"gone": {"type": "integer"}}})")
                  .Bind(schema, {}, "")
                  .ok());
}

TEST(Contract, RefusesToMaskKeysCursorsAndMisspeltColumns) {
  const auto schema = arrow::schema(
      {arrow::field("id", arrow::int32()), arrow::field("city", arrow::utf8())});
  const Contract contract = ContractOf(R"({"properties": {"city": {"x-mask": "hash"}}})");
  EXPECT_TRUE(contract.Bind(schema, {"id"}, "").ok());
  auto key = contract.Bind(schema, {"id", "city"}, "");
  EXPECT_EQ(KindOf(key.status()), ErrorKind::kConfig);
  EXPECT_NE(key.status().message().find("column 'city' is part of the key"),
            std::string::npos);
  auto cursor = contract.Bind(schema, {"id"}, "city");
  EXPECT_EQ(KindOf(cursor.status()), ErrorKind::kConfig);
  auto misspelt = ContractOf(R"({"properties": {"citi": {"x-mask": "hash"}}})")
                      .Bind(schema, {"id"}, "");
  EXPECT_EQ(
      misspelt.status().message(),
      "schema/t.json:1: masked column 'citi' is not among the columns read (did you "
      "mean 'city'?)");
}

TEST(Contract, NamesTheFirstFiveOffendersByKeyAcrossBatches) {
  const auto schema = arrow::schema({arrow::field("order_id", arrow::utf8()),
                                     arrow::field("item", arrow::int32()),
                                     arrow::field("price", arrow::decimal128(10, 2))});
  const auto batch = [&](const std::string& ids, const std::string& items,
                         const std::string& prices) {
    auto id = Column(arrow::utf8(), ids);
    return arrow::RecordBatch::Make(
        schema, id->length(),
        {id, Column(arrow::int32(), items), Column(arrow::decimal128(10, 2), prices)});
  };
  auto checker = ContractOf(R"({"properties": {"price": {"minimum": 0}}})")
                     .Bind(schema, {"order_id", "item"}, "")
                     .ValueOrDie();
  ASSERT_TRUE(checker
                  ->Check(batch(R"(["a", "b\nc", null])", "[1, 2, 3]",
                                R"(["-1.00", "-1.00", "-2.00"])"))
                  .ok());
  ASSERT_TRUE(checker
                  ->Check(batch(R"(["d", "e", "f", "g"])", "[1, 2, 3, 4]",
                                R"(["-1.00", "0.00", "-1.00", "-0.01"])"))
                  .ok());
  EXPECT_EQ(DescribeViolations(checker->violations()),
            "column price: minimum 0: 6 rows (order_id=a, item=1, order_id=b?c, item=2, "
            "order_id=null, item=3, order_id=d, item=1, order_id=f, item=3, …)");
  EXPECT_EQ(checker->violations().at(0).offenders.size(), 5U);
  EXPECT_EQ(checker->violations().at(0).count, 6);
}

TEST(Contract, CountsRowsOnAcrossBatchesWithoutKey) {
  auto batch = OneColumn(arrow::int32(), "[1, -1]");
  auto checker = ContractOf(R"({"properties": {"c": {"minimum": 0}}})")
                     .Bind(batch->schema(), {}, "")
                     .ValueOrDie();
  ASSERT_TRUE(checker->Check(batch).ok());
  ASSERT_TRUE(checker->Check(batch->Slice(1)).ok());
  EXPECT_EQ(DescribeViolations(checker->violations()),
            "column c: minimum 0: 2 rows (row 2, row 3)");
}

TEST(Contract, ReadsSlicesWhereTheyAre) {
  auto numbers = OneColumn(arrow::int32(), "[-1, 1, null, -3]")->Slice(1, 2);
  auto texts =
      OneColumn(arrow::utf8(), R"(["long one", "ab", null, "long"])")->Slice(1, 2);
  auto decimals =
      OneColumn(arrow::decimal128(5, 1), R"(["-1.0", "1.0", null, "-3.0"])")->Slice(1, 2);
  for (const auto& [rules, batch] :
       std::vector<std::pair<std::string, std::shared_ptr<arrow::RecordBatch>>>{
           {R"({"minimum": 0})", numbers},
           {R"({"minimum": 0})", decimals},
           {R"({"maxLength": 2, "pattern": "^ab$", "minLength": 1})", texts}}) {
    auto checker = ContractOf("{\"properties\": {\"c\": " + rules + "}}")
                       .Bind(batch->schema(), {}, "")
                       .ValueOrDie();
    ASSERT_TRUE(checker->Check(batch).ok());
    EXPECT_EQ(DescribeViolations(checker->violations()), "") << rules;
  }
}

TEST(Contract, PutsBadRowsIntoQuarantineMasked) {
  const auto schema = arrow::schema({arrow::field("id", arrow::int32()),
                                     arrow::field("city", arrow::utf8()),
                                     arrow::field("state", arrow::utf8())});
  auto batch = arrow::RecordBatch::Make(
      schema, 4,
      {Column(arrow::int32(), "[1, -2, 3, -4]"),
       Column(arrow::utf8(), R"(["Rio", "São Paulo", "Recife", null])"),
       Column(arrow::utf8(), R"(["RJ", "SP", "pe", "xx"])")});
  const Contract contract = ContractOf(R"({"x-on-violation": "quarantine", "properties": {
      "id": {"minimum": 0}, "city": {"x-mask": "partial"},
      "state": {"pattern": "^[A-Z]{2}$"}}})");
  EXPECT_EQ(contract.on_violation(), OnViolation::kQuarantine);
  auto checker = contract.Bind(schema, {"id"}, "").ValueOrDie();
  auto checked = checker->Check(batch).ValueOrDie();
  ASSERT_EQ(checked.passed->num_rows(), 1);
  EXPECT_EQ(checked.passed->column(1)->ToString(),
            Column(arrow::utf8(), R"(["R*o"])")->ToString());
  ASSERT_NE(checked.quarantined, nullptr);
  auto expected = arrow::RecordBatch::Make(
      arrow::schema({arrow::field("id", arrow::int32()),
                     arrow::field("city", arrow::utf8()),
                     arrow::field("state", arrow::utf8()),
                     arrow::field("_keelboat_reason", arrow::utf8(), false)}),
      3,
      {Column(arrow::int32(), "[-2, 3, -4]"),
       Column(arrow::utf8(), R"(["S*******o", "R****e", null])"),
       Column(arrow::utf8(), R"(["SP", "pe", "xx"])"),
       Column(arrow::utf8(), R"(["id: minimum 0", "state: pattern ^[A-Z]{2}$",
                                 "id: minimum 0; state: pattern ^[A-Z]{2}$"])")});
  EXPECT_TRUE(checked.quarantined->Equals(*expected, true))
      << checked.quarantined->ToString();
  // A clean batch is handed on whole.
  auto clean = checker->Check(batch->Slice(0, 1)).ValueOrDie();
  EXPECT_EQ(clean.passed->num_rows(), 1);
  EXPECT_EQ(clean.quarantined, nullptr);
}

TEST(Contract, MasksTheSchemaToo) {
  auto metadata = arrow::KeyValueMetadata::Make({kSourceTypeKey, kCommentKey},
                                                {"decimal(10,2)", "what it cost"});
  const auto schema =
      arrow::schema({arrow::field("id", arrow::int32(), false),
                     arrow::field("price", arrow::decimal128(10, 2), false, metadata)});
  const Contract contract =
      ContractOf(R"({"properties": {"price": {"x-mask": "hash"}}})");
  auto masked = contract.MaskedSchema(schema);
  EXPECT_TRUE(masked->field(0)->Equals(*schema->field(0), true));
  auto expected =
      arrow::field("price", arrow::utf8(), false,
                   arrow::KeyValueMetadata::Make({kCommentKey}, {"what it cost"}));
  EXPECT_TRUE(masked->field(1)->Equals(*expected, true));
  auto batch = arrow::RecordBatch::Make(
      schema, 1,
      {Column(arrow::int32(), "[1]"), Column(arrow::decimal128(10, 2), R"(["1.50"])")});
  auto checked =
      contract.Bind(schema, {"id"}, "").ValueOrDie()->Check(batch).ValueOrDie();
  EXPECT_TRUE(checked.passed->schema()->Equals(*masked, true));
  EXPECT_TRUE(checked.passed->ValidateFull().ok());
}

}  // namespace
}  // namespace keelboat
