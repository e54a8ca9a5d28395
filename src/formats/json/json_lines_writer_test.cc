#include "formats/json/json_lines_writer.h"

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

std::string Lines(const std::shared_ptr<arrow::Schema>& schema, const std::string& rows) {
  auto stream = arrow::io::BufferOutputStream::Create().ValueOrDie();
  auto writer = MakeJsonLinesWriter(*schema, stream).ValueOrDie();
  auto batch =
      arrow::RecordBatch::FromStructArray(
          arrow::json::ArrayFromJSONString(arrow::struct_(schema->fields()), rows)
              .ValueOrDie())
          .ValueOrDie();
  EXPECT_TRUE(writer->Write(*batch).ok());
  EXPECT_TRUE(writer->Finish().ok());
  return stream->Finish().ValueOrDie()->ToString();
}

TEST(JsonLinesWriter, NumbersKeepTheirDigits) {
  auto schema = arrow::schema({arrow::field("n", arrow::uint64()),
                               arrow::field("d", arrow::decimal128(20, 9)),
                               arrow::field("f", arrow::float64())});
  EXPECT_EQ(Lines(schema, R"([[18446744073709551615, "1.000000000", 0.1],
                              [null, "-0.000000001", NaN], [0, null, -Inf]])"),
            "{\"n\":18446744073709551615,\"d\":1.000000000,\"f\":0.1}\n"
            "{\"n\":null,\"d\":-0.000000001,\"f\":\"NaN\"}\n"
            "{\"n\":0,\"d\":null,\"f\":\"-Infinity\"}\n");
}

TEST(JsonLinesWriter, TextsAndTheRest) {
  auto schema = arrow::schema(
      {arrow::field("a\"", arrow::utf8()),
       arrow::field("at", arrow::timestamp(arrow::TimeUnit::MILLI, "UTC")),
       arrow::field("list", arrow::list(arrow::int8())),
       arrow::field("in", arrow::struct_({arrow::field("x", arrow::date32())})),
       arrow::field("b", arrow::binary())});
  EXPECT_EQ(Lines(schema, R"([["\\ \" \n \u0001 é", 1500, [1, null], {"x": 0}, "A"]])"),
            "{\"a\\\"\":\"\\\\ \\\" \\n \\u0001 é\",\"at\":\"1970-01-01T00:00:01.5Z\","
            "\"list\":[1,null],\"in\":{\"x\":\"1970-01-01\"},\"b\":\"41\"}\n");
}

}  // namespace
}  // namespace keelboat
