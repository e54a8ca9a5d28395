// The rows' side against the stand-in, through the real HTTP side.

#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"
#include "support/metabase_rows_fixture.h"

namespace keelboat::metabase {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using MetabaseRowsTest = MetabaseRows;

TEST_P(MetabaseRowsTest, EveryTypeOfClickHouseIsExact) {
  auto read = Fetch("SELECT * FROM types ORDER BY id");
  ASSERT_TRUE(read.status.ok()) << read.status.ToString();
  EXPECT_THAT(
      read.types,
      ElementsAre("uint64 not null", "int64 not null", "decimal256(39, 0) not null",
                  "string not null", "float not null", "double not null",
                  "decimal128(38, 10) not null", "bool not null", "string not null",
                  "binary not null", "date32[day] not null", "date32[day] not null",
                  "timestamp[us, tz=UTC] not null", "timestamp[ns, tz=UTC] not null",
                  "string not null", "string not null", "string not null",
                  "string not null", "string not null", "string not null",
                  "string not null", "string not null", "int32"));
  ASSERT_EQ(read.rows.size(), 3u);
  using namespace std::string_literals;
  EXPECT_EQ(read.rows[0],
            "1|0|0|0|0|nan|0E-10|false||ab\0\0|1970-01-01|1900-01-01|1970-01-01 "
            "00:00:00.000000Z|1970-01-01 00:00:00.000000000Z|"
            "00000000-0000-0000-0000-000000000000|0.0.0.0|::|[]|{}|[0,\"0\"]|red|"
            "{\"a\":{\"b\":1}}|null"s);
  EXPECT_EQ(read.rows[1],
            "2|9007199254740993|5|-5|1.1|-inf|-1.000E-7|true|a \"quoted\"\nline, \\ "
            "\u2028 é|\0\0\0\0|2024-02-29|2024-02-29|2024-03-31 01:30:00.000000Z|"
            "2024-07-01 18:04:05.123456789Z|61f0c404-5cb3-11e7-907b-a6006ad3dba0|"
            "192.168.0.1|2001:db8::1|[\"a\",\"b\"]|{\"a\":1}|[1,\"1\"]|blue|"
            "{\"a\":{\"b\":1}}|5"s);
  EXPECT_EQ(
      read.rows[2],
      "3|-9223372036854775808|340282366920938463463374607431768211455|"
      "-57896044618658097711785492504343953926634992332820282019728792003956564819968"
      "|3.4e+38|1e-7|12345678901234567890.5000000000|false|NULL|abcd|2149-06-06|"
      "2299-12-31|2106-02-07 06:28:15.000000Z|2024-01-01 18:04:05.100000000Z|"
      "ffffffff-ffff-ffff-ffff-ffffffffffff|255.255.255.255|::ffff:1.2.3.4|"
      "[\"a, b\",\"\"]|{\"x\\\"y\":18446744073709551615}|[2,\"2\"]|red|"
      "{\"a\":{\"b\":1}}|null");
}

TEST_P(MetabaseRowsTest, AnotherZoneOfTheServerChangesNothing) {
  const std::string sql = "SELECT id, day, moment, exact FROM types";
  auto utc = Fetch(sql);
  standin_->Set(R"({"report_timezone":"Asia/Kathmandu"})");
  Use("Growth Team Clickhouse Connection");
  auto other = Fetch(sql);
  ASSERT_TRUE(other.status.ok()) << other.status.ToString();
  EXPECT_EQ(other.rows, utc.rows);
  EXPECT_EQ(other.types, utc.types);
}

TEST_P(MetabaseRowsTest, ValuesOfPostgresKeepTheirForms) {
  Use("Customers Postgres");
  standin_->Set(R"({"report_timezone":"Europe/Berlin"})");
  auto read = Fetch("SELECT id, name, born, created, seen FROM accounts WHERE id = 1");
  ASSERT_TRUE(read.status.ok()) << read.status.ToString();
  EXPECT_THAT(read.types, ElementsAre("int64", "string", "date32[day]", "timestamp[us]",
                                      "timestamp[us, tz=UTC]"));
  EXPECT_THAT(read.rows, ElementsAre("1|Name 0|2024-01-02|2024-01-02 03:04:05.500000|"
                                     "2024-01-02 03:04:05.500000Z"));
}

TEST_P(MetabaseRowsTest, PiecesOfAKeyAreTheWholeTable) {
  const std::string sql = "SELECT * FROM orders";
  auto whole = Fetch(sql);
  ASSERT_TRUE(whole.status.ok()) << whole.status.ToString();
  ASSERT_EQ(whole.rows.size(), 20'000u);
  EXPECT_EQ(whole.pieces, 1u);
  auto parts = Fetch(sql, Pieces(7));
  ASSERT_TRUE(parts.status.ok()) << parts.status.ToString();
  EXPECT_GE(parts.pieces, 7u);
  EXPECT_THAT(parts.split.on, ElementsAre("order_id"));
  EXPECT_EQ(Sorted(parts.rows), Sorted(whole.rows));
  for (const char* key : {"created_at", "order_date", "delivered_at", "vendor_id"}) {
    auto on = Fetch(sql, Pieces(5, {key}));
    ASSERT_TRUE(on.status.ok()) << on.status.ToString();
    EXPECT_GT(on.pieces, 3u) << key;
    EXPECT_EQ(Sorted(on.rows), Sorted(whole.rows)) << key;
  }
  EXPECT_EQ(KindOf(Fetch(sql, Pieces(5, {"note"})).status), ErrorKind::kConfig);
  EXPECT_EQ(KindOf(Fetch(sql, Pieces(5, {"nope"})).status), ErrorKind::kConfig);
}

TEST_P(MetabaseRowsTest, RowsTwiceWithoutAKeyComeTwice) {
  const std::string sql = "SELECT kind, at, session FROM events";
  auto whole = Fetch(sql);
  ASSERT_TRUE(whole.status.ok()) << whole.status.ToString();
  auto on_null = Fetch(sql, Pieces(4, {"session"}));
  ASSERT_TRUE(on_null.status.ok()) << on_null.status.ToString();
  EXPECT_EQ(Sorted(on_null.rows), Sorted(whole.rows));
  const std::string keyless = "SELECT kind, toString(session) AS session FROM events";
  auto all = Fetch(keyless);
  auto dealt = Fetch(keyless, Pieces(4));
  ASSERT_TRUE(dealt.status.ok()) << dealt.status.ToString();
  EXPECT_EQ(dealt.pieces, 4u);
  EXPECT_EQ(dealt.split.pieces[0].predicate->kind, PredicateKind::kHash);
  EXPECT_EQ(Sorted(dealt.rows), Sorted(all.rows));
}

TEST_P(MetabaseRowsTest, ADatabaseThatNobodyKnowsNamesTheBounds) {
  Use("Archive Vertica");
  for (const char* sql : {"SELECT toString(session) AS session, kind, at FROM events",
                          "SELECT word FROM skewed", "SELECT kind, at FROM events"}) {
    auto whole = Fetch(sql);
    ASSERT_TRUE(whole.status.ok()) << whole.status.ToString();
    auto options = Options();
    options.most_rows = 1500;  // Cut further, column after column.
    auto pieces = Fetch(sql, Pieces(4), options);
    ASSERT_TRUE(pieces.status.ok()) << pieces.status.ToString();
    EXPECT_GT(pieces.pieces, 1u) << sql << ": " << pieces.split.reason;
    EXPECT_EQ(pieces.moved, 0);
    std::ranges::sort(whole.rows);
    std::ranges::sort(pieces.rows);
    EXPECT_EQ(pieces.rows, whole.rows) << sql;
  }
  auto few = Fetch("SELECT kind FROM events WHERE kind = 'view'", Pieces(8));
  ASSERT_TRUE(few.status.ok()) << few.status.ToString();
  EXPECT_EQ(few.pieces, 1u) << "rows alike stay together";
}

TEST_P(MetabaseRowsTest, ASkewedKeyIsCutWhereItsRowsAre) {
  const std::string sql = "SELECT id, part, word FROM skewed";
  auto whole = Fetch(sql);
  auto options = Options();
  options.most_rows = 1500;
  auto parts = Fetch(sql, Pieces(8, {"id"}), options);
  ASSERT_TRUE(parts.status.ok()) << parts.status.ToString();
  EXPECT_EQ(Sorted(parts.rows), Sorted(whole.rows));
}

TEST_P(MetabaseRowsTest, AnOrderIsKeptThroughPieces) {
  for (const char* order :
       {"created_at DESC", "delivered_at, order_id",
        "delivered_at DESC NULLS FIRST, order_id", "1", "vendor_id DESC, order_id"}) {
    const std::string list =
        "SELECT order_id, vendor_id, delivered_at, created_at FROM orders ORDER BY ";
    auto whole = Fetch(list + order);
    ASSERT_TRUE(whole.status.ok()) << whole.status.ToString();
    auto parts = Fetch(list + order, Pieces(6));
    ASSERT_TRUE(parts.status.ok()) << parts.status.ToString();
    EXPECT_GT(parts.pieces, 3u) << order;
    EXPECT_TRUE(parts.split.ordered);
    EXPECT_EQ(parts.rows, whole.rows) << order;
  }
  auto other =
      Fetch("SELECT order_id FROM orders ORDER BY order_id % 7, order_id", Pieces(6));
  EXPECT_EQ(other.pieces, 1u);
  EXPECT_THAT(other.split.reason, HasSubstr("order"));
  EXPECT_EQ(other.rows.front(), "7");
}

TEST_P(MetabaseRowsTest, WhatMayAnswerOtherwiseComesWhole) {
  for (const char* sql : {"SELECT order_id FROM orders LIMIT 500",
                          "SELECT order_id FROM orders WHERE "
                          "created_at < now() LIMIT 500"}) {
    auto read = Fetch(sql, Pieces(6));
    ASSERT_TRUE(read.status.ok()) << read.status.ToString();
    EXPECT_EQ(read.pieces, 1u);
    EXPECT_EQ(read.rows.size(), 500u);
  }
  auto tables = Fetch("SHOW TABLES", Pieces(3));
  ASSERT_TRUE(tables.status.ok()) << tables.status.ToString();
  EXPECT_THAT(tables.rows, ::testing::Contains("orders"));
}

TEST_P(MetabaseRowsTest, ASavedQuestionComesAsItIs) {
  auto orders = Fetch(api_->CardQuestion("1", {}, {}).ValueOrDie(), Pieces(6));
  ASSERT_TRUE(orders.status.ok()) << orders.status.ToString();
  EXPECT_EQ(orders.pieces, 1u);
  EXPECT_THAT(orders.split.reason, HasSubstr("saved question"));
  EXPECT_EQ(orders.rows.size(), 20'000u);
  const auto at = [&](const char* name) {
    return std::ranges::find(orders.names, name) - orders.names.begin();
  };
  EXPECT_EQ(orders.types[static_cast<std::size_t>(at("created_at"))],
            "timestamp[us, tz=UTC]");
  EXPECT_EQ(at("order_id"), 0);
  auto some =
      Fetch(api_->CardQuestion("2", {{"since", "2025-06-01"}, {"city", "Lyon"}}, {})
                .ValueOrDie());
  ASSERT_TRUE(some.status.ok()) << some.status.ToString();
  auto expected = Fetch(
      "SELECT order_id, city, order_date, total FROM orders WHERE order_date >= "
      "'2025-06-01' AND city = 'Lyon' ORDER BY order_id");
  EXPECT_EQ(some.rows, expected.rows);
  auto vendors = Fetch(api_->CardQuestion("3", {}, {}).ValueOrDie());
  ASSERT_TRUE(vendors.status.ok()) << vendors.status.ToString();
  EXPECT_THAT(vendors.warnings, ::testing::Contains(HasSubstr("column tags comes as")));
}

TEST_P(MetabaseRowsTest, ColumnsOfOneNameAreAllThere) {
  auto read = Fetch(
      "SELECT a.number, b.number, a.number FROM numbers(3) a JOIN numbers(3) b ON "
      "a.number = b.number ORDER BY 1");
  ASSERT_TRUE(read.status.ok()) << read.status.ToString();
  EXPECT_EQ(read.names.size(),
            std::set<std::string>(read.names.begin(), read.names.end()).size());
  EXPECT_THAT(read.rows, ElementsAre("0|0|0", "1|1|1", "2|2|2"));
  EXPECT_THAT(read.warnings, ::testing::Contains(HasSubstr("it is called number_2")));
  auto keys = Fetch("SELECT 1 AS c1, 2 AS c0, 3 AS `a \"b\"`, 4 AS `d``e`");
  ASSERT_TRUE(keys.status.ok()) << keys.status.ToString();
  EXPECT_THAT(keys.rows, ElementsAre("1|2|3|4"));
}

TEST_P(MetabaseRowsTest, NoRowsAreNoRows) {
  auto read = Fetch("SELECT * FROM orders WHERE order_id = 0", Pieces(4));
  ASSERT_TRUE(read.status.ok()) << read.status.ToString();
  EXPECT_THAT(read.rows, IsEmpty());
  EXPECT_EQ(read.names.size(), 12u);
}

INSTANTIATE_TEST_SUITE_P(Generations, MetabaseRowsTest,
                         ::testing::Values("v48", "v55", "v63"));

}  // namespace
}  // namespace keelboat::metabase
