#include "warehouses/duckdb/sql_text.h"

#include <gtest/gtest.h>

namespace keelboat::duckdb {
namespace {

TEST(SqlTextTest, QuotesNamesAndText) {
  EXPECT_EQ(QuoteName("orders"), "\"orders\"");
  EXPECT_EQ(QuoteName("a \"b\""), "\"a \"\"b\"\"\"");
  EXPECT_EQ(QuoteText("it's"), "'it''s'");
  EXPECT_EQ(QuoteText(""), "''");
  EXPECT_EQ(QuoteTable("my schema", "a.b"), "\"my schema\".\"a.b\"");
}

TEST(SqlTextTest, MakesPathsLiteral) {
  EXPECT_EQ(EscapePattern("/a/b.parquet"), "/a/b.parquet");
  EXPECT_EQ(EscapePattern("/[1]/*?"), "/[[]1]/[*][?]");
  EXPECT_EQ(QuotePathList({"/a", "/it's *"}), "['/a', '/it''s [*]']");
  EXPECT_EQ(QuotePathList({}), "[]");
}

TEST(SqlTextTest, ComparesNamesAsDuckdbDoes) {
  EXPECT_TRUE(SameName("Orders", "oRDERS"));
  EXPECT_FALSE(SameName("orders", "order"));
  EXPECT_FALSE(SameName("É", "é"));
}

}  // namespace
}  // namespace keelboat::duckdb
