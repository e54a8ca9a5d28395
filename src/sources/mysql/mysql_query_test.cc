// Queries against a live server: described, read and cut as tables are.

#include <cstdlib>
#include <string>
#include <vector>

#include <arrow/array.h>
#include <arrow/scalar.h>
#include <arrow/util/key_value_metadata.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/field_metadata.h"
#include "keelboat/error.h"
#include "sources/mysql/predicate_text.h"
#include "support/mysql_fixture.h"

namespace keelboat::mysql {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::MariadbServer;

MariadbServer& Server() { return MariadbServer::Shared(); }

std::unique_ptr<Source> ShopSource() {
  return MakeMysqlSource(ServerOptions()).ValueOrDie();
}

Partition Whole(const Relation& relation) {
  Partition partition = WholeOf(relation);
  partition.sql = relation.sql;
  return partition;
}

constexpr const char* kEveryType =
    "CREATE OR REPLACE TABLE every (id INT PRIMARY KEY, a TINYINT UNSIGNED, b BIGINT "
    "UNSIGNED NOT NULL, c DECIMAL(65,30), d DECIMAL(10,2) UNSIGNED, e FLOAT, f DOUBLE, g "
    "BIT(12), h YEAR, i DATE, j DATETIME(6), k TIMESTAMP(3) NULL, l TIME(6), m CHAR(5), "
    "n "
    "VARCHAR(300), o TEXT, p LONGTEXT, q BINARY(4), r VARBINARY(9), s BLOB, t "
    "ENUM('x','y'), "
    "u SET('x','y'), v JSON, w POINT, x UUID, y INET6, z VARCHAR(9) CHARACTER SET "
    "latin1)";

TEST(Queries, HaveTheTypesOfTheirTable) {
  Server().Run(kEveryType);
  auto source = ShopSource();
  Relation table = source->DescribeTable("every", {}).ValueOrDie();
  auto described = source->DescribeQuery("SELECT * FROM every;", {});
  ASSERT_TRUE(described.ok()) << described.status().ToString();
  const Relation& query = *described;
  EXPECT_EQ(query.table, "");
  EXPECT_EQ(query.sql, "SELECT * FROM every");
  EXPECT_TRUE(query.primary_key.empty());
  ASSERT_EQ(query.schema->num_fields(), table.schema->num_fields());
  for (int i = 0; i < table.schema->num_fields(); ++i) {
    const auto& expected = *table.schema->field(i);
    const auto& field = *query.schema->field(i);
    EXPECT_TRUE(field.Equals(expected, /*check_metadata=*/false))
        << field.ToString() << " is not " << expected.ToString();
    EXPECT_EQ(field.metadata()->Get(kLogicalTypeKey).ValueOr(""),
              expected.metadata()->Get(kLogicalTypeKey).ValueOr(""))
        << field.name();
    // But for display widths and members, which results do not carry.
    std::string declared = expected.metadata()->Get(kSourceTypeKey).ValueOr("");
    std::string of_query = field.metadata()->Get(kSourceTypeKey).ValueOr("");
    std::string type = of_query.substr(0, of_query.find_first_of("( "));
    if (expected.name() == "v") type = "longtext";
    if (expected.name() == "w") type = "point";
    EXPECT_EQ(declared.substr(0, type.size()), type) << of_query << ", not " << declared;
  }
  auto type_of = [&](const char* name) {
    return query.schema->GetFieldByName(name)
        ->metadata()
        ->Get(kSourceTypeKey)
        .ValueOr("");
  };
  EXPECT_EQ(type_of("c"), "decimal(65,30)");
  EXPECT_EQ(type_of("d"), "decimal(10,2) unsigned");
  EXPECT_EQ(type_of("g"), "bit(12)");
  EXPECT_EQ(type_of("j"), "datetime(6)");
  EXPECT_EQ(type_of("n"), "varchar(300)");
  EXPECT_EQ(type_of("q"), "binary(4)");
}

TEST(Queries, AreReadWithPredicatesFilterAndLimit) {
  Server().Run(
      "CREATE OR REPLACE TABLE visits (id INT PRIMARY KEY, page VARCHAR(20), at DATETIME "
      "NOT NULL); INSERT INTO visits SELECT seq, CONCAT('p', MOD(seq, 7)), '2024-01-01' "
      "+ "
      "INTERVAL seq MINUTE FROM seq_1_to_1000");
  auto source = ShopSource();
  Relation query = source
                       ->DescribeQuery(
                           "SELECT page, COUNT(*) AS visits, MAX(at) AS last FROM visits "
                           "GROUP BY page "
                           "-- a page a row",
                           {})
                       .ValueOrDie();
  EXPECT_EQ(query.schema->GetFieldByName("visits")->type()->ToString(), "int64");
  Partition partition = Whole(query);
  auto all = ReadAll(source.get(), query, partition);
  ASSERT_TRUE(all.ok()) << all.status().ToString();
  EXPECT_EQ(all->rows(), 7);
  Predicate pages;
  pages.columns = {"page"};
  pages.lower = {"p2"};
  partition.predicates = {pages};
  partition.where = "visits > 142 # the busy ones";
  partition.columns = {"visits", "page"};
  auto some = ReadAll(source.get(), query, partition);
  ASSERT_TRUE(some.ok()) << some.status().ToString();
  EXPECT_EQ(some->rows(), 5);
  EXPECT_THAT(some->schema->field_names(), ElementsAre("visits", "page"));
  partition.limit = 2;
  EXPECT_EQ(ReadAll(source.get(), query, partition)->rows(), 2);
}

TEST(Queries, ReadDatesAsTheSourceIsTold) {
  Server().Run(
      "CREATE OR REPLACE TABLE births (id INT PRIMARY KEY, born DATE NOT NULL); "
      "SET sql_mode = ''; INSERT INTO births VALUES (1, '0000-00-00')");
  MysqlOptions options = ServerOptions();
  auto read = [&](MysqlZeroDates zero_dates) -> arrow::Result<std::string> {
    options.zero_dates = zero_dates;
    ARROW_ASSIGN_OR_RAISE(auto source, MakeMysqlSource(options));
    ARROW_ASSIGN_OR_RAISE(Relation query,
                          source->DescribeQuery("SELECT born FROM births", {}));
    ARROW_ASSIGN_OR_RAISE(auto result, ReadAll(source.get(), query, Whole(query)));
    ARROW_ASSIGN_OR_RAISE(auto value, result.batches[0]->column(0)->GetScalar(0));
    return value->ToString();
  };
  EXPECT_EQ(read(MysqlZeroDates::kNull).ValueOrDie(), "null");
  EXPECT_EQ(read(MysqlZeroDates::kText).ValueOrDie(), "0000-00-00");
  auto refused = read(MysqlZeroDates::kFail);
  EXPECT_EQ(KindOf(refused.status()), ErrorKind::kData);
  EXPECT_THAT(refused.status().message(),
              HasSubstr("column born of table (query) holds"));
}

TEST(Queries, ThatCannotBeMeantAreRefused) {
  Server().Run("CREATE OR REPLACE TABLE shelf (id INT PRIMARY KEY)");
  auto source = ShopSource();
  auto refusal = [&](const std::string& sql) {
    arrow::Status status = source->DescribeQuery(sql, {}).status();
    return std::string(ErrorKindName(KindOf(status))) + ": " + status.message();
  };
  EXPECT_EQ(
      refusal("DROP TABLE shelf"),
      "config: the query begins with DROP; write one that begins with SELECT or WITH");
  EXPECT_THAT(refusal("SELECT idd FROM shelf"),
              HasSubstr("config: describing the query: MySQL at "));
  EXPECT_THAT(refusal("SELECT idd FROM shelf"), HasSubstr("Unknown column 'idd'"));
  EXPECT_THAT(refusal("SELECT FROM shelf"), HasSubstr("config: describing the query"));
  EXPECT_THAT(refusal("SELECT id, id FROM shelf"),
              HasSubstr("Duplicate column name 'id'"));
  EXPECT_THAT(refusal("SELECT id FROM shelves"), HasSubstr("not_found: "));
}

TEST(Queries, AreCutByAnIndexedColumnThatTheyPassThrough) {
  Server().Run(
      "CREATE OR REPLACE TABLE buyers (id INT PRIMARY KEY, name VARCHAR(20)); CREATE OR "
      "REPLACE TABLE buys (id INT PRIMARY KEY, buyer INT, KEY (buyer)); INSERT INTO "
      "buyers "
      "SELECT seq, CONCAT('b', seq) FROM seq_1_to_5000; INSERT INTO buys SELECT seq, "
      "MOD(seq, 5000) + 1 FROM seq_1_to_40000; ANALYZE TABLE buyers, buys");
  auto source = ShopSource();
  SplitRequest request;
  request.pieces = 4;
  request.least_rows = 1000;
  request.on = {"id"};
  Relation query =
      source->DescribeQuery("SELECT id, buyer * 2 AS twice FROM buys WHERE buyer > 1", {})
          .ValueOrDie();
  auto split = source->SplitRelation(query, request, {});
  ASSERT_TRUE(split.ok()) << split.status().ToString();
  ASSERT_EQ(split->pieces.size(), 4u);
  int64_t sum = 0;
  for (const auto& piece : split->pieces) {
    Partition partition = Whole(query);
    partition.predicates = {*piece.predicate};
    int64_t rows = ReadAll(source.get(), query, partition)->rows();
    EXPECT_LE(rows, 15'000);
    sum += rows;
  }
  EXPECT_EQ(sum, 40'000 - 8);

  Relation grouped =
      source
          ->DescribeQuery("SELECT buyer AS id, COUNT(*) AS n FROM buys GROUP BY buyer",
                          {})
          .ValueOrDie();
  auto refused = source->SplitRelation(grouped, request, {});
  EXPECT_EQ(KindOf(refused.status()), ErrorKind::kConfig) << refused.status().ToString();
  EXPECT_THAT(
      refused.status().message(),
      HasSubstr("the query cannot be cut by id: the server would have to run all"));
  request.on.clear();
  Split whole = source->SplitRelation(grouped, request, {}).ValueOrDie();
  EXPECT_EQ(whole.pieces.size(), 1u);
  EXPECT_EQ(whole.reason, "a query has no key of its own");
}

}  // namespace
}  // namespace keelboat::mysql
