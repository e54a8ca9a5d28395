#include "sources/mysql/predicate_text.h"

#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <gtest/gtest.h>

#include "core/field_metadata.h"
#include "keelboat/error.h"

namespace keelboat::mysql {
namespace {

std::shared_ptr<arrow::Field> Field(const std::string& name, const std::string& declared,
                                    const std::shared_ptr<arrow::DataType>& type,
                                    bool nullable = false) {
  return arrow::field(name, type, nullable,
                      arrow::key_value_metadata({kSourceTypeKey}, {declared}));
}

const arrow::Schema& Schema() {
  static const arrow::Schema schema(
      {Field("id", "bigint(20)", arrow::int64()),
       Field("line", "int(11)", arrow::int32()),
       Field("note", "varchar(20)", arrow::utf8(), true),
       Field("born", "date", arrow::date32(), true),
       Field("made", "date", arrow::date32()),
       Field("size", "enum('small','large')", arrow::utf8())});
  return schema;
}

std::string Text(const Predicate& predicate) {
  auto text = PredicateText(predicate, Schema());
  return text.ok() ? *text : std::string(ErrorKindName(KindOf(text.status())));
}

Predicate Range(std::vector<std::string> columns, std::vector<std::string> lower,
                std::vector<std::string> upper) {
  Predicate predicate;
  predicate.columns = std::move(columns);
  predicate.lower = std::move(lower);
  predicate.upper = std::move(upper);
  return predicate;
}

TEST(PredicateText, RangesAreHalfOpen) {
  EXPECT_EQ(Text(Range({"id"}, {"5"}, {"9"})), "(`id` >= 5 AND `id` < 9)");
  EXPECT_EQ(Text(Range({"id"}, {"5"}, {})), "(`id` >= 5)");
  EXPECT_EQ(Text(Range({"id"}, {}, {"9"})), "(`id` < 9)");
  EXPECT_EQ(Text(Range({"id"}, {}, {})), "(TRUE)");
}

TEST(PredicateText, NullBelongsToARangeOnlyWhereItIsSaid) {
  EXPECT_EQ(Text(Range({"note"}, {}, {})), "(`note` IS NOT NULL)");
  EXPECT_EQ(Text(Range({"note"}, {}, {"m"})), "(`note` < 'm')");
  Predicate with_null = Range({"note"}, {"m"}, {});
  with_null.or_null = true;
  EXPECT_EQ(Text(with_null), "((`note` >= 'm') OR `note` <=> NULL)");
  with_null.lower.clear();
  EXPECT_EQ(Text(with_null), "(TRUE)");
  Predicate null;
  null.kind = PredicateKind::kNull;
  null.columns = {"note"};
  EXPECT_EQ(Text(null), "(`note` <=> NULL)");
}

TEST(PredicateText, ADateOfZerosIsWhereNullIs) {
  EXPECT_EQ(Text(Range({"born"}, {}, {})), "(`born` > '0000-00-00')");
  EXPECT_EQ(Text(Range({"born"}, {}, {"2024-01-31"})),
            "(`born` < '2024-01-31' AND `born` > '0000-00-00')");
  EXPECT_EQ(Text(Range({"born"}, {"2024-01-31"}, {})), "(`born` >= '2024-01-31')");
  Predicate with_null = Range({"born"}, {"2024-01-31"}, {});
  with_null.or_null = true;
  EXPECT_EQ(Text(with_null),
            "((`born` >= '2024-01-31') OR `born` <=> NULL OR `born` = '0000-00-00')");
  Predicate null;
  null.kind = PredicateKind::kNull;
  null.columns = {"born"};
  EXPECT_EQ(Text(null), "(`born` <=> NULL OR `born` = '0000-00-00')");
  // A column without null has nowhere else to put it.
  EXPECT_EQ(Text(Range({"made"}, {}, {"2024-01-31"})), "(`made` < '2024-01-31')");
}

TEST(PredicateText, ExpandsTuples) {
  EXPECT_EQ(Text(Range({"id", "line"}, {"5", "2"}, {"9", "1"})),
            "((`id` > 5 OR (`id` = 5 AND `line` >= 2)) AND "
            "(`id` < 9 OR (`id` = 9 AND `line` < 1)))");
  EXPECT_EQ(Text(Range({"id", "line"}, {"5", "2"}, {"5", "8"})),
            "(`id` = 5 AND `line` >= 2 AND `line` < 8)");
  EXPECT_EQ(Text(Range({"id", "line"}, {"5"}, {"5", "8"})),
            "(`id` >= 5 AND (`id` < 5 OR (`id` = 5 AND `line` < 8)))");
}

TEST(PredicateText, NullSortsFirstWithinATuple) {
  EXPECT_EQ(Text(Range({"id", "note"}, {}, {"5", "m"})),
            "((`id` < 5 OR (`id` = 5 AND (`note` < 'm' OR `note` <=> NULL))))");
}

TEST(PredicateText, OrNullSpeaksOfTheFirstColumn) {
  Predicate predicate = Range({"born", "id"}, {"2024-01-31", "1"}, {"2024-01-31", "7"});
  predicate.or_null = true;
  EXPECT_EQ(Text(predicate),
            "((`born` = '2024-01-31' AND `id` >= 1 AND `id` < 7) OR `born` <=> NULL OR "
            "`born` = '0000-00-00')");
}

TEST(PredicateText, ListsTheMembersOfAnEnumRange) {
  EXPECT_EQ(Text(Range({"size"}, {"small"}, {"large"})),
            "(`size` IN (1, 2) AND `size` IN (0, 1))");
  EXPECT_EQ(Text(Range({"size"}, {}, {""})), "(FALSE)");
}

TEST(PredicateText, FindsKeysByteByByte) {
  Predicate keys;
  keys.kind = PredicateKind::kKeyset;
  keys.columns = {"id"};
  keys.keys = {{"5"}, {"9"}};
  EXPECT_EQ(Text(keys), "(`id` IN (5, 9))");
  keys.columns = {"note"};
  keys.keys = {{"a"}, {"é"}};
  EXPECT_EQ(Text(keys),
            "(`note` IN ('a', 'é') AND CAST(CONVERT(`note` USING utf8mb4) AS BINARY) IN "
            "(X'61', X'C3A9'))");
  keys.columns = {"id", "line"};
  keys.keys = {{"5", "1"}, {"6", "2"}};
  EXPECT_EQ(Text(keys), "((`id` = 5 AND `line` = 1) OR (`id` = 6 AND `line` = 2))");
  keys.keys.clear();
  EXPECT_EQ(Text(keys), "(FALSE)");
}

TEST(PredicateText, RefusesWhatItCannotSay) {
  EXPECT_EQ(Text(Range({"ids"}, {"5"}, {})), "not_found");
  EXPECT_EQ(Text(Range({"id"}, {"five"}, {})), "config");
  EXPECT_EQ(Text(Range({"id"}, {"5", "6"}, {})), "internal");
  Predicate bucket;
  bucket.kind = PredicateKind::kHash;
  bucket.columns = {"id"};
  bucket.buckets = 2;
  EXPECT_EQ(Text(bucket), "unsupported");
}

}  // namespace
}  // namespace keelboat::mysql
