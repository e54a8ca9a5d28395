#include "formats/parquet/dictionary_choice.h"

#include <memory>
#include <string>
#include <vector>

#include <arrow/array.h>
#include <arrow/array/concatenate.h>
#include <arrow/array/util.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace keelboat {
namespace {

using testing::ElementsAre;

// Text values `value % distinct`, each `length` bytes long.
std::shared_ptr<arrow::Array> Texts(int64_t rows, int64_t distinct, std::size_t length) {
  arrow::StringBuilder builder;
  for (int64_t row = 0; row < rows; ++row) {
    std::string text = std::to_string(row % distinct);
    text.resize(length, '.');
    EXPECT_TRUE(builder.Append(text).ok());
  }
  return builder.Finish().ValueOrDie();
}

std::shared_ptr<arrow::Array> Numbers(int64_t rows, int64_t distinct) {
  arrow::Int64Builder builder;
  for (int64_t row = 0; row < rows; ++row) {
    EXPECT_TRUE(builder.Append(row % distinct).ok());
  }
  return builder.Finish().ValueOrDie();
}

std::vector<bool> Choose(const arrow::ArrayVector& columns) {
  arrow::FieldVector fields;
  for (const auto& column : columns) fields.push_back(arrow::field("c", column->type()));
  return ChooseDictionaries(
      *arrow::RecordBatch::Make(arrow::schema(fields), columns[0]->length(), columns));
}

TEST(DictionaryChoiceTest, RepeatedValuesGetADictionaryAndKeysDoNot) {
  constexpr int64_t kRows = 40'000;
  EXPECT_THAT(Choose({Texts(kRows, 27, 2), Texts(kRows, kRows, 32), Numbers(kRows, 100),
                      Numbers(kRows, kRows)}),
              ElementsAre(true, false, true, false));
}

TEST(DictionaryChoiceTest, ADictionaryThatWouldGrowTooLargeIsNotBegun) {
  EXPECT_THAT(Choose({Texts(30'000, 10'000, 200)}), ElementsAre(false));
}

TEST(DictionaryChoiceTest, NullsAreNoValues) {
  auto nulls = arrow::MakeArrayOfNull(arrow::utf8(), 1000).ValueOrDie();
  EXPECT_THAT(Choose({nulls}), ElementsAre(true));
}

TEST(DictionaryChoiceTest, ASliceIsJudgedByItsOwnRows) {
  auto all =
      arrow::Concatenate({Numbers(20'000, 20'000), Numbers(20'000, 3)}).ValueOrDie();
  EXPECT_THAT(Choose({all->Slice(20'000)}), ElementsAre(true));
  EXPECT_THAT(Choose({all->Slice(0, 20'000)}), ElementsAre(false));
}

TEST(DictionaryChoiceTest, AnEmptyBatchDecidesNothing) {
  EXPECT_THAT(Choose({Numbers(0, 1)}), ElementsAre(true));
}

}  // namespace
}  // namespace keelboat
