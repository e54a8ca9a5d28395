#include "formats/parquet/row_writer.h"

#include <memory>
#include <string>

#include <arrow/buffer.h>
#include <arrow/io/memory.h>
#include <arrow/json/from_string.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <gtest/gtest.h>
#include <parquet/arrow/reader.h>

#include "keelboat/error.h"

namespace keelboat {
namespace {

TEST(ParquetRowWriter, TypesThatLakesHaveNotReadBack) {
  auto schema = arrow::schema(
      {arrow::field("u", arrow::uint64()),
       arrow::field("t", arrow::time64(arrow::TimeUnit::MICRO)),
       arrow::field("d", arrow::duration(arrow::TimeUnit::MICRO)),
       arrow::field("n", arrow::timestamp(arrow::TimeUnit::NANO, "UTC")),
       arrow::field("w", arrow::decimal256(65, 30)),
       arrow::field("l", arrow::list(arrow::field("element", arrow::utf8())))});
  auto batch =
      arrow::RecordBatch::FromStructArray(
          arrow::json::ArrayFromJSONString(
              arrow::struct_(schema->fields()),
              R"([[18446744073709551615, 1, -1, 1, "-0.000000000000000000000000000001",
                   ["a", null]], [null, null, null, null, null, null]])")
              .ValueOrDie())
          .ValueOrDie();
  auto stream = arrow::io::BufferOutputStream::Create().ValueOrDie();
  auto writer = MakeParquetRowWriter(schema, stream).ValueOrDie();
  ASSERT_TRUE(writer->Write(*batch).ok());
  ASSERT_TRUE(writer->Finish().ok());
  auto bytes = std::make_shared<arrow::io::BufferReader>(stream->Finish().ValueOrDie());
  auto reader =
      ::parquet::arrow::OpenFile(bytes, arrow::default_memory_pool()).ValueOrDie();
  std::shared_ptr<arrow::Table> table = reader->ReadTable().ValueOrDie();
  EXPECT_TRUE(table->schema()->Equals(*schema)) << table->schema()->ToString();
  auto expected = arrow::Table::FromRecordBatches({batch}).ValueOrDie();
  EXPECT_TRUE(table->Equals(*expected)) << table->ToString();
}

TEST(ParquetRowWriter, AnAnswerWithoutColumnsIsNoFile) {
  auto stream = arrow::io::BufferOutputStream::Create().ValueOrDie();
  auto writer = MakeParquetRowWriter(arrow::schema({}), stream);
  EXPECT_EQ(KindOf(writer.status()), ErrorKind::kUnsupported);
}

}  // namespace
}  // namespace keelboat
