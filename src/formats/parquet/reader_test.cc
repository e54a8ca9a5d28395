#include "formats/parquet/reader.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/builder.h>
#include <arrow/io/memory.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/parquet/writer.h"
#include "keelboat/error.h"

namespace keelboat {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr int64_t kRows = 200'000;

// id, and a text that is null where the id is a multiple of 3.
std::shared_ptr<arrow::Buffer> WriteFile() {
  arrow::Int64Builder ids;
  arrow::StringBuilder names;
  for (int64_t id = 0; id < kRows; ++id) {
    EXPECT_TRUE(ids.Append(id).ok());
    EXPECT_TRUE(
        (id % 3 == 0 ? names.AppendNull() : names.Append(std::to_string(id))).ok());
  }
  auto schema = arrow::schema(
      {arrow::field("id", arrow::int64(), false), arrow::field("name", arrow::utf8())});
  auto batch = arrow::RecordBatch::Make(
      schema, kRows, {ids.Finish().ValueOrDie(), names.Finish().ValueOrDie()});
  auto stream = arrow::io::BufferOutputStream::Create().ValueOrDie();
  auto writer = ParquetWriter::Make(schema, stream).ValueOrDie();
  EXPECT_TRUE(writer->Write(*batch).ok());
  EXPECT_TRUE(writer->Finish().ok());
  return stream->Finish().ValueOrDie();
}

auto Open(const std::shared_ptr<arrow::Buffer>& bytes,
          const std::vector<std::string>& columns) {
  return ParquetReader::Make(std::make_shared<arrow::io::BufferReader>(bytes), columns);
}

TEST(ParquetReaderTest, ColumnsComeInTheOrderAskedFor) {
  auto bytes = WriteFile();
  auto reader = Open(bytes, {"name", "id"}).ValueOrDie();
  EXPECT_EQ(reader->rows(), kRows);
  EXPECT_THAT(reader->schema()->field_names(), ElementsAre("name", "id"));
  int64_t next = 0;
  while (auto batch = reader->Next().ValueOrDie()) {
    EXPECT_LE(batch->num_rows(), 1 << 16);
    const auto& names = static_cast<const arrow::StringArray&>(*batch->column(0));
    const auto& ids = static_cast<const arrow::Int64Array&>(*batch->column(1));
    for (int64_t row = 0; row < batch->num_rows(); ++row, ++next) {
      ASSERT_EQ(ids.Value(row), next);
      ASSERT_EQ(names.IsNull(row), next % 3 == 0);
      if (!names.IsNull(row)) {
        ASSERT_EQ(names.GetView(row), std::to_string(next));
      }
    }
  }
  EXPECT_EQ(next, kRows);
  EXPECT_THAT(Open(bytes, {}).ValueOrDie()->schema()->field_names(),
              ElementsAre("id", "name"));
}

TEST(ParquetReaderTest, AColumnThatIsNotThereIsNamed) {
  arrow::Status status = Open(WriteFile(), {"id", "missing"}).status();
  EXPECT_EQ(KindOf(status), ErrorKind::kNotFound);
  EXPECT_THAT(status.message(), HasSubstr("'missing'"));
}

TEST(ParquetReaderTest, AFileThatIsCutOffNamesTheRemedy) {
  auto bytes = WriteFile();
  for (const int64_t size :
       {int64_t{0}, int64_t{3}, bytes->size() / 2, bytes->size() - 1}) {
    arrow::Status status = Open(arrow::SliceBuffer(bytes, 0, size), {}).status();
    EXPECT_EQ(KindOf(status), ErrorKind::kData) << size;
    EXPECT_THAT(status.message(), HasSubstr("load the table in full")) << size;
  }
}

TEST(ParquetReaderTest, AFlippedBitInAPageIsDamage) {
  std::string bytes = WriteFile()->ToString();
  bytes[1000] = static_cast<char>(bytes[1000] ^ 4);
  auto reader = Open(arrow::Buffer::FromString(std::move(bytes)), {}).ValueOrDie();
  arrow::Status status;
  while (status.ok()) {
    auto batch = reader->Next();
    status = batch.status();
    if (status.ok()) {
      ASSERT_NE(*batch, nullptr) << "read to the end";
    }
  }
  EXPECT_EQ(KindOf(status), ErrorKind::kData);
}

}  // namespace
}  // namespace keelboat
