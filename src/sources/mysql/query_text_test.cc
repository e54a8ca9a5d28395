#include "sources/mysql/query_text.h"

#include <gtest/gtest.h>

#include "keelboat/error.h"

namespace keelboat::mysql {
namespace {

std::string Text(std::string_view sql) {
  auto text = QueryText(sql);
  if (text.ok()) return *text;
  EXPECT_EQ(KindOf(text.status()), ErrorKind::kConfig);
  return "refused: " + text.status().message();
}

TEST(QueryText, LeavesOneStatementAsItIs) {
  EXPECT_EQ(Text("SELECT 1"), "SELECT 1");
  EXPECT_EQ(Text("  with a as (select 1 as x)\nselect x from a -- all of it"),
            "with a as (select 1 as x)\nselect x from a -- all of it");
  EXPECT_EQ(Text("(SELECT 1) UNION (SELECT 2)"), "(SELECT 1) UNION (SELECT 2)");
  EXPECT_EQ(Text("# head\nSELECT 1"), "# head\nSELECT 1");
}

TEST(QueryText, DropsTheSemicolonAtTheEnd) {
  EXPECT_EQ(Text("SELECT 1 ; \n"), "SELECT 1");
  EXPECT_EQ(Text("SELECT 1;; -- done"), "SELECT 1");
  EXPECT_EQ(Text("SELECT 1; /* done */ # really"), "SELECT 1");
}

TEST(QueryText, IsNotFooledByQuotesAndComments) {
  for (const char* sql :
       {"SELECT '; DROP TABLE t'", R"(SELECT 'it''s; \' ; ')", "SELECT \"a;b\"",
        "SELECT `a;``b` FROM t", "SELECT 1 /* ; ) INTO */", "SELECT 1 -- ; )\n + 1",
        "SELECT 5--1", "SELECT t.into FROM t", "SELECT @into",
        "SELECT lock_in, for_update", "SELECT 'FOR' , 'UPDATE'",
        "SELECT /*! SQL_NO_CACHE */ 1"}) {
    EXPECT_EQ(Text(sql), sql);
  }
}

TEST(QueryText, RefusesWhatIsNoQuery) {
  EXPECT_EQ(Text(" -- nothing"), "refused: the query is empty");
  EXPECT_EQ(Text(";"), "refused: the query is empty");
  EXPECT_EQ(Text("DELETE FROM t"),
            "refused: the query begins with DELETE; write one that begins with SELECT or "
            "WITH");
  for (const char* sql : {"SELECT 1; SELECT 2", "SELECT 1; DROP TABLE t;"}) {
    EXPECT_EQ(Text(sql), "refused: the query holds more than one statement; give one");
  }
}

TEST(QueryText, RefusesWhatWritesOrLocks) {
  for (const char* sql : {"SELECT 1 INTO OUTFILE '/tmp/x'", "SELECT 1 into @a",
                          "SELECT 1 /*! INTO OUTFILE '/tmp/x' */",
                          "SELECT 1 /*M!100000 INTO DUMPFILE '/tmp/x' */"}) {
    EXPECT_EQ(Text(sql), "refused: the query writes (INTO); keelboat only reads");
  }
  EXPECT_EQ(Text("SELECT 1 FROM t for\nupdate"),
            "refused: the query locks rows (FOR UPDATE); keelboat only reads");
  EXPECT_EQ(Text("SELECT 1 FROM t LOCK IN SHARE MODE"),
            "refused: the query locks rows (LOCK IN); keelboat only reads");
}

TEST(QueryText, RefusesWhatDoesNotEnd) {
  EXPECT_EQ(Text("SELECT 'a"), "refused: the query has a quote that does not end");
  EXPECT_EQ(Text("SELECT 1 /* a"), "refused: the query has a comment that does not end");
  EXPECT_EQ(Text("SELECT 1 /*! a"), "refused: the query has a comment that does not end");
  EXPECT_EQ(Text("SELECT (1"),
            "refused: the query opens more parentheses than it closes");
  EXPECT_EQ(Text("SELECT 1) AS q; -- ("),
            "refused: the query closes more parentheses than it opens");
}

}  // namespace
}  // namespace keelboat::mysql
