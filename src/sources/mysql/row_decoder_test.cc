#include "sources/mysql/row_decoder.h"

#include <memory>
#include <random>
#include <string>
#include <vector>

#include <arrow/array.h>
#include <arrow/memory_pool.h>
#include <arrow/scalar.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"

namespace keelboat::mysql {
namespace {

using ::testing::HasSubstr;
using Bytes = std::vector<uint8_t>;

DecodedTable TableOf(std::vector<ColumnType> types) {
  DecodedTable table;
  table.source = "shop";
  table.table = "t";
  arrow::FieldVector fields;
  for (std::size_t i = 0; i < types.size(); ++i) {
    fields.push_back(arrow::field("c" + std::to_string(i), types[i].arrow));
  }
  table.schema = arrow::schema(std::move(fields));
  table.types = std::move(types);
  return table;
}

ColumnType Int() { return {CellKind::kFixed4, arrow::int32(), ""}; }
ColumnType Text() { return {CellKind::kText, arrow::utf8(), ""}; }
ColumnType Raw() { return {CellKind::kBytes, arrow::binary(), ""}; }

// One column of every kind, and a row that fills it.
std::vector<ColumnType> EveryKind() {
  return {{CellKind::kFixed1, arrow::int8(), ""},
          {CellKind::kFixed2, arrow::int16(), ""},
          Int(),
          {CellKind::kFixed8, arrow::float64(), ""},
          {CellKind::kBit, arrow::uint64(), ""},
          {CellKind::kDecimal128, arrow::decimal128(10, 2), ""},
          {CellKind::kDecimal256, arrow::decimal256(50, 2), ""},
          {CellKind::kDate, arrow::date32(), ""},
          {CellKind::kDateTime, arrow::timestamp(arrow::TimeUnit::MICRO), ""},
          {CellKind::kTime, arrow::duration(arrow::TimeUnit::MICRO), ""},
          Text(),
          Raw(),
          {CellKind::kGeometry, arrow::binary(), ""}};
}

Bytes EveryKindRow() {
  return {0,  0,    0,                                // no nulls in 13 columns
          7,                                          // int8
          1,  1,                                      // int16
          2,  0,    0,    0,                          // int32
          0,  0,    0,    0,   0,   0,   0xF0, 0x3F,  // 1.0
          2,  1,    1,                                // bit: 257
          4,  '1',  '.',  '2', '5',                   // decimal
          5,  '-',  '9',  '.', '9', '9',              // wide decimal
          4,  0xE8, 0x07, 2,   29,                    // 2024-02-29
          11, 0xE8, 0x07, 2,   29,  23,  59,   58,   1, 0, 0, 0,   12,   1,    1,
          0,  0,    0,    2,   3,   4,   5,    0,    0, 0, 3, 'a', 0xC3, 0xA9,  // "aé"
          2,  0xFF, 0,                                                          // bytes
          13, 0,    0,    0,   0,   1,   1,    0,    0, 0, 9, 9,   9,    9};
}

arrow::Status AppendRow(RowDecoder* decoder, const Bytes& row) {
  // A copy of exactly the row's size: the sanitizer sees every byte read behind it.
  std::unique_ptr<uint8_t[]> exact(new uint8_t[row.size()]);
  std::copy(row.begin(), row.end(), exact.get());
  return decoder->Append(exact.get(), static_cast<int64_t>(row.size()));
}

TEST(RowDecoder, DecodesEveryKind) {
  RowDecoder decoder(TableOf(EveryKind()), arrow::default_memory_pool());
  ASSERT_TRUE(AppendRow(&decoder, EveryKindRow()).ok());
  auto batch = decoder.Finish().ValueOrDie();
  ASSERT_TRUE(batch->ValidateFull().ok());
  std::string text;
  for (const auto& column : batch->columns()) {
    text += column->GetScalar(0).ValueOrDie()->ToString() + "|";
  }
  using std::string_literals::operator""s;
  EXPECT_EQ(text,
            "7|257|2|1|257|1.25|-9.99|2024-02-29|2024-02-29 23:59:58.000001|-93784000005|"
            "aé|\xFF\0|\1\1\0\0\0\t\t\t\t|"s);
}

TEST(RowDecoder, RefusesEveryRowThatWasCutShort) {
  const Bytes whole = EveryKindRow();
  for (std::size_t length = 0; length < whole.size(); ++length) {
    RowDecoder decoder(TableOf(EveryKind()), arrow::default_memory_pool());
    Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    arrow::Status status = AppendRow(&decoder, cut);
    ASSERT_FALSE(status.ok()) << length;
    ASSERT_EQ(KindOf(status), ErrorKind::kUnavailable) << length;
  }
}

TEST(RowDecoder, RefusesBytesBehindTheLastCell) {
  Bytes row = EveryKindRow();
  row.push_back(0);
  RowDecoder decoder(TableOf(EveryKind()), arrow::default_memory_pool());
  EXPECT_FALSE(AppendRow(&decoder, row).ok());
}

// Whatever comes, nothing outside the row is touched and no broken batch comes out.
TEST(RowDecoder, SurvivesDamagedRows) {
  std::mt19937 random(20240229);
  const Bytes whole = EveryKindRow();
  int accepted = 0;
  for (int round = 0; round < 20000; ++round) {
    RowDecoder decoder(TableOf(EveryKind()), arrow::default_memory_pool());
    Bytes row = whole;
    for (int changes = 1 + static_cast<int>(random() % 3); changes > 0; --changes) {
      row[random() % row.size()] = static_cast<uint8_t>(random());
    }
    if (!AppendRow(&decoder, row).ok()) continue;
    auto batch = decoder.Finish();
    if (!batch.ok()) continue;
    ++accepted;
    ASSERT_TRUE((*batch)->ValidateFull().ok());
  }
  EXPECT_GT(accepted, 0);
}

TEST(RowDecoder, KeepsNullsApartFromZerosAndEmptyText) {
  RowDecoder decoder(TableOf({Int(), Text()}), arrow::default_memory_pool());
  ASSERT_TRUE(AppendRow(&decoder, {0, 0b0000, 0, 0, 0, 0, 0}).ok());
  ASSERT_TRUE(AppendRow(&decoder, {0, 0b1100}).ok());
  ASSERT_TRUE(AppendRow(&decoder, {0, 0b0100, 1, 'x'}).ok());
  auto batch = decoder.Finish().ValueOrDie();
  ASSERT_TRUE(batch->ValidateFull().ok());
  EXPECT_EQ(batch->column(0)->null_count(), 2);
  EXPECT_EQ(batch->column(1)->null_count(), 1);
  EXPECT_EQ(static_cast<const arrow::StringArray&>(*batch->column(1)).GetView(0), "");
  EXPECT_EQ(static_cast<const arrow::StringArray&>(*batch->column(1)).GetView(2), "x");
}

TEST(RowDecoder, BeginsAnewAfterEachBatch) {
  RowDecoder decoder(TableOf({Text()}), arrow::default_memory_pool());
  for (std::size_t batch_number = 0; batch_number < 3; ++batch_number) {
    for (std::size_t row = 0; row < 100; ++row) {
      const std::size_t length = row * batch_number;
      Bytes bytes(5 + length, 'y');
      bytes[0] = bytes[1] = 0;
      bytes[2] = 252;
      bytes[3] = static_cast<uint8_t>(length & 0xFF);
      bytes[4] = static_cast<uint8_t>(length >> 8);
      ASSERT_TRUE(AppendRow(&decoder, bytes).ok());
    }
    auto batch = decoder.Finish().ValueOrDie();
    ASSERT_TRUE(batch->ValidateFull().ok());
    const auto& column = static_cast<const arrow::StringArray&>(*batch->column(0));
    EXPECT_EQ(column.GetView(99).size(), 99 * batch_number);
    EXPECT_EQ(decoder.rows(), 0);
  }
}

TEST(RowDecoder, CutsBatchesByBytes) {
  RowDecoder decoder(TableOf({Raw()}), arrow::default_memory_pool());
  Bytes row = {0, 0, 253, 0, 0, 16};  // one cell of 1 MiB
  row.resize(6 + (1 << 20));
  int rows = 0;
  while (!decoder.full()) {
    ASSERT_TRUE(AppendRow(&decoder, row).ok());
    ++rows;
  }
  EXPECT_EQ(rows, 16);
  ASSERT_TRUE(decoder.Finish().ok());
}

TEST(RowDecoder, FindsTheCellThatBreaksUtf8) {
  // Together the two cells are valid UTF-8; each by itself is not.
  RowDecoder decoder(TableOf({Text()}), arrow::default_memory_pool());
  ASSERT_TRUE(AppendRow(&decoder, {0, 0, 1, 0xC3}).ok());
  ASSERT_TRUE(AppendRow(&decoder, {0, 0, 1, 0xA9}).ok());
  auto batch = decoder.Finish();
  ASSERT_FALSE(batch.ok());
  EXPECT_EQ(KindOf(batch.status()), ErrorKind::kData);
  EXPECT_THAT(batch.status().message(),
              HasSubstr("column c0 of table t holds '\\xC3' (row 1 of the read)"));
}

TEST(RowDecoder, NumbersRowsAcrossBatches) {
  RowDecoder decoder(TableOf({{CellKind::kDate, arrow::date32(), ""}}),
                     arrow::default_memory_pool());
  ASSERT_TRUE(AppendRow(&decoder, {0, 0, 4, 0xE8, 0x07, 1, 1}).ok());
  ASSERT_TRUE(decoder.Finish().ok());
  ASSERT_TRUE(AppendRow(&decoder, {0, 0, 4, 0xE8, 0x07, 1, 2}).ok());
  arrow::Status status = AppendRow(&decoder, {0, 0, 0});
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(DetailOf(status, "row"), "3");
  EXPECT_EQ(DetailOf(status, "value"), "0000-00-00");
}

}  // namespace
}  // namespace keelboat::mysql
