// Chunks of every type and shape, read back by Arrow's reader with checksums verified.

#include "formats/parquet/column_encoder.h"

#include <cmath>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <arrow/array.h>
#include <arrow/array/util.h>
#include <arrow/builder.h>
#include <arrow/compare.h>
#include <arrow/io/memory.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <parquet/arrow/reader.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/page_index.h>

#include "formats/parquet/value_statistics.h"
#include "formats/parquet/writer.h"
#include "keelboat/error.h"

namespace keelboat {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using Random = std::mt19937_64;
using ArrayPtr = std::shared_ptr<arrow::Array>;

ArrayPtr Made(arrow::ArrayBuilder* builder) { return builder->Finish().ValueOrDie(); }

// Calls `append(distinct value)` or appends null, `rows` times.
template <typename Builder, typename Append>
ArrayPtr Fill(Builder builder, int64_t rows, uint64_t distinct, bool nulls,
              const Append& append) {
  Random random(distinct + (nulls ? 1 : 0));
  for (int64_t row = 0; row < rows; ++row) {
    const uint64_t value = random() % distinct;
    const bool null = nulls && (random() % 5 == 0 || row / 1000 % 4 == 0);
    EXPECT_TRUE((null ? builder.AppendNull() : append(builder, value)).ok());
  }
  return Made(&builder);
}

template <typename Builder>
ArrayPtr Numbers(Builder builder, int64_t rows, uint64_t distinct, bool nulls) {
  return Fill(std::move(builder), rows, distinct, nulls, [](auto& out, uint64_t value) {
    using Value = std::decay_t<decltype(out.GetValue(0))>;
    const auto number = static_cast<Value>(value * 0x9E3779B97F4A7C15u >> 40);
    return out.Append(value % 2 == 0 ? number : static_cast<Value>(-number));
  });
}

ArrayPtr Decimals(int precision, int64_t rows, uint64_t distinct, bool nulls) {
  return Fill(
      arrow::Decimal128Builder(arrow::decimal128(precision, 2)), rows, distinct, nulls,
      [&](auto& out, uint64_t value) {
        arrow::Decimal128 number(static_cast<int64_t>(value * 0x9E3779B97F4A7C15u >> 40));
        if (precision > 18) number *= arrow::Decimal128(1'000'000'000'000'000);
        if (precision < 9) number /= arrow::Decimal128(100);
        return out.Append(value % 2 == 0 ? number : -number);
      });
}

std::string TextOf(uint64_t value) {
  std::string text = std::to_string(value * 0x9E3779B97F4A7C15u);
  if (value % 7 == 0) text += text + "\xC3\xA9" + text;
  return text.substr(value % 4);
}

template <typename Builder>
ArrayPtr Texts(int64_t rows, uint64_t distinct, bool nulls) {
  return Fill(Builder(), rows, distinct, nulls,
              [](auto& out, uint64_t value) { return out.Append(TextOf(value)); });
}

std::vector<std::pair<std::string, ArrayPtr>> EveryType(int64_t rows, uint64_t distinct,
                                                        bool nulls) {
  const auto micros = arrow::timestamp(arrow::TimeUnit::MICRO);
  return {
      {"flag",
       Fill(arrow::BooleanBuilder(), rows, distinct, nulls,
            [](auto& out, uint64_t value) { return out.Append(value % 2 == 0); })},
      {"i8", Numbers(arrow::Int8Builder(), rows, distinct, nulls)},
      {"i16", Numbers(arrow::Int16Builder(), rows, distinct, nulls)},
      {"i32", Numbers(arrow::Int32Builder(), rows, distinct, nulls)},
      {"i64", Numbers(arrow::Int64Builder(), rows, distinct, nulls)},
      {"f32", Numbers(arrow::FloatBuilder(), rows, distinct, nulls)},
      {"f64", Numbers(arrow::DoubleBuilder(), rows, distinct, nulls)},
      {"day", Numbers(arrow::Date32Builder(), rows, distinct, nulls)},
      {"at", Numbers(arrow::TimestampBuilder(micros, arrow::default_memory_pool()), rows,
                     distinct, nulls)},
      {"d7", Decimals(7, rows, distinct, nulls)},
      {"d15", Decimals(15, rows, distinct, nulls)},
      {"d30", Decimals(30, rows, distinct, nulls)},
      {"d38", Decimals(38, rows, distinct, nulls)},
      {"text", Texts<arrow::StringBuilder>(rows, distinct, nulls)},
      {"bytes", Texts<arrow::BinaryBuilder>(rows, distinct, nulls)},
  };
}

std::shared_ptr<arrow::RecordBatch> BatchOf(
    const std::vector<std::pair<std::string, ArrayPtr>>& columns, bool nullable) {
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (const auto& [name, array] : columns) {
    fields.push_back(arrow::field(name, array->type(), nullable));
    arrays.push_back(array);
  }
  return arrow::RecordBatch::Make(arrow::schema(fields), arrays[0]->length(), arrays);
}

class File {
 public:
  File(const arrow::RecordBatch& batch, int64_t batch_rows, ParquetOptions options = {}) {
    auto stream = arrow::io::BufferOutputStream::Create().ValueOrDie();
    auto writer =
        ParquetWriter::Make(batch.schema(), stream, std::move(options)).ValueOrDie();
    for (int64_t offset = 0; offset < batch.num_rows(); offset += batch_rows) {
      auto status = writer->Write(*batch.Slice(offset, batch_rows));
      EXPECT_TRUE(status.ok()) << status.ToString();
    }
    info = writer->Finish().ValueOrDie();
    bytes = stream->Finish().ValueOrDie();
  }

  std::shared_ptr<arrow::Table> Read() const {
    ::parquet::ReaderProperties properties;
    properties.set_page_checksum_verification(true);
    ::parquet::arrow::FileReaderBuilder builder;
    EXPECT_TRUE(
        builder.Open(std::make_shared<arrow::io::BufferReader>(bytes), properties).ok());
    std::unique_ptr<::parquet::arrow::FileReader> reader;
    EXPECT_TRUE(builder.Build(&reader).ok());
    return reader->ReadTable().ValueOrDie()->CombineChunks().ValueOrDie();
  }

  std::unique_ptr<::parquet::ParquetFileReader> Open() const {
    return ::parquet::ParquetFileReader::Open(
        std::make_shared<arrow::io::BufferReader>(bytes));
  }

  bool HasDictionary(int group, int column) const {
    auto metadata = Open()->metadata();
    return metadata->RowGroup(group)->ColumnChunk(column)->has_dictionary_page();
  }

  ParquetFileInfo info;
  std::shared_ptr<arrow::Buffer> bytes;
};

// distinct values, nulls
class EveryTypeTest : public testing::TestWithParam<std::pair<uint64_t, bool>> {};

TEST_P(EveryTypeTest, ComesBackWithItsStatistics) {
  const auto [distinct, nulls] = GetParam();
  constexpr int64_t kRows = 50'000;
  auto batch = BatchOf(EveryType(kRows, distinct, nulls), nulls);
  ParquetOptions options;
  options.row_group_rows = 33'000;
  const File file(*batch, 7'001, options);
  auto table = file.Read();
  ASSERT_EQ(table->num_rows(), kRows);
  ValueStatistics expected(batch->num_columns());
  ASSERT_TRUE(expected.Add(*batch).ok());
  const std::vector<ColumnStatistics> truths = expected.Columns();
  for (int column = 0; column < batch->num_columns(); ++column) {
    const std::string& name = batch->schema()->field(column)->name();
    EXPECT_TRUE(table->column(column)->chunk(0)->Equals(
        batch->column(column), arrow::EqualOptions().signed_zeros_equal(false)))
        << name;
    const auto& told = file.info.columns[static_cast<std::size_t>(column)];
    const auto& truth = truths[static_cast<std::size_t>(column)];
    EXPECT_EQ(told.null_count, truth.null_count) << name;
    EXPECT_EQ(told.min, truth.min) << name;
    EXPECT_EQ(told.max, truth.max) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, EveryTypeTest,
                         testing::Values(std::pair{1, false}, std::pair{1, true},
                                         std::pair{60, false}, std::pair{60, true},
                                         std::pair{9'000, false}, std::pair{9'000, true},
                                         std::pair{uint64_t{1} << 40, false},
                                         std::pair{uint64_t{1} << 40, true}),
                         [](const auto& shape) {
                           return std::to_string(shape.param.first) +
                                  (shape.param.second ? "_with_nulls" : "_without_nulls");
                         });

TEST(ColumnEncoderTest, AColumnOfNullsHasNoBounds) {
  std::vector<std::pair<std::string, ArrayPtr>> columns;
  for (const auto& [name, array] : EveryType(1, 1, false)) {
    columns.emplace_back(name,
                         arrow::MakeArrayOfNull(array->type(), 30'000).ValueOrDie());
  }
  auto batch = BatchOf(columns, true);
  const File file(*batch, 30'000);
  EXPECT_TRUE(
      file.Read()->Equals(*arrow::Table::FromRecordBatches({batch}).ValueOrDie()));
  for (const auto& column : file.info.columns) {
    EXPECT_EQ(column.null_count, 30'000);
    EXPECT_EQ(column.min.index(), 0u);
  }
}

ArrayPtr Sequence(int64_t rows, const std::function<int64_t(int64_t)>& value) {
  arrow::Int64Builder builder;
  for (int64_t row = 0; row < rows; ++row) EXPECT_TRUE(builder.Append(value(row)).ok());
  return Made(&builder);
}

TEST(ColumnEncoderTest, OnlyWhatRepeatsHasADictionary) {
  Random random(3);
  const int64_t rows = 100'000;
  auto batch = BatchOf(
      {{"few", Sequence(rows, [&](int64_t) { return random() % 100; })},
       {"thousands", Sequence(rows, [&](int64_t) { return random() % 10'000; })},
       {"key", Sequence(rows, [](int64_t row) { return row * 7919 % 100'003; })},
       {"pairs", Sequence(rows, [](int64_t row) { return row / 2 * 7919 % 100'003; })},
       {"ordered", Sequence(rows, [](int64_t row) { return row / 4; })},
       {"long_runs", Sequence(rows, [](int64_t row) { return row / 10'000; })},
       {"text", Texts<arrow::StringBuilder>(rows, 50, false)},
       {"long_text", Texts<arrow::StringBuilder>(rows, 1 << 30, false)}},
      false);
  const File file(*batch, rows);
  std::vector<bool> dictionaries;
  for (int column = 0; column < batch->num_columns(); ++column) {
    dictionaries.push_back(file.HasDictionary(0, column));
  }
  EXPECT_THAT(dictionaries,
              ElementsAre(true, true, false, true, false, true, true, false));
  EXPECT_TRUE(
      file.Read()->Equals(*arrow::Table::FromRecordBatches({batch}).ValueOrDie()));
}

TEST(ColumnEncoderTest, EachRowGroupIsJudgedByItsOwnValues) {
  // Repeats, then does not, then does again.
  auto batch = BatchOf({{"c", Sequence(60'000,
                                       [](int64_t row) {
                                         return row / 20'000 == 1 ? row * 7919 % 100'003
                                                                  : row * 7919 % 10;
                                       })}},
                       false);
  ParquetOptions options;
  options.row_group_rows = 20'000;
  const File file(*batch, 60'000, options);
  EXPECT_TRUE(file.HasDictionary(0, 0));
  EXPECT_FALSE(file.HasDictionary(1, 0));
  EXPECT_TRUE(file.HasDictionary(2, 0));
  EXPECT_TRUE(
      file.Read()->Equals(*arrow::Table::FromRecordBatches({batch}).ValueOrDie()));
}

TEST(ColumnEncoderTest, ADictionaryThatGrowsTooLargeIsGivenUpWithNothingLost) {
  // 200 bytes each, the first pages repeat: more than a MiB of distinct values later.
  arrow::StringBuilder builder;
  for (int64_t row = 0; row < 80'000; ++row) {
    std::string text = std::to_string(row < 40'000 ? row % 10 : row % 16'000);
    text.resize(200, '.');
    ASSERT_TRUE((row % 11 == 0 ? builder.AppendNull() : builder.Append(text)).ok());
  }
  auto batch = BatchOf({{"c", Made(&builder)}}, true);
  const File file(*batch, 9'999);
  EXPECT_FALSE(file.HasDictionary(0, 0));
  EXPECT_TRUE(
      file.Read()->Equals(*arrow::Table::FromRecordBatches({batch}).ValueOrDie()));
}

TEST(ColumnEncoderTest, PagesTellTheirOwnBounds) {
  auto batch =
      BatchOf({{"plain", Sequence(50'000, [](int64_t row) { return row; })},
               {"dictionary", Sequence(50'000, [](int64_t row) { return row / 10'000; })},
               {"text", Texts<arrow::StringBuilder>(50'000, 50, true)}},
              true);
  const File file(*batch, 8'000);
  auto reader = file.Open();
  auto group = reader->GetPageIndexReader()->RowGroup(0);
  auto index = group->GetColumnIndex(0);
  auto offsets = group->GetOffsetIndex(0);
  const auto& pages =
      static_cast<const ::parquet::TypedColumnIndex<::parquet::Int64Type>&>(*index);
  ASSERT_EQ(pages.min_values().size(), offsets->page_locations().size());
  for (std::size_t page = 0; page < pages.min_values().size(); ++page) {
    const int64_t first = offsets->page_locations()[page].first_row_index;
    const int64_t next = page + 1 < offsets->page_locations().size()
                             ? offsets->page_locations()[page + 1].first_row_index
                             : 50'000;
    EXPECT_EQ(pages.min_values()[page], first);
    EXPECT_EQ(pages.max_values()[page], next - 1);
  }
  EXPECT_GT(pages.min_values().size(), 1u);
  auto texts = group->GetColumnIndex(2);
  EXPECT_TRUE(texts->has_null_counts());
  int64_t nulls = 0;
  for (int64_t count : texts->null_counts()) nulls += count;
  EXPECT_EQ(nulls, batch->column(2)->null_count());
}

TEST(ColumnEncoderTest, EmptyTextsNeedNoBuffer) {
  auto texts = Fill(arrow::StringBuilder(), 5, 1, false,
                    [](auto& out, uint64_t) { return out.Append(""); });
  auto data = texts->data()->Copy();
  data->buffers[2] = nullptr;
  auto batch = BatchOf({{"t", arrow::MakeArray(data)}}, false);
  EXPECT_TRUE(File(*batch, 5).Read()->column(0)->chunk(0)->Equals(texts));
}

TEST(ColumnEncoderTest, FloatsKeepTheirBits) {
  const double nan = std::nan("");
  arrow::DoubleBuilder builder;
  ASSERT_TRUE(builder.AppendValues({0.0, -0.0, nan, 1.5, 0.0, -0.0}).ok());
  auto batch = BatchOf({{"f", Made(&builder)}}, false);
  auto column = File(*batch, 6).Read()->column(0)->chunk(0);
  const auto& read = static_cast<const arrow::DoubleArray&>(*column);
  for (int64_t row = 0; row < 6; ++row) {
    const auto& written = static_cast<const arrow::DoubleArray&>(*batch->column(0));
    EXPECT_EQ(std::signbit(read.Value(row)), std::signbit(written.Value(row))) << row;
    EXPECT_EQ(std::isnan(read.Value(row)), std::isnan(written.Value(row))) << row;
  }
  const auto statistics = File(*batch, 6).info.columns[0];
  EXPECT_TRUE(std::signbit(std::get<double>(statistics.min)));
}

TEST(ColumnEncoderTest, ADecimalOfMoreDigitsThanItsTypeIsNotCut) {
  // As many digits as the type has, one more of either sign, more than are stored.
  for (const int precision : {5, 9, 10, 18, 19, 23, 37}) {
    const arrow::Decimal128 most(std::string(static_cast<std::size_t>(precision), '9'));
    const arrow::Decimal128 more = most + arrow::Decimal128(1);
    const arrow::Decimal128 longest(std::string(38, '9'));
    for (const arrow::Decimal128& value : std::vector<arrow::Decimal128>{
             most, arrow::Decimal128(-most), more, arrow::Decimal128(-more), longest}) {
      arrow::Decimal128Builder builder(arrow::decimal128(precision, 0));
      ASSERT_TRUE(builder.AppendNull().ok());
      ASSERT_TRUE(builder.Append(value).ok());
      auto batch = BatchOf({{"price", Made(&builder)}}, true);
      auto stream = arrow::io::BufferOutputStream::Create().ValueOrDie();
      auto writer = ParquetWriter::Make(batch->schema(), stream).ValueOrDie();
      const arrow::Status status = writer->Write(*batch);
      if (value.FitsInPrecision(precision)) {
        EXPECT_TRUE(status.ok()) << status.ToString();
        continue;
      }
      EXPECT_EQ(KindOf(status), ErrorKind::kData) << precision << " " << value;
      EXPECT_THAT(status.message(), HasSubstr("price"));
    }
  }
}

}  // namespace
}  // namespace keelboat
