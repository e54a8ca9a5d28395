#include "formats/csv/csv_writer.h"

#include <memory>
#include <string>

#include <arrow/buffer.h>
#include <arrow/io/memory.h>
#include <arrow/json/from_string.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"

namespace keelboat {
namespace {

std::string Csv(const std::shared_ptr<arrow::Schema>& schema, const std::string& rows) {
  auto stream = arrow::io::BufferOutputStream::Create().ValueOrDie();
  auto writer = MakeCsvWriter(*schema, stream).ValueOrDie();
  auto batch =
      arrow::RecordBatch::FromStructArray(
          arrow::json::ArrayFromJSONString(arrow::struct_(schema->fields()), rows)
              .ValueOrDie())
          .ValueOrDie();
  EXPECT_TRUE(writer->Write(*batch).ok());
  EXPECT_TRUE(writer->Finish().ok());
  return stream->Finish().ValueOrDie()->ToString();
}

TEST(CsvWriter, TellsNullFromEmptyAndQuotesWhatItMust) {
  auto schema = arrow::schema(
      {arrow::field("id", arrow::int64()), arrow::field("a \"b\", c", arrow::utf8())});
  EXPECT_EQ(Csv(schema, R"([[1, null], [null, ""], [9223372036854775807, "a,b"],
                            [2, "say \"hi\""], [3, "two\nlines"], [4, " x"], [5, "é"]])"),
            "id,\"a \"\"b\"\", c\"\n"
            "1,\n"
            ",\"\"\n"
            "9223372036854775807,\"a,b\"\n"
            "2,\"say \"\"hi\"\"\"\n"
            "3,\"two\nlines\"\n"
            "4,\" x\"\n"
            "5,é\n");
}

TEST(CsvWriter, SpellsEveryKindOfValueExactly) {
  auto schema =
      arrow::schema({arrow::field("price", arrow::decimal128(9, 8)),
                     arrow::field("at", arrow::timestamp(arrow::TimeUnit::MICRO)),
                     arrow::field("bytes", arrow::binary()),
                     arrow::field("tags", arrow::list(arrow::utf8())),
                     arrow::field("yes", arrow::boolean())});
  EXPECT_EQ(Csv(schema, R"([["0.00000001", 1500000, "A\n", ["x", null], true]])"),
            "price,at,bytes,tags,yes\n"
            "0.00000001,1970-01-01 00:00:01.5,410a,\"[\"\"x\"\",null]\",true\n");
}

TEST(CsvWriter, ALineOfOneNullIsNoEmptyLine) {
  EXPECT_EQ(Csv(arrow::schema({arrow::field("a", arrow::int8())}), "[[null], [1]]"),
            "a\n\"\"\n1\n");
}

TEST(CsvWriter, NoRowsAreAHeader) {
  EXPECT_EQ(Csv(arrow::schema({arrow::field("a", arrow::int8())}), "[]"), "a\n");
}

TEST(CsvWriter, RefusesTypesWithoutAText) {
  auto stream = arrow::io::BufferOutputStream::Create().ValueOrDie();
  auto schema = arrow::schema({arrow::field("a", arrow::month_interval())});
  EXPECT_EQ(KindOf(MakeCsvWriter(*schema, stream).status()), ErrorKind::kUnsupported);
}

}  // namespace
}  // namespace keelboat
