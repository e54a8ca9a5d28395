#include "sources/metabase/statement.h"

#include <random>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"
#include "sources/metabase/sql_token.h"

namespace keelboat::metabase {
namespace {

using testing::HasSubstr;

StatementShape Shape(const std::string& sql,
                     EngineKind engine = EngineKind::kClickHouse) {
  auto shape = ShapeOf(sql, engine);
  EXPECT_TRUE(shape.ok()) << sql << ": " << shape.status().ToString();
  return shape.ok() ? *shape : StatementShape{};
}

std::string Refusal(const std::string& sql, EngineKind engine = EngineKind::kClickHouse) {
  auto shape = ShapeOf(sql, engine);
  if (shape.ok()) return "taken";
  EXPECT_EQ(KindOf(shape.status()), ErrorKind::kConfig);
  return shape.status().message();
}

TEST(Statement, LosesWhatEndsIt) {
  EXPECT_EQ(Shape("SELECT 1 ;; -- done\n").sql, "SELECT 1");
  EXPECT_EQ(Shape("-- all\nSELECT ';' /* ; */").sql, "-- all\nSELECT ';'");
  EXPECT_FALSE(Shape("SELECT a FROM t").limited);
}

TEST(Statement, FindsALimitAtTheTop) {
  EXPECT_TRUE(Shape("SELECT a FROM t LIMIT 5").limited);
  EXPECT_TRUE(Shape("select a from t limit 5 offset 2;").limited);
  EXPECT_TRUE(Shape("SELECT a FROM t OFFSET 2 ROWS FETCH NEXT 3 ROWS ONLY").limited);
  EXPECT_TRUE(Shape("SELECT TOP 10 a FROM t", EngineKind::kOther).limited);
  EXPECT_TRUE(Shape("SELECT a FROM t LIMIT 1 BY a").limited);
  EXPECT_TRUE(Shape("SELECT a FROM t ORDER BY a WITH FILL").limited);
  EXPECT_FALSE(Shape("SELECT t.limit, 'LIMIT', `limit` FROM t -- LIMIT 5").limited);
}

TEST(Statement, ALimitBelowNeedsAnOrderOfItsOwn) {
  EXPECT_TRUE(Shape("SELECT * FROM (SELECT a FROM t LIMIT 5)").limited);
  EXPECT_FALSE(Shape("SELECT * FROM (SELECT a FROM t ORDER BY a LIMIT 5)").limited);
  EXPECT_TRUE(Shape("SELECT * FROM (SELECT a FROM t ORDER BY a UNION ALL "
                    "SELECT a FROM u LIMIT 5)")
                  .limited);
  EXPECT_TRUE(Shape("(SELECT a FROM t LIMIT 5)").limited);
}

TEST(Statement, ReadsAnOrderOfOutputColumns) {
  auto shape = Shape("SELECT a, `b c` FROM t ORDER BY a DESC NULLS LAST, `b c`, 2 ASC");
  EXPECT_TRUE(shape.ordered);
  ASSERT_EQ(shape.order.size(), 3u);
  EXPECT_EQ(shape.order[0], (OrderItem{"a", 0, false, true, false}));
  EXPECT_EQ(shape.order[1], (OrderItem{"b c", 0, true, false, {}}));
  EXPECT_EQ(shape.order[2], (OrderItem{"", 2, false, false, {}}));
  EXPECT_EQ(shape.unordered_sql, "SELECT a, `b c` FROM t ");
  EXPECT_EQ(Shape("SELECT a FROM t ORDER BY a SETTINGS max_threads = 1").unordered_sql,
            "SELECT a FROM t SETTINGS max_threads = 1");
}

TEST(Statement, AnyOtherOrderIsOnlyKnownToBeThere) {
  for (const char* sql :
       {"SELECT a FROM t ORDER BY lower(a)", "SELECT a FROM t ORDER BY a COLLATE 'de'",
        "SELECT a FROM t ORDER BY t.a", "SELECT a FROM t ORDER BY ALL",
        "SELECT a FROM t ORDER BY a + 1",
        "SELECT a FROM t UNION ALL SELECT b FROM u ORDER BY a"}) {
    auto shape = Shape(sql);
    EXPECT_TRUE(shape.ordered) << sql;
    EXPECT_TRUE(shape.order.empty()) << sql;
    EXPECT_EQ(shape.unordered_sql, sql);
  }
  auto first_rows =
      Shape("SELECT DISTINCT ON (a) a, b FROM t ORDER BY a, b", EngineKind::kPostgres);
  EXPECT_TRUE(first_rows.order.empty());
  auto window = Shape("SELECT sum(a) OVER (ORDER BY b) FROM t");
  EXPECT_FALSE(window.ordered);
}

TEST(Statement, FindsVolatileFunctions) {
  EXPECT_EQ(Shape("SELECT a FROM t WHERE day >= today() - 7").volatile_function, "today");
  EXPECT_EQ(Shape("SELECT randUniform(1, 2)").volatile_function, "randUniform");
  EXPECT_EQ(Shape("SELECT generateUUIDv4()").volatile_function, "generateUUIDv4");
  EXPECT_EQ(Shape("SELECT Now ()").volatile_function, "Now");
  EXPECT_EQ(Shape("SELECT CURRENT_DATE", EngineKind::kPostgres).volatile_function,
            "CURRENT_DATE");
  EXPECT_EQ(Shape("SELECT unix_timestamp()", EngineKind::kMysql).volatile_function,
            "unix_timestamp");
  EXPECT_EQ(Shape("SELECT unix_timestamp(a)", EngineKind::kMysql).volatile_function, "");
  EXPECT_EQ(Shape("SELECT now, 'now()', a AS today FROM t -- now()").volatile_function,
            "");
  EXPECT_EQ(Shape("SELECT t.random FROM t").volatile_function, "");
  EXPECT_EQ(Shape("SELECT * FROM t TABLESAMPLE SYSTEM (1)", EngineKind::kPostgres)
                .volatile_function,
            "TABLESAMPLE");
}

TEST(Statement, KnowsWhatCannotStandInParentheses) {
  EXPECT_FALSE(Shape("SHOW TABLES").is_query);
  EXPECT_FALSE(Shape("describe table t").is_query);
  EXPECT_TRUE(Shape("WITH x AS (SELECT 1 AS a) SELECT a FROM x").is_query);
  EXPECT_TRUE(Shape("VALUES (1)", EngineKind::kPostgres).is_query);
}

TEST(Statement, RefusesWhatIsNoOneRead) {
  EXPECT_THAT(Refusal(""), HasSubstr("empty"));
  EXPECT_THAT(Refusal(" -- nothing\n;"), HasSubstr("empty"));
  EXPECT_THAT(Refusal("SELECT 1; SELECT 2"), HasSubstr("several statements"));
  EXPECT_THAT(Refusal("DROP TABLE t"), HasSubstr("begins with DROP"));
  EXPECT_THAT(Refusal("SELECT 1 FORMAT JSON"), HasSubstr("FORMAT"));
  EXPECT_THAT(Refusal("SELECT 1 INTO OUTFILE 'x'"), HasSubstr("INTO OUTFILE"));
  EXPECT_THAT(Refusal("SELECT (1"), HasSubstr("not closed"));
  EXPECT_THAT(Refusal("SELECT 1) UNION (SELECT 2"), HasSubstr("one too many"));
  EXPECT_THAT(Refusal("SELECT 'a"), HasSubstr("within a string"));
  EXPECT_THAT(Refusal("SELECT /* a"), HasSubstr("within a comment"));
  EXPECT_EQ(Refusal("SELECT format FROM t"), "taken");
  EXPECT_EQ(Refusal("SELECT format('{}', a) FROM t"), "taken");
}

TEST(Statement, KnowsTheQuotesOfEachDialect) {
  EXPECT_FALSE(Shape("SELECT 'it\\' LIMIT 1'").limited);
  EXPECT_FALSE(Shape("SELECT $q$ ; LIMIT 1 $q$", EngineKind::kPostgres).limited);
  EXPECT_FALSE(Shape("SELECT E'\\' LIMIT 1'", EngineKind::kPostgres).limited);
  EXPECT_TRUE(Shape("SELECT '\\' LIMIT 1", EngineKind::kPostgres).limited);
  EXPECT_FALSE(Shape("SELECT 1 /* /* */ LIMIT 1 */", EngineKind::kPostgres).limited);
  EXPECT_FALSE(Shape("SELECT \"a\\\" LIMIT 1\"", EngineKind::kMysql).limited);
  EXPECT_FALSE(Shape("SELECT 1 # LIMIT 1", EngineKind::kMysql).limited);
  EXPECT_TRUE(Shape("SELECT 5--3\n LIMIT 1", EngineKind::kMysql).limited);
  EXPECT_FALSE(Shape("SELECT [a LIMIT 1] FROM t", EngineKind::kOther).limited);
  EXPECT_FALSE(Shape("SELECT {{limit}} FROM t [[WHERE a = {{a}}]]").limited);
  EXPECT_EQ(NameOfToken("\"a\"\"b\"", EngineKind::kPostgres), "a\"b");
  EXPECT_EQ(NameOfToken("`a\\`b`", EngineKind::kClickHouse), "a`b");
}

// Whatever the text is: an answer or a refusal, and the answer's text is a part of it.
TEST(Statement, TakesAnyTextWithoutHarm) {
  static constexpr const char* kPieces[] = {
      "SELECT", " ",        "a",    "'",           "\"",    "`",    "(",  ")",   "--",
      "\n",     "/*",       "*/",   ",",           ";",     "\\",   "$",  "$q$", "LIMIT",
      "5",      "ORDER BY", " BY ", "UNION",       ".",     "{",    "}}", "{{",  "FROM",
      "t",      "[",        "]",    "É",           "NULLS", "DESC", "E'", "#",   "\x01",
      "FORMAT", "TOP",      "WITH", "DISTINCT ON", "now("};
  std::mt19937 random(7);
  for (int round = 0; round < 20'000; ++round) {
    std::string sql = round % 2 == 0 ? "SELECT " : "";
    for (unsigned count = random() % 20; count > 0; --count) {
      sql += kPieces[random() % std::size(kPieces)];
      if (random() % 2 == 0) sql += ' ';
    }
    for (EngineKind engine : {EngineKind::kClickHouse, EngineKind::kPostgres,
                              EngineKind::kMysql, EngineKind::kOther}) {
      auto shape = ShapeOf(sql, engine);
      if (!shape.ok()) {
        EXPECT_EQ(KindOf(shape.status()), ErrorKind::kConfig) << sql;
        continue;
      }
      EXPECT_TRUE(sql.starts_with(shape->sql)) << sql;
      EXPECT_LE(shape->unordered_sql.size(), shape->sql.size()) << sql;
      // In parentheses of ours it stays one statement.
      EXPECT_TRUE(ShapeOf("SELECT * FROM (\n" + shape->sql + "\n) AS q", engine).ok())
          << sql;
    }
  }
}

}  // namespace
}  // namespace keelboat::metabase
