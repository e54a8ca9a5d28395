#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/query_file.h"
#include "app/sql_literal.h"
#include "app/sql_template.h"
#include "keelboat/error.h"
#include "keelboat/query.h"

namespace keelboat {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Literal(ParameterType type, const std::string& text,
                    const std::string& dialect = "mysql") {
  auto literal = SqlLiteral({type, text}, dialect);
  return literal.ok() ? *literal : "error: " + literal.status().message();
}

TEST(SqlLiteral, PlainTextsStandInQuotes) {
  EXPECT_EQ(Literal(ParameterType::kText, "Malmö 2024-01"), "'Malmö 2024-01'");
  EXPECT_EQ(Literal(ParameterType::kText, ""), "''");
}

TEST(SqlLiteral, WhatCouldMeanSomethingIsHexadecimal) {
  const std::string hostile[] = {"it's",
                                 "a\\",
                                 "\"",
                                 std::string("a\0b", 3),
                                 "x; DROP TABLE orders",
                                 "1 -- ",
                                 "/* */",
                                 "{{secret}}",
                                 "[[x]]",
                                 "#",
                                 "%s",
                                 "?",
                                 "`",
                                 "\n",
                                 "' OR '1'='1"};
  for (const std::string& text : hostile) {
    for (const std::string dialect : {"mysql", "clickhouse"}) {
      const std::string literal = Literal(ParameterType::kText, text, dialect);
      const std::string inner = literal.substr(
          literal.find('\'') + 1, literal.rfind('\'') - literal.find('\'') - 1);
      EXPECT_EQ(inner.find_first_not_of("0123456789ABCDEF"), std::string::npos)
          << literal;
      EXPECT_EQ(inner.size(), text.size() * 2);
    }
  }
  EXPECT_EQ(Literal(ParameterType::kText, "it's"), "_utf8mb4 X'69742773'");
  EXPECT_EQ(Literal(ParameterType::kText, "it's", "clickhouse"), "unhex('69742773')");
  EXPECT_EQ(Literal(ParameterType::kText, "it's", "postgres"),
            "convert_from(decode('69742773', 'hex'), 'UTF8')");
  EXPECT_THAT(Literal(ParameterType::kText, std::string("\0", 1), "postgres"),
              HasSubstr("NUL"));
  EXPECT_THAT(Literal(ParameterType::kText, "it's", "bigquery"), HasSubstr("no safe"));
  EXPECT_THAT(Literal(ParameterType::kText, "\xFF"), HasSubstr("UTF-8"));
  const std::string long_text(1'000'000, '\'');
  EXPECT_EQ(Literal(ParameterType::kText, long_text).size(), 2'000'000 + 12);
}

TEST(SqlLiteral, ValuesOfOtherTypesAreCheckedToTheLastSign) {
  EXPECT_EQ(Literal(ParameterType::kInteger, "42"), "42");
  EXPECT_EQ(Literal(ParameterType::kInteger, "-42"), "(-42)");
  EXPECT_EQ(Literal(ParameterType::kNumber, "1.50"), "1.50");
  EXPECT_EQ(Literal(ParameterType::kNumber, "1e-6"), "1e-6");
  EXPECT_EQ(Literal(ParameterType::kBoolean, "true"), "true");
  EXPECT_EQ(Literal(ParameterType::kDate, "2024-02-29"), "DATE '2024-02-29'");
  EXPECT_EQ(Literal(ParameterType::kDate, "2024-02-29", "clickhouse"),
            "toDate32('2024-02-29')");
  EXPECT_EQ(Literal(ParameterType::kDate, "2024-02-29 00:00:00"), "DATE '2024-02-29'");
  EXPECT_EQ(Literal(ParameterType::kDatetime, "2024-02-29T10:00"),
            "TIMESTAMP '2024-02-29 10:00:00'");
  EXPECT_EQ(Literal(ParameterType::kDatetime, "2024-02-29 10:00:01.5Z", "clickhouse"),
            "toDateTime64('2024-02-29 10:00:01.5', 6, 'UTC')");
  EXPECT_EQ(Literal(ParameterType::kDatetime, "2024-02-29"),
            "TIMESTAMP '2024-02-29 00:00:00'");
  for (const char* text : {"", "4 2", "42;", "0x1", "--1", "1 OR 1=1", "١"}) {
    EXPECT_THAT(Literal(ParameterType::kInteger, text), HasSubstr("is no integer"));
  }
  for (const char* text : {"", ".", "1e", "NaN", "1.5.5", "1,5"}) {
    EXPECT_THAT(Literal(ParameterType::kNumber, text), HasSubstr("is no number"));
  }
  EXPECT_THAT(Literal(ParameterType::kBoolean, "1"), HasSubstr("is no boolean"));
  for (const char* text : {"", "2023-02-29", "2024-1-31", "2024-01-31'", "today",
                           "2024-01-31 00:00:01", "2024-01-31 00:00:00'"}) {
    EXPECT_THAT(Literal(ParameterType::kDate, text), HasSubstr("is no date"));
  }
  for (const char* text : {"2024-01-31 25:00", "2024-01-31 10",
                           "2024-01-31 10:00:00.1234567", "2024-01-31 10:00:00+01:00"}) {
    EXPECT_THAT(Literal(ParameterType::kDatetime, text), HasSubstr("is no datetime"));
  }
}

NamedQuery Parse(const std::string& text) {
  return ParseQueryFile(text, "q", "q.sql").ValueOrDie();
}

std::string ErrorOf(const std::string& text) {
  auto query = ParseQueryFile(text, "q", "q.sql");
  return query.ok() ? "no error" : query.status().message();
}

constexpr const char* kQuery = R"(-- name: q
-- description: "What: it is"
-- database: Growth
-- partition_on: id
-- parameters:
--   since: {type: date, default: 2024-01-01}
--   city: {type: text, optional: true}
--   n: integer

SELECT '{ {', [[1,2],[3]] FROM t -- a comment
WHERE day >= {{since}} [[AND city = {{ city }}]] LIMIT {{n}};
)";

TEST(QueryFile, ReadsFrontMatterInBothKindsOfComments) {
  for (const bool block : {false, true}) {
    std::string text = kQuery;
    if (block) {
      const std::size_t sql = text.find("\n\n");
      std::string front = text.substr(0, sql);
      for (std::size_t i = 0; (i = front.find("-- ", i)) != std::string::npos;) {
        front.erase(i, 3);
      }
      text = "\n/*\n" + front + "\n*/" + text.substr(sql);
    }
    const NamedQuery query = Parse(text);
    EXPECT_EQ(query.description, "What: it is");
    EXPECT_EQ(query.database, "Growth");
    EXPECT_EQ(query.partition_on, "id");
    ASSERT_EQ(query.parameters.size(), 3);
    EXPECT_EQ(query.parameters[0].type, ParameterType::kDate);
    EXPECT_EQ(query.parameters[0].default_value, "2024-01-01");
    EXPECT_TRUE(query.parameters[1].optional);
    EXPECT_EQ(query.parameters[2].type, ParameterType::kInteger);
    EXPECT_TRUE(query.sql.starts_with("SELECT '{ {'")) << query.sql;
    EXPECT_TRUE(query.sql.ends_with("{{n}};")) << query.sql;
  }
}

TEST(QueryFile, BindsDefaultsValuesAndLeavesClausesOut) {
  const NamedQuery query = Parse(kQuery);
  EXPECT_EQ(BindQuery(query, {{"n", "5"}}, "mysql").ValueOrDie(),
            "SELECT '{ {', [[1,2],[3]] FROM t -- a comment\n"
            "WHERE day >= DATE '2024-01-01'  LIMIT 5;");
  EXPECT_EQ(
      BindQuery(query, {{"n", "5"}, {"city", "it's"}, {"since", "2025-01-01"}}, "mysql")
          .ValueOrDie(),
      "SELECT '{ {', [[1,2],[3]] FROM t -- a comment\n"
      "WHERE day >= DATE '2025-01-01' AND city = _utf8mb4 X'69742773' LIMIT 5;");
}

TEST(QueryFile, WrongParametersAreNamed) {
  const NamedQuery query = Parse(kQuery);
  const auto error = [&](const std::map<std::string, std::string>& values) {
    auto sql = BindQuery(query, values, "mysql");
    EXPECT_EQ(KindOf(sql.status()), ErrorKind::kConfig);
    return sql.status().message();
  };
  EXPECT_THAT(error({}), HasSubstr("needs parameter n (integer)"));
  EXPECT_THAT(error({{"n", "1"}, {"sinse", "x"}}), HasSubstr("did you mean 'since'"));
  EXPECT_THAT(error({{"n", "x"}}), HasSubstr("parameter n: 'x' is no integer"));
}

TEST(QueryFile, AFileWithoutFrontMatterIsItsSql) {
  const NamedQuery query = Parse("-- just words: here\nSELECT 1");
  EXPECT_EQ(query.sql, "-- just words: here\nSELECT 1");
  EXPECT_TRUE(query.parameters.empty());
}

TEST(QueryFile, NonsenseIsNamedWithItsLine) {
  EXPECT_THAT(ErrorOf("-- name: q\n-- descripton: x\nSELECT 1"),
              HasSubstr("q.sql:2: unknown key 'descripton' (did you mean 'description'"));
  EXPECT_THAT(ErrorOf("-- name: other\nSELECT 1"), HasSubstr("calls itself other"));
  EXPECT_THAT(ErrorOf("-- parameters:\n--   x: dat\nSELECT {{x}}"),
              HasSubstr("did you mean 'date'"));
  EXPECT_THAT(ErrorOf("-- parameters:\n--   x: {type: date, default: x}\nSELECT {{x}}"),
              HasSubstr("q.sql:2: the default of parameter x"));
  EXPECT_THAT(ErrorOf("SELECT {{x}}"), HasSubstr("does not declare"));
  EXPECT_THAT(ErrorOf("-- parameters:\n--   x: date\nSELECT 1"), HasSubstr("not used"));
  EXPECT_THAT(ErrorOf("-- parameters:\n--   x: {optional: true}\nSELECT {{x}}"),
              HasSubstr("[[ … ]]"));
  EXPECT_THAT(ErrorOf("-- parameters:\n--   x: text\nSELECT\n '{{x}}'"),
              HasSubstr("stands in quotes"));
  EXPECT_THAT(ErrorOf("-- parameters:\n--   x: text\nSELECT 1 -- {{x}}\n"),
              HasSubstr("stands in quotes or in a comment"));
  EXPECT_THAT(ErrorOf("SELECT {{x"), HasSubstr("never closed"));
  EXPECT_THAT(ErrorOf("SELECT {{a b}}"), HasSubstr("no parameter's name"));
  EXPECT_THAT(ErrorOf("-- name: q\n"), HasSubstr("holds no SQL"));
  EXPECT_THAT(ErrorOf("SELECT '\xFF'"), HasSubstr("UTF-8"));
}

TEST(SqlTemplate, KnowsQuotesThatLookEscaped) {
  auto parsed =
      SqlTemplate::Parse("SELECT 'it''s', \"a\\\"b\", `c` /* ' */ , {{x}}").ValueOrDie();
  EXPECT_THAT(parsed.Parameters(), ElementsAre("x"));
}

TEST(BindSql, ValuesBringTheirTypes) {
  EXPECT_EQ(BindSql("SELECT {{n}} [[, {{gone}}]]",
                    {{"n", {ParameterType::kInteger, "5"}}}, "mysql")
                .ValueOrDie(),
            "SELECT 5 ");
  EXPECT_EQ(KindOf(BindSql("SELECT {{n}}", {}, "mysql").status()), ErrorKind::kConfig);
  EXPECT_THAT(BindSql("SELECT {{n}}", {{"m", {}}}, "mysql").status().message(),
              HasSubstr("no parameter {{m}}"));
}

class QueryFoldersTest : public ::testing::Test {
 protected:
  QueryFoldersTest()
      : folder_(std::filesystem::temp_directory_path() /
                ("keelboat-queries-" +
                 std::string(
                     ::testing::UnitTest::GetInstance()->current_test_info()->name()))) {
    for (const char* name : {"first", "second"}) {
      std::filesystem::create_directories(folder_ / name);
    }
  }
  ~QueryFoldersTest() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& path, const std::string& text) {
    std::ofstream(folder_ / path) << text;
  }
  std::vector<std::string> Folders() {
    return {folder_ / "missing", folder_ / "first", folder_ / "second"};
  }

  const std::filesystem::path folder_;
};

TEST_F(QueryFoldersTest, TheFirstFolderWinsThenTheSamples) {
  Write("second/orders.sql", "SELECT 2");
  Write("second/mine.sql", "SELECT 3");
  EXPECT_EQ(FindQuery("orders", Folders()).ValueOrDie().sql, "SELECT 2");
  Write("first/orders.sql", "SELECT 1");
  EXPECT_EQ(FindQuery("orders", Folders()).ValueOrDie().sql, "SELECT 1");
  EXPECT_EQ(FindQuery("vdom", Folders()).ValueOrDie().file, "");
  std::vector<std::string> names;
  for (const NamedQuery& query : ListQueries(Folders()).ValueOrDie()) {
    names.push_back(query.name);
  }
  EXPECT_THAT(names, ElementsAre("mine", "orders", "vdom", "vendors"));
}

TEST_F(QueryFoldersTest, UnknownNamesBringTheNearest) {
  for (const char* name : {"ordres", "../first/orders", ""}) {
    auto query = FindQuery(name, Folders());
    EXPECT_EQ(KindOf(query.status()), ErrorKind::kNotFound);
    EXPECT_THAT(query.status().message(), HasSubstr("orders, vdom, vendors"));
  }
  EXPECT_THAT(FindQuery("ordres", {}).status().message(),
              HasSubstr("did you mean 'orders'"));
}

TEST(SampleQueries, AllAreSound) {
  for (const NamedQuery& query : ListQueries({}).ValueOrDie()) {
    EXPECT_NE(query.description, "") << query.name;
    EXPECT_NE(query.partition_on, "") << query.name;
    EXPECT_TRUE(BindQuery(query, {}, "clickhouse").ok()) << query.name;
  }
}

}  // namespace
}  // namespace keelboat
