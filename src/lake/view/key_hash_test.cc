#include "lake/view/key_hash.h"

#include <memory>
#include <set>
#include <string>
#include <vector>

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/type.h>
#include <arrow/util/decimal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"
#include "lake/view/key_digest.h"

namespace keelboat {
namespace {

template <typename Builder, typename Value>
std::shared_ptr<arrow::Array> ArrayOf(const std::vector<Value>& values,
                                      Builder builder = Builder()) {
  for (const Value& value : values) EXPECT_TRUE(builder.Append(value).ok());
  return builder.Finish().ValueOrDie();
}

std::vector<KeyHash> HashesOf(const arrow::ArrayVector& columns) {
  arrow::FieldVector fields;
  std::vector<std::string> key;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    key.push_back("k" + std::to_string(i));
    fields.push_back(arrow::field(key.back(), columns[i]->type()));
  }
  auto batch =
      arrow::RecordBatch::Make(arrow::schema(fields), columns[0]->length(), columns);
  std::vector<KeyHash> hashes;
  EXPECT_TRUE(HashKeys(*batch, key, &hashes).ok());
  return hashes;
}

using Texts = std::vector<std::string>;

TEST(KeyHashTest, DifferentKeysAreDifferent) {
  auto hashes =
      HashesOf({ArrayOf<arrow::StringBuilder, std::string>({"a", "ab", "", "A"}),
                ArrayOf<arrow::StringBuilder, std::string>({"bc", "c", "", "bc"})});
  EXPECT_EQ(std::set<KeyHash>(hashes.begin(), hashes.end()).size(), 4u);
  arrow::StringBuilder builder;
  ASSERT_TRUE(builder.AppendNull().ok());
  ASSERT_TRUE(builder.Append("").ok());
  auto null_and_empty = HashesOf({builder.Finish().ValueOrDie()});
  EXPECT_NE(null_and_empty[0], null_and_empty[1]);
  // The order of the columns counts.
  auto one = ArrayOf<arrow::Int64Builder, int64_t>({1});
  auto two = ArrayOf<arrow::Int64Builder, int64_t>({2});
  EXPECT_NE(HashesOf({one, two}), HashesOf({two, one}));
  EXPECT_NE(HashesOf({ArrayOf<arrow::StringBuilder, std::string>({"a"})}),
            HashesOf({ArrayOf<arrow::BinaryBuilder, std::string>({"a"})}));
}

TEST(KeyHashTest, EqualValuesAreEqualWhateverHoldsThem) {
  const auto five = HashesOf({ArrayOf<arrow::Int64Builder, int64_t>({5})});
  EXPECT_EQ(HashesOf({ArrayOf<arrow::Int8Builder, int8_t>({5})}), five);
  EXPECT_EQ(HashesOf({ArrayOf<arrow::Int32Builder, int32_t>({5})}), five);
  EXPECT_EQ(HashesOf({ArrayOf<arrow::LargeStringBuilder, std::string>({"é"})}),
            HashesOf({ArrayOf<arrow::StringBuilder, std::string>({"é"})}));
  EXPECT_EQ(HashesOf({ArrayOf<arrow::DoubleBuilder, double>({-0.0})}),
            HashesOf({ArrayOf<arrow::FloatBuilder, float>({0.0F})}));
}

// XXH3 does not change from one version of the library to the next; nor may the bytes.
TEST(KeyHashTest, HashesAreStable) {
  const auto hashes =
      HashesOf({ArrayOf<arrow::Int64Builder, int64_t>({1, -1}),
                ArrayOf<arrow::StringBuilder, std::string>({"a", "ção"})});
  EXPECT_EQ(hashes[0], (KeyHash{0xff99e82b904b96f5, 0x0797dd2a5d06ab80}));
  EXPECT_EQ(hashes[1], (KeyHash{0x505bd9aedca68168, 0x1e80d27278579a53}));
}

TEST(KeyHashTest, WhatCannotBeAKeyIsNamed) {
  auto schema =
      arrow::schema({arrow::field("at", arrow::time32(arrow::TimeUnit::SECOND))});
  auto batch = arrow::RecordBatch::MakeEmpty(schema).ValueOrDie();
  std::vector<KeyHash> hashes;
  EXPECT_EQ(KindOf(HashKeys(*batch, {"at"}, &hashes)), ErrorKind::kUnsupported);
  arrow::Status missing = HashKeys(*batch, {"id"}, &hashes);
  EXPECT_EQ(KindOf(missing), ErrorKind::kNotFound);
  EXPECT_THAT(missing.message(), testing::HasSubstr("'id'"));
}

TEST(KeyDigestTest, TheOrderDoesNotCountAndEveryKeyDoes) {
  auto digest = [](const std::vector<int64_t>& ids) {
    KeyDigest result;
    for (const KeyHash& hash : HashesOf({ArrayOf<arrow::Int64Builder, int64_t>(ids)})) {
      result.Add(hash);
    }
    return result;
  };
  EXPECT_EQ(digest({1, 2, 3}), digest({3, 1, 2}));
  EXPECT_NE(digest({1, 2, 3}), digest({1, 2, 4}));
  EXPECT_NE(digest({1, 2, 3}), digest({1, 2}));
  EXPECT_NE(digest({1, 1, 2}), digest({1, 2, 2}));
  EXPECT_EQ(digest({1, 2, 3}).count, 3);
  EXPECT_THAT(digest({1, 2}).ToString(), testing::StartsWith("2 keys, sum "));
  KeyDigest carried{0, {1, ~uint64_t{0}}};
  carried.Add(KeyHash{2, 1});
  EXPECT_EQ(carried, (KeyDigest{1, {4, 0}}));
}

}  // namespace
}  // namespace keelboat
