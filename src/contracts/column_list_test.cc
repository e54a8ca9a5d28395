#include "contracts/column_list.h"

#include <memory>
#include <string>
#include <utility>
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

constexpr const char* kCustomers = R"json({
  "table_name": "customers",
  "description": "Who bought",
  "columns": [
    {"name": "customer_id", "type": "VARCHAR(50)",
                     "nullable" : false, "primary_key" : true, "description" : "Key"
},
    {"name": "zip", "type": "VARCHAR(10)", "nullable": true, "primary_key": false},
    {"name": "city", "type": "VARCHAR(50)", "nullable": true, "primary_key": false},
    {"name": "spent", "type": "DECIMAL(10,2)", "nullable": true},
    {"name": "visits", "type": "INT", "nullable": false},
    {"name": "since", "type": "DATETIME"},
    {"name": "note", "type": "TEXT"}
  ],
  "constraints": {
    "primary_key": ["customer_id"],
    "foreign_keys": [{"column": "zip", "references_table": "geolocation",
                      "references_column": "zip"}],
    "unique_keys": [["zip", "city"], {"name": "u", "columns": ["note"]}],
    "indexes": ["city"]
  },
  "estimated_row_count": 99000,
  "data_classification": "PII",
  "data_masking": {
  "enabled" : true, "masked_columns" : [
    {"column_name" : "city", "masking_type" : "hash", "description" : "Where"},
    {"column_name" : "note", "masking_type" : "partial"}
  ]
}
})json";

std::shared_ptr<arrow::Schema> CustomersSchema() {
  return arrow::schema({arrow::field("customer_id", arrow::utf8(), false),
                        arrow::field("zip", arrow::utf8()),
                        arrow::field("city", arrow::utf8()),
                        arrow::field("spent", arrow::decimal128(12, 3)),
                        arrow::field("visits", arrow::int64()),
                        arrow::field("since", arrow::timestamp(arrow::TimeUnit::MICRO)),
                        arrow::field("note", arrow::utf8())});
}

std::shared_ptr<arrow::RecordBatch> Rows(const std::shared_ptr<arrow::Schema>& schema,
                                         const std::string& json) {
  auto rows = arrow::json::ArrayFromJSONString(arrow::struct_(schema->fields()), json)
                  .ValueOrDie();
  return arrow::RecordBatch::FromStructArray(rows).ValueOrDie();
}

TEST(ColumnList, BecomesRulesMasksAndAKey) {
  auto contract = Contract::Parse(kCustomers, "customers.json");
  ASSERT_TRUE(contract.ok()) << contract.status().message();
  EXPECT_EQ(contract->declared_key(), std::vector<std::string>{"customer_id"});
  EXPECT_EQ(contract->masks(),
            (std::map<std::string, MaskKind>{{"city", MaskKind::kHash},
                                             {"note", MaskKind::kPartial}}));
  EXPECT_EQ(contract->on_violation(), OnViolation::kFail);
  EXPECT_EQ(contract->columns().size(), 7U);
  auto schema = CustomersSchema();
  auto checker = contract->Bind(schema, {"customer_id"}, "since");
  ASSERT_TRUE(checker.ok()) << checker.status().message();
  auto checked = (*checker)->Check(Rows(schema, R"([
      ["a", "01001", "São Paulo", "1.500", 3, 0, "hello"],
      [null, "01001000000", null, "1.505", 3, null, null],
      ["c", null, null, "100000000.000", 2147483648, null, null],
      ["d", null, null, "99999999.990", null, null, null]])"));
  ASSERT_TRUE(checked.ok()) << checked.status().message();
  EXPECT_EQ(DescribeViolations((*checker)->violations()),
            "column customer_id: nullable false: 1 row (customer_id=null)\n"
            "column zip: maxLength 10: 1 row (customer_id=null)\n"
            "column spent: type DECIMAL(10,2): 1 row (customer_id=c)\n"
            "column spent: type DECIMAL(10,2): 1 row (customer_id=null)\n"
            "column visits: nullable false: 1 row (customer_id=d)\n"
            "column visits: maximum 2147483647: 1 row (customer_id=c)");
  EXPECT_EQ(
      checked->passed->column(6)->ToString(),
      arrow::json::ArrayFromJSONString(arrow::utf8(), R"(["h***o", null, null, null])")
          .ValueOrDie()
          ->ToString());
}

TEST(ColumnList, AsksForEveryColumn) {
  auto contract = Contract::Parse(kCustomers, "customers.json").ValueOrDie();
  auto schema = CustomersSchema()->RemoveField(3).ValueOrDie();
  auto bound = contract.Bind(schema, {}, "");
  EXPECT_EQ(KindOf(bound.status()), ErrorKind::kContract);
  EXPECT_EQ(bound.status().message(),
            "customers.json: required column 'spent' is not among the columns read");
}

TEST(ColumnList, TakesTheKeyFromFlagsAndForbidsNullInIt) {
  auto contract = Contract::Parse(R"({"columns": [
      {"name": "a", "type": "INT", "primary_key": true},
      {"name": "b", "type": "INT", "primary_key": true, "nullable": true}]})",
                                  "t.json")
                      .ValueOrDie();
  EXPECT_EQ(contract.declared_key(), (std::vector<std::string>{"a", "b"}));
  auto schema = arrow::schema(
      {arrow::field("a", arrow::int32()), arrow::field("b", arrow::int32())});
  auto checker = contract.Bind(schema, {}, "").ValueOrDie();
  ASSERT_TRUE(checker->Check(Rows(schema, "[[null, null]]")).ok());
  EXPECT_EQ(
      DescribeViolations(checker->violations()),
      "column a: nullable false: 1 row (row 1)\ncolumn b: primary_key: 1 row (row 1)");
}

TEST(ColumnList, DoesNotMaskWhenMaskingIsOff) {
  auto contract = Contract::Parse(R"({"columns": [{"name": "a", "type": "TEXT"}],
      "data_masking": {"enabled": false, "masked_columns": [
        {"column_name": "a", "masking_type": "hash"}]}})",
                                  "t.json")
                      .ValueOrDie();
  EXPECT_TRUE(contract.masks().empty());
}

TEST(ColumnList, TakesOnViolation) {
  EXPECT_EQ(Contract::Parse(R"({"columns": [], "x-on-violation": "warn"})", "t.json")
                .ValueOrDie()
                .on_violation(),
            OnViolation::kWarn);
}

TEST(ColumnList, RefusesBadFiles) {
  const std::string column = R"({"name": "a", "type": "INT"})";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"({"table_name": "t"})", "1: 'columns' is missing"},
      {R"({"columns": {}})", "1: columns: expected a list, found an object"},
      {R"({"columns": [1]})", "1: columns: expected an object, found a number"},
      {R"({"columns": [{"type": "INT"}]})", "1: columns: 'name' is missing"},
      {R"({"columns": [{"name": "", "type": "INT"}]})", "1: columns.name: is empty"},
      {R"({"columns": [{"name": "a"}]})", "1: columns.a: 'type' is missing"},
      {"{\"columns\": [\n{\"name\": \"a\",\n\"type\": \"VARCAHR(5)\"}]}",
       "3: columns.a.type: 'VARCAHR(5)' is not a known type (did you mean 'varchar'?)"},
      {R"({"columns": [{"name": "a", "type": "INT", "nulable": true}]})",
       "1: columns.a: 'nulable' is not a known key (did you mean 'nullable'?)"},
      {R"({"columns": [{"name": "a", "type": "INT", "nullable": "yes"}]})",
       "1: columns.a.nullable: expected true or false, found a string"},
      {"{\"columns\": [" + column + "," + column + "]}",
       "1: columns.name: 'a' is listed twice"},
      {"{\"columns\": [" + column + R"(], "constraint": {}})",
       "1: 'constraint' is not a known key (did you mean 'constraints'?)"},
      {"{\"columns\": [" + column + R"(], "constraints": {"primary_key": ["b"]}})",
       "1: constraints.primary_key: 'b' is not among the columns"},
      {R"({"columns": [{"name": "a", "type": "INT", "primary_key": true},
          {"name": "b", "type": "INT"}],
          "constraints": {"primary_key": ["b"]}})",
       "3: constraints.primary_key: names other columns than those with \"primary_key\": "
       "true"},
      {"{\"columns\": [" + column +
           R"(], "constraints": {"foreign_keys": [{"column": "a"}]}})",
       "1: constraints.foreign_keys: 'references_table' is missing"},
      {"{\"columns\": [" + column + R"(], "constraints": {"indexes": [[3]]}})",
       "1: constraints.indexes: expected column names, found a number"},
      {"{\"columns\": [" + column +
           R"(], "constraints": {"indexes": [{"unique": true}]}})",
       "1: constraints.indexes: 'columns' is missing"},
      {"{\"columns\": [" + column + R"(], "data_masking": {"enabled": true}})",
       "1: data_masking: 'masked_columns' is missing"},
      {"{\"columns\": [" + column +
           R"(], "data_masking": {"masked_columns": [{"column_name": "b",
           "masking_type": "hash"}]}})",
       "1: data_masking.masked_columns.column_name: 'b' is not among the columns"},
      {"{\"columns\": [" + column +
           R"(], "data_masking": {"masked_columns": [{"column_name": "a",
           "masking_type": "partal"}]}})",
       "2: data_masking.masked_columns.masking_type: 'partal' is not one of hash, "
       "partial "
       "(did you mean 'partial'?)"},
      {R"({"columns": [{"name": "a", "type": "INT", "primary_key": true}],
          "data_masking": {"masked_columns": [{"column_name": "a",
          "masking_type": "hash"}]}})",
       "1: column 'a' is part of the key and cannot be masked"},
      {R"({"columns": [], "estimated_row_count": "many"})",
       "1: estimated_row_count: expected a number, found a string"},
  };
  for (const auto& [json, message] : cases) {
    auto contract = Contract::Parse(json, "t.json");
    ASSERT_FALSE(contract.ok()) << json;
    EXPECT_EQ(contract.status().message(), "t.json:" + message) << json;
    EXPECT_EQ(KindOf(contract.status()), ErrorKind::kConfig) << json;
  }
}

}  // namespace
}  // namespace keelboat
