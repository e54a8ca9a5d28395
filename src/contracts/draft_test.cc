#include "contracts/draft.h"

#include <memory>
#include <string>

#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <gtest/gtest.h>

#include "contracts/contract.h"
#include "core/field_metadata.h"
#include "keelboat/error.h"

namespace keelboat {
namespace {

std::shared_ptr<arrow::Field> Column(const std::string& name,
                                     const std::shared_ptr<arrow::DataType>& type,
                                     const std::string& source_type,
                                     bool nullable = false,
                                     const std::string& comment = "") {
  auto metadata = arrow::KeyValueMetadata::Make({kSourceTypeKey}, {source_type});
  if (!comment.empty()) metadata->Append(kCommentKey, comment);
  return arrow::field(name, type, nullable, metadata);
}

std::shared_ptr<arrow::Schema> Everything() {
  return arrow::schema(
      {Column("id", arrow::uint64(), "bigint(20) unsigned"),
       Column("name", arrow::utf8(), "varchar(50)", true, "As on the \"bill\""),
       Column("size", arrow::utf8(), "enum('S','it''s L')", true),
       Column("tags", arrow::utf8(), "set('a','b')"),
       Column("price", arrow::decimal128(10, 2), "decimal(10,2)"),
       Column("rate", arrow::decimal256(65, 30), "decimal(65,30) unsigned"),
       Column("weight", arrow::float64(), "double", true),
       Column("born", arrow::date32(), "date"),
       Column("seen", arrow::timestamp(arrow::TimeUnit::MICRO), "datetime(6)"),
       Column("took", arrow::duration(arrow::TimeUnit::MICRO), "time"),
       Column("data", arrow::binary(), "varbinary(16)"),
       Column("text", arrow::utf8(), "text")});
}

TEST(Draft, SaysWhatTheColumnsPromise) {
  EXPECT_EQ(DraftContract("orders", *Everything(), {"id"}).ValueOrDie(), R"({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "orders",
  "$comment": "primary key: id",
  "type": "object",
  "x-on-violation": "fail",
  "required": [
    "id",
    "name",
    "size",
    "tags",
    "price",
    "rate",
    "weight",
    "born",
    "seen",
    "took",
    "data",
    "text"
  ],
  "properties": {
    "id": {
      "type": "integer",
      "minimum": 0
    },
    "name": {
      "description": "As on the \"bill\"",
      "type": [
        "string",
        "null"
      ],
      "maxLength": 50
    },
    "size": {
      "type": [
        "string",
        "null"
      ],
      "enum": [
        "S",
        "it's L",
        null
      ]
    },
    "tags": {
      "type": "string"
    },
    "price": {
      "type": "number",
      "multipleOf": 0.01
    },
    "rate": {
      "type": "number",
      "minimum": 0,
      "multipleOf": 1e-30
    },
    "weight": {
      "type": [
        "number",
        "null"
      ]
    },
    "born": {
      "type": "string",
      "format": "date"
    },
    "seen": {
      "type": "string",
      "format": "date-time"
    },
    "took": {
      "type": "string"
    },
    "data": {
      "type": "string",
      "maxLength": 16
    },
    "text": {
      "type": "string"
    }
  }
}
)");
}

TEST(Draft, IsAContractThatItsTableFits) {
  auto schema = Everything();
  auto contract = Contract::Parse(DraftContract("orders", *schema, {"id"}).ValueOrDie(),
                                  "orders.json");
  ASSERT_TRUE(contract.ok()) << contract.status().message();
  auto checker = contract->Bind(schema, {"id"}, "seen");
  ASSERT_TRUE(checker.ok()) << checker.status().message();
}

TEST(Draft, LeavesColumnsAloneThatItCannotJudge) {
  auto schema = arrow::schema({arrow::field("l", arrow::list(arrow::int32()))});
  auto contract = Contract::Parse(DraftContract("t", *schema, {}).ValueOrDie(), "t.json")
                      .ValueOrDie();
  EXPECT_TRUE(contract.Bind(schema, {}, "").ok());
}

TEST(Draft, RefusesNamesThatAreNotUtf8) {
  auto schema = arrow::schema({arrow::field("\xff", arrow::int32())});
  EXPECT_EQ(KindOf(DraftContract("t", *schema, {}).status()), ErrorKind::kData);
}

}  // namespace
}  // namespace keelboat
