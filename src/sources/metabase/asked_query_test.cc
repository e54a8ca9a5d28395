#include "sources/metabase/asked_query.h"

#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <arrow/type.h>

#include "keelboat/error.h"
#include "sources/metabase/answer_description.h"

namespace keelboat::metabase {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// Answers each question with the same columns; refuses those that contain a word.
class ColumnsApi final : public Api {
 public:
  ColumnsApi(std::string engine, std::vector<AnswerColumn> columns,
             std::string refused = "")
      : engine_(std::move(engine)),
        columns_(std::move(columns)),
        refused_(std::move(refused)) {}
  const std::string& engine() const override { return engine_; }
  arrow::Result<Answer> Ask(const Question& question, const std::stop_token&) override {
    questions.push_back(question.sql);
    if (!refused_.empty() && question.sql.find(refused_) != std::string::npos) {
      return MakeError(ErrorKind::kConfig, "syntax error");
    }
    Answer answer;
    answer.columns = columns_;
    return answer;
  }
  arrow::Result<std::unique_ptr<ByteStream>> Export(const Question&,
                                                    const std::stop_token&) override {
    return MakeError(ErrorKind::kInternal, "nobody asked for rows");
  }
  std::vector<std::string> questions;

 private:
  std::string engine_;
  std::vector<AnswerColumn> columns_;
  std::string refused_;
};

AnswerColumn Column(const std::string& name, const std::string& base,
                    const std::string& own = "", const std::string& title = "") {
  return {.name = name,
          .display_name = title.empty() ? name : title,
          .base_type = base,
          .effective_type = base,
          .database_type = own,
          .semantic_type = ""};
}

arrow::Result<Relation> Describe(ColumnsApi* api, const std::string& sql) {
  Question question;
  question.sql = sql;
  return DescribeAnswer(*api, question, {});
}

// What is asked for a piece of the whole answer.
std::string RowsSql(ColumnsApi* api, const std::string& sql,
                    const std::vector<Predicate>& predicates = {},
                    const Partition& more = {}) {
  auto relation = Describe(api, sql);
  if (!relation.ok()) return relation.status().ToString();
  auto query = AskedQuery::Make(api->engine(), *relation).ValueOrDie();
  Partition partition = more;
  if (partition.columns.empty()) partition.columns = relation->schema->field_names();
  auto rows = query.RowsOf(partition, predicates);
  return rows.ok() ? rows->question.sql : rows.status().ToString();
}

Predicate Range(std::vector<std::string> columns, std::vector<std::string> lower,
                std::vector<std::string> upper) {
  Predicate predicate;
  predicate.columns = std::move(columns);
  predicate.lower = std::move(lower);
  predicate.upper = std::move(upper);
  return predicate;
}

std::vector<AnswerColumn> PostgresColumns() {
  return {Column("id", "type/BigInteger", "int8"), Column("Name", "type/Text", "text"),
          Column("tags", "type/Array", "_text"),
          Column("seen", "type/DateTimeWithLocalTZ", "timestamptz")};
}

TEST(AskedQuery, PostgresIsAskedInItsOwnWords) {
  ColumnsApi api("postgres", PostgresColumns());
  EXPECT_EQ(
      RowsSql(&api, "SELECT * FROM t ORDER BY name DESC, 1;",
              {Range({"seen"}, {"2024-01-02 00:00:00.000000"}, {})}),
      "SELECT keelboat_rows.\"id\" AS c0, keelboat_rows.\"Name\" AS c1, "
      "to_json(keelboat_rows.\"tags\")::text AS c2, keelboat_rows.\"seen\" AS c3 FROM (\n"
      "SELECT * FROM t \n) AS keelboat_rows WHERE (keelboat_rows.\"seen\" >= TIMESTAMPTZ "
      "'2024-01-02 00:00:00.000000+00') ORDER BY keelboat_rows.\"Name\" DESC, "
      "keelboat_rows.\"id\" ASC");
  EXPECT_THAT(api.questions.front(),
              HasSubstr("SELECT * FROM (\nSELECT * FROM t ORDER BY name DESC, 1\n) AS "
                        "keelboat_rows WHERE 1 = 0"));
}

TEST(AskedQuery, ColumnsOfOneNameGetNewOnes) {
  // Newer servers rename the second one; the database knows nothing of it.
  for (const char* second : {"id", "id_2"}) {
    ColumnsApi api("postgres", {Column("id", "type/Integer", "int4"),
                                Column(second, "type/Integer", "int4")});
    EXPECT_EQ(RowsSql(&api, "SELECT a.id, b.id FROM a, b"),
              "SELECT keelboat_rows.k0_ AS c0, keelboat_rows.k1_ AS c1 FROM (\n"
              "SELECT a.id, b.id FROM a, b\n) AS keelboat_rows(k0_, k1_)");
    EXPECT_THAT(Describe(&api, "SELECT 1")->schema->field_names(),
                ElementsAre("id", "id_2"));
  }
  ColumnsApi blank("postgres", {Column("", "type/Integer", "int4"),
                                Column("column_1", "type/Integer", "int4")});
  EXPECT_THAT(Describe(&blank, "SELECT 1")->schema->field_names(),
              ElementsAre("column_1_2", "column_1"));
}

TEST(AskedQuery, MysqlAndOthersAreAskedInTheirs) {
  ColumnsApi mysql("mysql", {Column("id", "type/BigInteger", "BIGINT UNSIGNED"),
                             Column("b", "type/*", "BLOB")});
  EXPECT_EQ(RowsSql(&mysql, "SELECT * FROM t", {Range({"id"}, {"5"}, {"9"})}),
            "SELECT (keelboat_rows.`id` + 0) AS c0, HEX(keelboat_rows.`b`) AS c1 FROM (\n"
            "SELECT * FROM t\n) AS keelboat_rows WHERE (keelboat_rows.`id` >= 5 AND "
            "keelboat_rows.`id` < 9)");
  ColumnsApi oracle("oracle", {Column("ID", "type/Integer", "NUMBER")});
  EXPECT_EQ(RowsSql(&oracle, "SELECT * FROM t", {Range({"ID"}, {"5"}, {})}),
            "SELECT keelboat_rows.\"ID\" AS c0 FROM (\nSELECT * FROM t\n) keelboat_rows "
            "WHERE (keelboat_rows.\"ID\" >= 5)");
}

TEST(AskedQuery, PredicatesOfSeveralColumnsCompareTuples) {
  ColumnsApi api("postgres", {Column("a", "type/Integer", "int4"),
                              Column("b", "type/Integer", "int4")});
  EXPECT_THAT(RowsSql(&api, "SELECT * FROM t", {Range({"a", "b"}, {"1", "2"}, {"3"})}),
              HasSubstr("WHERE ((keelboat_rows.\"a\" > 1 OR (keelboat_rows.\"a\" = 1 AND "
                        "keelboat_rows.\"b\" >= 2)) AND keelboat_rows.\"a\" < 3)"));
  Predicate keys = Range({"a", "b"}, {}, {});
  keys.kind = PredicateKind::kKeyset;
  keys.keys = {{"1", "2"}, {"3", "4"}};
  EXPECT_THAT(RowsSql(&api, "SELECT * FROM t", {keys}),
              HasSubstr("WHERE ((keelboat_rows.\"a\" = 1 AND keelboat_rows.\"b\" = 2) OR "
                        "(keelboat_rows.\"a\" = 3 AND keelboat_rows.\"b\" = 4))"));
}

TEST(AskedQuery, FiltersAndLimitsStandAroundTheQuery) {
  ColumnsApi api("postgres", PostgresColumns());
  Partition partition;
  partition.columns = {"tags", "id"};
  partition.where = "id > 5 -- and no more";
  partition.limit = 10;
  EXPECT_EQ(RowsSql(&api, "SELECT * FROM t", {}, partition),
            "SELECT to_json(keelboat_rows.\"tags\")::text AS c0, keelboat_rows.\"id\" AS "
            "c1 FROM (\nSELECT * FROM t\n) AS keelboat_rows WHERE (\nid > 5 -- and no "
            "more\n) LIMIT 10");
}

TEST(AskedQuery, AnOrderOfItsOwnMakesTheAnswerComeAsItIs) {
  ColumnsApi api("mysql", {Column("id", "type/Integer", "INT"),
                           Column("note", "type/Text", "VARCHAR")});
  const std::string sql = "SELECT * FROM t ORDER BY lower(note)";
  EXPECT_EQ(RowsSql(&api, sql), sql);
  EXPECT_THAT(RowsSql(&api, sql, {Range({"id"}, {"5"}, {})}), HasSubstr("cannot be cut"));
  // A limit keeps its order within, and the rows get it around.
  EXPECT_THAT(RowsSql(&api, "SELECT * FROM t ORDER BY id LIMIT 5"),
              testing::AllOf(HasSubstr("ORDER BY id LIMIT 5\n)"),
                             HasSubstr("ORDER BY keelboat_rows.`id` ASC")));
}

TEST(AskedQuery, WhatCannotStandInParenthesesComesAsItIs) {
  ColumnsApi api("sqlserver", {Column("id", "type/Integer")}, "1 = 0");
  EXPECT_EQ(RowsSql(&api, "WITH x AS (SELECT 1 AS id) SELECT id FROM x"),
            "WITH x AS (SELECT 1 AS id) SELECT id FROM x");
  ColumnsApi twice("sqlserver",
                   {Column("id", "type/Integer"), Column("id", "type/Integer")}, "1 = 0");
  auto refused = Describe(&twice, "WITH x AS (SELECT 1 AS id) SELECT id, id FROM x");
  EXPECT_EQ(KindOf(refused.status()), ErrorKind::kUnsupported);
}

TEST(AskedQuery, ClickHousesColumnsNeverMeetTheExportsNames) {
  ColumnsApi named("postgres", {Column("c1", "type/Integer", "int4"),
                                Column("ck0", "type/Integer", "int4")});
  const std::string sql = RowsSql(&named, "SELECT * FROM t");
  EXPECT_THAT(sql, HasSubstr("\"c1\" AS ckk0"));
  EXPECT_THAT(sql, Not(HasSubstr(" AS c0")));
}

}  // namespace
}  // namespace keelboat::metabase
