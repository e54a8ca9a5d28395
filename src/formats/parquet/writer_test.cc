#include "formats/parquet/writer.h"

#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/io/memory.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <parquet/arrow/reader.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/page_index.h>

#include "keelboat/error.h"

namespace keelboat {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::shared_ptr<arrow::RecordBatch> Batch(const arrow::FieldVector& fields,
                                          const arrow::ArrayVector& columns) {
  return arrow::RecordBatch::Make(arrow::schema(fields), columns[0]->length(), columns);
}

template <typename Builder, typename Value>
std::shared_ptr<arrow::Array> ArrayOf(const std::vector<Value>& values,
                                      Builder builder = Builder()) {
  for (const Value& value : values) EXPECT_TRUE(builder.Append(value).ok());
  return builder.Finish().ValueOrDie();
}

std::shared_ptr<arrow::RecordBatch> Numbers(int64_t first, int64_t count) {
  arrow::Int64Builder builder;
  for (int64_t i = 0; i < count; ++i) EXPECT_TRUE(builder.Append(first + i).ok());
  return Batch({arrow::field("id", arrow::int64(), false)},
               {builder.Finish().ValueOrDie()});
}

// Writes batches into memory and keeps what came of it.
class Written {
 public:
  explicit Written(const std::vector<std::shared_ptr<arrow::RecordBatch>>& batches,
                   ParquetOptions options = {}) {
    auto stream = arrow::io::BufferOutputStream::Create().ValueOrDie();
    auto writer = ParquetWriter::Make(batches[0]->schema(), stream, std::move(options))
                      .ValueOrDie();
    for (const auto& batch : batches) {
      arrow::Status status = writer->Write(*batch);
      EXPECT_TRUE(status.ok()) << status.ToString();
    }
    info = writer->Finish().ValueOrDie();
    bytes = stream->Finish().ValueOrDie();
  }

  std::shared_ptr<arrow::Table> Read() const {
    auto source = std::make_shared<arrow::io::BufferReader>(bytes);
    auto reader =
        ::parquet::arrow::OpenFile(source, arrow::default_memory_pool()).ValueOrDie();
    return reader->ReadTable().ValueOrDie()->CombineChunks().ValueOrDie();
  }

  std::unique_ptr<::parquet::ParquetFileReader> Open() const {
    return ::parquet::ParquetFileReader::Open(
        std::make_shared<arrow::io::BufferReader>(bytes));
  }

  std::vector<int64_t> RowGroups() const {
    auto reader = Open();
    std::vector<int64_t> rows;
    for (int group = 0; group < reader->metadata()->num_row_groups(); ++group) {
      rows.push_back(reader->metadata()->RowGroup(group)->num_rows());
    }
    return rows;
  }

  ParquetFileInfo info;
  std::shared_ptr<arrow::Buffer> bytes;
};

TEST(ParquetWriterTest, OddBatchesBecomeFullRowGroups) {
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
  int64_t next = 0;
  for (int64_t count : {1, 99, 100, 37, 1000, 0, 263}) {
    batches.push_back(Numbers(next, count));
    next += count;
  }
  ParquetOptions options;
  options.row_group_rows = 400;
  Written written(batches, options);
  EXPECT_THAT(written.RowGroups(), ElementsAre(400, 400, 400, 300));
  EXPECT_EQ(written.info.rows, 1500);
  EXPECT_EQ(written.info.row_groups, 4);
  EXPECT_EQ(written.info.bytes, written.bytes->size());
  auto table = written.Read();
  const auto& ids = static_cast<const arrow::Int64Array&>(*table->column(0)->chunk(0));
  for (int64_t row = 0; row < 1500; ++row) ASSERT_EQ(ids.Value(row), row);
}

TEST(ParquetWriterTest, ARowGroupEndsAtItsBytesToo) {
  ParquetOptions options;
  options.row_group_bytes = 800;  // 100 rows of 8 bytes.
  Written written({Numbers(0, 130), Numbers(130, 130)}, options);
  for (int64_t rows : written.RowGroups()) EXPECT_LE(rows, 100);
  EXPECT_EQ(written.info.rows, 260);
}

TEST(ParquetWriterTest, ARowGroupOfHundredsOfColumnsEndsBeforeItsEncodersHoldMuch) {
  constexpr int kColumns = 1'000;
  const auto column = Numbers(0, 20'000)->column(0);
  arrow::FieldVector fields;
  for (int i = 0; i < kColumns; ++i) {
    fields.push_back(arrow::field("c" + std::to_string(i), arrow::int64(), i >= 64));
  }
  const Written file({Batch(fields, arrow::ArrayVector(kColumns, column))});
  // 32 MiB of 8,000 bytes of data and 4 of each nullable column beyond the first 64, cut
  // by halves.
  EXPECT_EQ(file.info.row_groups, 7);
  EXPECT_TRUE(file.Read()->column(999)->chunk(0)->Equals(column));
}

TEST(ParquetWriterTest, ARowLargerThanARowGroupIsWritten) {
  ParquetOptions options;
  options.row_group_bytes = 10;
  auto batch = Batch({arrow::field("t", arrow::utf8())},
                     {ArrayOf<arrow::StringBuilder>(std::vector<std::string>{
                         std::string(100, 'a'), std::string(50, 'b')})});
  EXPECT_THAT(Written({batch}, options).RowGroups(), ElementsAre(1, 1));
}

TEST(ParquetWriterTest, TheCallerMayStopAtARowGroupsEnd) {
  auto stream = arrow::io::BufferOutputStream::Create().ValueOrDie();
  auto batch = Numbers(0, 250);
  ParquetOptions options;
  options.row_group_rows = 100;
  auto writer = ParquetWriter::Make(batch->schema(), stream, options).ValueOrDie();
  EXPECT_TRUE(writer->at_row_group_end());
  EXPECT_EQ(writer->WriteSome(*batch, 0).ValueOrDie(), 100);
  EXPECT_TRUE(writer->at_row_group_end());
  EXPECT_GT(writer->bytes_written(), 0);
  EXPECT_EQ(writer->WriteSome(*batch, 200).ValueOrDie(), 50);
  EXPECT_FALSE(writer->at_row_group_end());
  EXPECT_EQ(writer->Finish().ValueOrDie().rows, 150);
}

TEST(ParquetWriterTest, ANullInAColumnWithoutNullsIsAnErrorThatNamesIt) {
  auto stream = arrow::io::BufferOutputStream::Create().ValueOrDie();
  arrow::Int64Builder builder;
  ASSERT_TRUE(builder.AppendNull().ok());
  auto batch =
      Batch({arrow::field("id", arrow::int64(), false)}, {builder.Finish().ValueOrDie()});
  auto writer = ParquetWriter::Make(batch->schema(), stream).ValueOrDie();
  arrow::Status status = writer->Write(*batch);
  EXPECT_EQ(KindOf(status), ErrorKind::kData);
  EXPECT_EQ(DetailOf(status, "column"), "id");
  EXPECT_THAT(status.message(), HasSubstr("declared not null"));
}

TEST(ParquetWriterTest, TypesThatParquetHasNoColumnForAreRefused) {
  auto stream = arrow::io::BufferOutputStream::Create().ValueOrDie();
  for (const auto& type : {arrow::uint64(), arrow::list(arrow::int8()),
                           arrow::timestamp(arrow::TimeUnit::NANO)}) {
    auto made = ParquetWriter::Make(arrow::schema({arrow::field("c", type)}), stream);
    EXPECT_EQ(KindOf(made.status()), ErrorKind::kUnsupported) << type->ToString();
  }
}

TEST(ParquetWriterTest, StatisticsAreExactAcrossRowGroups) {
  ParquetOptions options;
  options.row_group_rows = 2;
  auto decimals = ArrayOf<arrow::Decimal128Builder>(
      std::vector<arrow::Decimal128>{5, -7, 3, 1},
      arrow::Decimal128Builder(arrow::decimal128(30, 2)));
  auto small = ArrayOf<arrow::Decimal128Builder>(
      std::vector<arrow::Decimal128>{5, -7, 3, 1},
      arrow::Decimal128Builder(arrow::decimal128(9, 2)));
  arrow::StringBuilder texts;
  ASSERT_TRUE(texts.AppendValues({"b", "\xC3\xA9", "", "a"}).ok());
  arrow::Date32Builder dates;
  ASSERT_TRUE(dates.AppendValues({10, -20, 30, 0}, {true, true, true, false}).ok());
  auto batch =
      Batch({arrow::field("d", decimals->type()), arrow::field("s", small->type()),
             arrow::field("t", arrow::utf8()), arrow::field("day", arrow::date32())},
            {decimals, small, texts.Finish().ValueOrDie(), dates.Finish().ValueOrDie()});
  auto columns = Written({batch}, options).info.columns;
  EXPECT_EQ(std::get<arrow::Decimal128>(columns[0].min), arrow::Decimal128(-7));
  EXPECT_EQ(std::get<arrow::Decimal128>(columns[0].max), arrow::Decimal128(5));
  EXPECT_EQ(std::get<arrow::Decimal128>(columns[1].min), arrow::Decimal128(-7));
  EXPECT_EQ(std::get<std::string>(columns[2].min), "");
  EXPECT_EQ(std::get<std::string>(columns[2].max), "\xC3\xA9");
  EXPECT_EQ(std::get<int64_t>(columns[3].min), -20);
  EXPECT_EQ(std::get<int64_t>(columns[3].max), 30);
  EXPECT_EQ(columns[3].null_count, 1);
}

TEST(ParquetWriterTest, NotANumberIsSeenButNotUnderANull) {
  const double nan = std::nan("");
  arrow::DoubleBuilder with;
  ASSERT_TRUE(with.AppendValues({1.0, nan, 3.0}).ok());
  arrow::DoubleBuilder hidden;
  ASSERT_TRUE(hidden.AppendValues({1.0, nan, 3.0}, {true, false, true}).ok());
  auto batch = Batch(
      {arrow::field("with", arrow::float64()), arrow::field("hidden", arrow::float64())},
      {with.Finish().ValueOrDie(), hidden.Finish().ValueOrDie()});
  auto columns = Written({batch}).info.columns;
  EXPECT_TRUE(columns[0].has_nan);
  EXPECT_FALSE(columns[1].has_nan);
  EXPECT_EQ(std::get<double>(columns[1].max), 3.0);
}

TEST(ParquetWriterTest, AValueTooLongForTheFooterStillBoundsItsColumn) {
  const std::string text(10'000, 'z');
  auto texts = ArrayOf<arrow::StringBuilder>(std::vector<std::string>{"b", text, "a"});
  auto bytes = ArrayOf<arrow::BinaryBuilder>(std::vector<std::string>{"b", text, "a"});
  auto batch =
      Batch({arrow::field("t", arrow::utf8()), arrow::field("b", arrow::binary())},
            {texts, bytes});
  ParquetOptions options;
  options.row_group_rows = 2;
  auto columns = Written({batch}, options).info.columns;
  EXPECT_EQ(std::get<std::string>(columns[0].min), "a");
  EXPECT_EQ(std::get<std::string>(columns[0].max), text);
  // Bytes have nobody who asks for their bounds.
  EXPECT_EQ(columns[1].max.index(), 0u);
}

TEST(ParquetWriterTest, BooleansAreBounded) {
  arrow::BooleanBuilder flags;
  ASSERT_TRUE(flags.AppendValues(std::vector<bool>{false, true}).ok());
  auto column = Written({Batch({arrow::field("f", arrow::boolean())},
                               {flags.Finish().ValueOrDie()})})
                    .info.columns[0];
  EXPECT_EQ(std::get<int64_t>(column.min), 0);
  EXPECT_EQ(std::get<int64_t>(column.max), 1);
}

TEST(ParquetWriterTest, FilesCarryPageIndexChecksumsAndOurName) {
  ParquetOptions options;
  options.metadata = {{"keelboat.run_id", "r1"}};
  Written written({Numbers(0, 1000)}, options);
  auto reader = written.Open();
  auto metadata = reader->metadata();
  EXPECT_THAT(metadata->created_by(), HasSubstr("keelboat"));
  EXPECT_EQ(metadata->key_value_metadata()->Get("keelboat.run_id").ValueOrDie(), "r1");
  EXPECT_FALSE(metadata->key_value_metadata()->Contains("ARROW:schema"));
  auto chunk = metadata->RowGroup(0)->ColumnChunk(0);
  EXPECT_EQ(chunk->compression(), arrow::Compression::ZSTD);
  EXPECT_TRUE(chunk->GetColumnIndexLocation().has_value());
  EXPECT_TRUE(chunk->GetOffsetIndexLocation().has_value());
  // A flipped bit in a page is found by its checksum.
  std::string damaged = written.bytes->ToString();
  damaged[static_cast<std::size_t>(chunk->data_page_offset()) + 60] ^= 1;
  ::parquet::ReaderProperties properties;
  properties.set_page_checksum_verification(true);
  ::parquet::arrow::FileReaderBuilder builder;
  ASSERT_TRUE(
      builder.Open(arrow::io::BufferReader::FromString(damaged), properties).ok());
  std::unique_ptr<::parquet::arrow::FileReader> arrow_reader;
  ASSERT_TRUE(builder.Build(&arrow_reader).ok());
  EXPECT_FALSE(arrow_reader->ReadTable().ok());
}

TEST(ParquetWriterTest, AFileWithoutRowsIsAFile) {
  Written written({Numbers(0, 0)});
  EXPECT_EQ(written.info.rows, 0);
  EXPECT_EQ(written.Read()->num_rows(), 0);
}

// A stream that takes only so many bytes.
class FullStream final : public arrow::io::OutputStream {
 public:
  explicit FullStream(int64_t room) : room_(room) {}
  arrow::Status Write(const void*, int64_t nbytes) override {
    position_ += nbytes;
    if (position_ <= room_) return arrow::Status::OK();
    return MakeError(ErrorKind::kUnavailable, "the disk is full", {{"errno", "ENOSPC"}});
  }
  using Writable::Write;
  arrow::Status Close() override { return arrow::Status::OK(); }
  arrow::Result<int64_t> Tell() const override { return position_; }
  bool closed() const override { return false; }

 private:
  const int64_t room_;
  int64_t position_ = 0;
};

TEST(ParquetWriterTest, TheStreamsErrorComesBackAsItWas) {
  for (int64_t room : {0, 10, 600}) {
    auto writer =
        ParquetWriter::Make(Numbers(0, 1)->schema(), std::make_shared<FullStream>(room))
            .ValueOrDie();
    arrow::Status status = writer->Write(*Numbers(0, 200'000));
    if (status.ok()) status = writer->Finish().status();
    EXPECT_EQ(KindOf(status), ErrorKind::kUnavailable) << room;
    EXPECT_EQ(DetailOf(status, "errno"), "ENOSPC") << room;
  }
}

}  // namespace
}  // namespace keelboat
