// The source against other dialects than MariaDB's: a real MySQL 5.6, and MySQL 8's as
// go-mysql-server speaks it.

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <arrow/array.h>
#include <arrow/util/key_value_metadata.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/field_metadata.h"
#include "keelboat/error.h"
#include "sources/mysql/predicate_text.h"
#include "support/dialect_fixture.h"

namespace keelboat::mysql {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Dialect : public DialectTest {
 protected:
  // One that folds case and accents.
  static std::string Collation() {
    return IsGo() ? "utf8mb4_0900_ai_ci" : "utf8mb4_unicode_ci";
  }

  // Of the numbers of rows to cut; every look-up in the Go server is a scan.
  static int Digits() { return IsGo() ? 3 : 4; }

  // The first column's values, as text.
  static std::vector<std::string> Texts(const ReadResult& result) {
    std::vector<std::string> texts;
    for (const auto& batch : result.batches) {
      const auto& column = static_cast<const arrow::StringArray&>(*batch->column(0));
      for (int64_t i = 0; i < column.length(); ++i) texts.push_back(column.GetString(i));
    }
    return texts;
  }

  // Cuts a table into pieces, and fails where they are not disjoint and complete, or
  // hold other rows when they are read.
  static Split Cut(const std::string& table, int pieces,
                   const std::vector<std::string>& on) {
    auto source = ShopSource();
    Relation relation = source->DescribeTable(table, {}).ValueOrDie();
    SplitRequest request;
    request.pieces = pieces;
    request.least_rows = 100;
    request.on = on;
    auto split = source->SplitRelation(relation, request, {});
    if (!split.ok()) {
      ADD_FAILURE() << split.status().ToString();
      return {};
    }
    int64_t sum = 0;
    int64_t largest = 0;
    for (const auto& piece : split->pieces) {
      Partition partition = WholeOf(relation);
      std::string condition = "TRUE";
      if (piece.predicate) {
        partition.predicates = {*piece.predicate};
        condition = PredicateText(*piece.predicate, *relation.schema).ValueOrDie();
      }
      const int64_t counted =
          Number("SELECT COUNT(*) FROM " + table + " WHERE " + condition);
      EXPECT_EQ(ReadAll(source.get(), relation, partition).ValueOrDie().rows(), counted)
          << condition;
      sum += counted;
      largest = std::max(largest, counted);
    }
    const int64_t all = Number("SELECT COUNT(*) FROM " + table);
    EXPECT_EQ(sum, all);
    // The Go server guesses no row counts, so its pieces are halves of what there was.
    if (!IsGo()) {
      const auto mean = static_cast<double>(all) / split->pieces.size();
      EXPECT_LT(static_cast<double>(largest), mean * 1.6) << split->reason;
    }
    return std::move(*split);
  }
};

TEST_P(Dialect, DescribesTables) {
  Server().Run("DROP TABLE IF EXISTS children, parents");
  Server().Run(
      "CREATE TABLE parents (id INT PRIMARY KEY COMMENT 'the key', name VARCHAR(20) NOT "
      "NULL)");
  Server().Run(
      "CREATE TABLE children (a INT, b INT, parent INT, PRIMARY KEY (a, b), KEY "
      "by_parent (parent), FOREIGN KEY (parent) REFERENCES parents (id))");
  auto source = ShopSource();
  auto info = source->Check({});
  ASSERT_TRUE(info.ok()) << info.status().ToString();
  EXPECT_EQ(info->product, "MySQL");
  EXPECT_THAT(info->version, HasSubstr(IsGo() ? "8.0." : "5.6."));
  EXPECT_THAT(source->ListTables({}).ValueOrDie(), Contains("children"));
  Relation children = source->DescribeTable("children", {}).ValueOrDie();
  EXPECT_THAT(children.primary_key, ElementsAre("a", "b"));
  EXPECT_EQ(children.indexes.size(), 2U);
  ASSERT_EQ(children.foreign_keys.size(), 1U);
  EXPECT_EQ(children.foreign_keys[0].references_table, "parents");
  Relation parents = source->DescribeTable("parents", {}).ValueOrDie();
  EXPECT_EQ(parents.schema->field(0)->metadata()->Get(kCommentKey).ValueOr(""),
            "the key");
  EXPECT_FALSE(parents.schema->field(1)->nullable());
  auto missing = source->DescribeTable("parentz", {});
  EXPECT_EQ(KindOf(missing.status()), ErrorKind::kNotFound);
  EXPECT_THAT(missing.status().message(), HasSubstr("did you mean 'parents'"));
}

TEST_P(Dialect, DescribesAndReadsQueries) {
  Server().Run("DROP TABLE IF EXISTS sales");
  Server().Run(
      "CREATE TABLE sales (id INT PRIMARY KEY, name VARCHAR(20) NOT NULL, price "
      "DECIMAL(10,2), day DATETIME(6)); INSERT INTO sales VALUES (1, 'Ana', 10.5, "
      "'2024-01-31 10:00:00.000001'), (2, 'Zoë 🚢', NULL, NULL)");
  auto source = ShopSource();
  auto described = source->DescribeQuery(
      "SELECT name, price * 2 AS twice, day FROM sales WHERE id < 9", {});
  ASSERT_TRUE(described.ok()) << described.status().ToString();
  const arrow::Schema& schema = *described->schema;
  EXPECT_THAT(schema.field_names(), ElementsAre("name", "twice", "day"));
  EXPECT_EQ(schema.field(0)->type()->ToString(), "string");
  EXPECT_THAT(schema.field(1)->type()->ToString(), HasSubstr("decimal128("));
  EXPECT_EQ(schema.field(2)->type()->ToString(), "timestamp[us]");
  Partition partition = WholeOf(*described);
  partition.sql = described->sql;
  auto result = ReadAll(source.get(), *described, partition);
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  EXPECT_THAT(Texts(*result), ::testing::UnorderedElementsAre("Ana", "Zoë 🚢"));
  EXPECT_EQ(KindOf(source->DescribeQuery("SELECT nothing FROM sales", {}).status()),
            ErrorKind::kConfig);
}

TEST_P(Dialect, CutsIntegerKeys) {
  Server().Run("DROP TABLE IF EXISTS numbered");
  Server().Run("CREATE TABLE numbered (id BIGINT UNSIGNED PRIMARY KEY, pad CHAR(40))");
  Server().Run("INSERT INTO numbered SELECT n, 'p' FROM " + Numbers(Digits()));
  // A gap that leaves even ranges empty.
  Server().Run(
      "INSERT INTO numbered SELECT CAST(18446744073709541615 AS UNSIGNED) + CAST(n AS "
      "UNSIGNED), 'p' FROM " +
      Numbers(Digits()));
  if (!IsGo()) Server().Run("ANALYZE TABLE numbered");
  Split split = Cut("numbered", 4, {});
  EXPECT_EQ(split.pieces.size(), 4U) << split.reason;
}

TEST_P(Dialect, CutsTextKeysInTheServersOrder) {
  Server().Run("DROP TABLE IF EXISTS named");
  // Upper and lower case, accents and digits, which no two collations order alike.
  Server().Run("CREATE TABLE named (code VARCHAR(40) COLLATE " + Collation() +
               " NOT NULL PRIMARY KEY, pad CHAR(40))");
  Server().Run(
      "INSERT INTO named SELECT CONCAT(ELT(1 + n % 6, 'a', 'É', 'Z', 'ß', '日', '-'), "
      "LPAD(n, 5, '0')), 'p' FROM " +
      Numbers(Digits()));
  if (!IsGo()) Server().Run("ANALYZE TABLE named");
  Split split = Cut("named", 4, {});
  EXPECT_EQ(split.pieces.size(), 4U) << split.reason;
}

TEST_P(Dialect, CutsCompositeKeysAndKeepsNulls) {
  Server().Run("DROP TABLE IF EXISTS visits");
  Server().Run(
      "CREATE TABLE visits (day DATE NULL, shop INT, id INT NOT NULL PRIMARY KEY, KEY "
      "by_day (day, shop))");
  Server().Run(
      "INSERT INTO visits SELECT IF(n % 10 = 0, NULL, DATE '2024-01-01' + INTERVAL n % 7 "
      "DAY), n % 100, n FROM " +
      Numbers(Digits()));
  if (!IsGo()) Server().Run("ANALYZE TABLE visits");
  Split split = Cut("visits", 4, {"day", "shop"});
  EXPECT_GE(split.pieces.size(), 4U) << split.reason;
}

TEST_P(Dialect, FindsRowsByTheirKeys) {
  Server().Run("DROP TABLE IF EXISTS keyed");
  Server().Run(
      "CREATE TABLE keyed (name VARCHAR(20), n INT, PRIMARY KEY (name, n)); INSERT INTO "
      "keyed VALUES ('Ana', 1), ('Ana', 2), ('Zoë''s', 1), ('ana\\\\b', 3)");
  auto source = ShopSource();
  Relation relation = source->DescribeTable("keyed", {}).ValueOrDie();
  Partition partition = WholeOf(relation);
  Predicate predicate;
  predicate.kind = PredicateKind::kKeyset;
  predicate.columns = {"name", "n"};
  predicate.keys = {{"Ana", "2"}, {"Zoë's", "1"}, {"ana\\b", "3"}, {"Bob", "1"}};
  partition.predicates = {predicate};
  auto result = ReadAll(source.get(), relation, partition);
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  EXPECT_THAT(Texts(*result), ::testing::UnorderedElementsAre("Ana", "Zoë's", "ana\\b"));
  EXPECT_EQ(source->CountDuplicates("keyed", {"n"}, {}).ValueOrDie(), 2);
  EXPECT_EQ(source->CountDuplicates("keyed", {"name", "n"}, {}).ValueOrDie(), 0);
}

TEST_P(Dialect, MeasuresCursors) {
  struct Cursor {
    const char* type;
    const char* small;
    const char* large;
    const char* max;
  };
  for (const Cursor& one :
       {Cursor{"BIGINT UNSIGNED", "9", "18446744073709551615", "18446744073709551615"},
        Cursor{"DECIMAL(20,4)", "9.5", "10.25", "10.2500"},
        Cursor{"DATE", "'2023-12-31'", "'2024-01-31'", "2024-01-31"},
        Cursor{"DATETIME", "'2024-01-31 09:00:00'", "'2024-01-31 10:00:00'",
               "2024-01-31 10:00:00.000000"},
        Cursor{"DATETIME(6)", "'2024-01-31 10:00:00.000001'",
               "'2024-01-31 10:00:00.000002'", "2024-01-31 10:00:00.000002"},
        Cursor{"TIMESTAMP(6)", "'2024-01-31 10:00:00.001'", "'2024-01-31 10:00:00.120'",
               "2024-01-31 10:00:00.120000"},
        Cursor{"VARCHAR(20)", "'a'", "'Zoë''s'", "Zoë's"}}) {
    for (bool indexed : {true, false}) {
      SCOPED_TRACE(std::string(one.type) + (indexed ? " by index" : " by scan"));
      const std::string type = one.type;
      Server().Run("DROP TABLE IF EXISTS cursors");
      Server().Run("CREATE TABLE cursors (id INT PRIMARY KEY, c " + type + " NULL" +
                   (indexed ? ", KEY (c)" : "") + ") COLLATE " + Collation());
      Server().Run("INSERT INTO cursors VALUES (1, " + std::string(one.small) +
                   "), (2, " + one.large + "), (3, NULL), (4, " + one.large + ")" +
                   (type.starts_with("D") && type.find("TE") != std::string::npos
                        ? ", (5, UTC_TIMESTAMP() + INTERVAL 3 DAY)"
                        : ""));
      const bool has_future = Number("SELECT COUNT(*) FROM cursors") == 5;
      auto source = ShopSource();
      Relation relation = source->DescribeTable("cursors", {}).ValueOrDie();
      auto snapshot = source->OpenSnapshot({1, true}, {}).ValueOrDie();
      auto facts = snapshot->MeasureCursor(relation, "c", "", {});
      ASSERT_TRUE(facts.ok()) << facts.status().ToString();
      EXPECT_EQ(facts->max.value_or(""), one.max);
      EXPECT_EQ(facts->nulls, 1);
      EXPECT_EQ(facts->has_future, has_future);
      EXPECT_EQ(facts->indexed, indexed);
      EXPECT_EQ(facts->scan_rows > 0, !indexed);
      Predicate above;
      above.columns = {"c"};
      above.lower = {one.max};
      Partition partition = WholeOf(relation);
      partition.predicates = {above};
      auto reader = snapshot->Read(relation, partition, {}).ValueOrDie();
      std::shared_ptr<arrow::RecordBatch> batch;
      ASSERT_TRUE(reader->ReadNext(&batch).ok());
      ASSERT_NE(batch, nullptr);
      EXPECT_EQ(batch->num_rows(), has_future ? 3 : 2);
    }
  }
}

TEST_P(Dialect, EndsAQueryThatNobodyReadsOn) {
  Server().Run("DROP TABLE IF EXISTS many");
  Server().Run("CREATE TABLE many (id INT PRIMARY KEY, pad VARCHAR(600) NOT NULL)");
  Server().Run("INSERT INTO many SELECT n, REPEAT('p', 600) FROM " + Numbers(4));
  auto source = ShopSource();
  Relation relation = source->DescribeTable("many", {}).ValueOrDie();
  auto snapshot = source->OpenSnapshot({1, true}, {}).ValueOrDie();
  for (int i = 0; i < 3; ++i) {
    auto reader = snapshot->Read(relation, WholeOf(relation), {}).ValueOrDie();
    std::shared_ptr<arrow::RecordBatch> batch;
    ASSERT_TRUE(reader->ReadNext(&batch).ok());
    ASSERT_TRUE(reader->Close().ok());
  }
  auto reader = snapshot->Read(relation, WholeOf(relation), {}).ValueOrDie();
  int64_t rows = 0;
  std::shared_ptr<arrow::RecordBatch> batch;
  do {
    auto status = reader->ReadNext(&batch);
    ASSERT_TRUE(status.ok()) << status.ToString();
    rows += batch == nullptr ? 0 : batch->num_rows();
  } while (batch != nullptr);
  EXPECT_EQ(rows, 10000);
}

INSTANTIATE_TEST_SUITE_P(Mysql, Dialect, EveryDialect(), DialectName);

}  // namespace
}  // namespace keelboat::mysql
