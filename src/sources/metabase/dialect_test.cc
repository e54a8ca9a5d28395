#include "sources/metabase/dialect.h"

#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>

#include "core/field_metadata.h"
#include "keelboat/error.h"

namespace keelboat::metabase {
namespace {

std::string Literal(const Dialect& dialect, std::shared_ptr<arrow::DataType> type,
                    const std::string& value, const std::string& source_type = "",
                    const std::string& logical = "") {
  auto metadata = arrow::key_value_metadata({kSourceTypeKey, kLogicalTypeKey},
                                            {source_type, logical});
  auto literal =
      dialect.Literal(*arrow::field("x", std::move(type), true, metadata), value);
  return literal.ok() ? *literal : std::string(ErrorKindName(KindOf(literal.status())));
}

const Dialect kClickHouse("clickhouse");
const Dialect kPostgres("postgres");
const Dialect kMysql("mysql");
const Dialect kServer("sqlserver");

TEST(Dialect, QuotesNames) {
  EXPECT_EQ(*kClickHouse.Quote("a`b\\c"), "`a``b\\\\c`");
  EXPECT_EQ(*kPostgres.Quote("a\"b"), "\"a\"\"b\"");
  EXPECT_EQ(*kMysql.Quote("a`b"), "`a``b`");
  EXPECT_EQ(*kServer.Quote("a]b"), "[a]]b]");
  EXPECT_EQ(KindOf(kPostgres.Quote("{{a}}").status()), ErrorKind::kUnsupported);
}

TEST(Dialect, WritesTextThatStaysText) {
  EXPECT_EQ(kClickHouse.Text("it's \\ "), "'it''s \\\\ '");
  EXPECT_EQ(kPostgres.Text("it's \\ "), "'it''s \\ '");
  EXPECT_EQ(kMysql.Text("\\'; DROP"), "'\\\\''; DROP'");
  // What Metabase would take for a tag is taken apart.
  EXPECT_EQ(kClickHouse.Text("a{{b}}"), "concat('a{', '{b}', '}')");
  EXPECT_EQ(kPostgres.Text("[[x"), "('[' || '[x')");
  for (const Dialect& dialect : {kClickHouse, kPostgres, kMysql, kServer}) {
    for (const char* hostile : {"{{{{", "]]]", "a'{{'b", "\\{{\\"}) {
      const std::string text = dialect.Text(hostile);
      EXPECT_EQ(text.find("{{"), std::string::npos) << text;
      EXPECT_EQ(text.find("[["), std::string::npos) << text;
      EXPECT_EQ(text.find("]]"), std::string::npos) << text;
    }
  }
}

TEST(Dialect, WritesLiteralsOfEachType) {
  auto instant = arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
  auto wall = arrow::timestamp(arrow::TimeUnit::MICRO);
  const std::string moment = "2024-01-02 03:04:05.000000";
  EXPECT_EQ(Literal(kClickHouse, arrow::uint64(), "18446744073709551615"),
            "18446744073709551615");
  EXPECT_EQ(Literal(kClickHouse, arrow::int64(), "-5"), "-5");
  EXPECT_EQ(Literal(kClickHouse, arrow::int64(), "5 OR 1"), "config");
  EXPECT_EQ(Literal(kClickHouse, arrow::date32(), "2024-01-02", "Date"),
            "toDate('2024-01-02')");
  EXPECT_EQ(Literal(kClickHouse, arrow::date32(), "1900-01-02", "Date"),
            "toDate32('1900-01-02')");
  EXPECT_EQ(Literal(kClickHouse, arrow::date32(), "2024-01-02", "Nullable(Date32)"),
            "toDate32('2024-01-02')");
  EXPECT_EQ(Literal(kClickHouse, instant, moment, "DateTime"),
            "toDateTime('2024-01-02 03:04:05', 'UTC')");
  EXPECT_EQ(Literal(kClickHouse, instant, moment, "DateTime64(3)"),
            "toDateTime64('2024-01-02 03:04:05.000000', 6, 'UTC')");
  EXPECT_EQ(Literal(kClickHouse, instant, "2024-01-02 03:04:05.500000", "DateTime"),
            "toDateTime64('2024-01-02 03:04:05.500000', 6, 'UTC')");
  EXPECT_EQ(Literal(kPostgres, instant, moment),
            "TIMESTAMPTZ '2024-01-02 03:04:05.000000+00'");
  EXPECT_EQ(Literal(kPostgres, wall, moment), "TIMESTAMP '2024-01-02 03:04:05.000000'");
  EXPECT_EQ(Literal(kMysql, instant, moment),
            "CONVERT_TZ('2024-01-02 03:04:05.000000', '+00:00', @@session.time_zone)");
  EXPECT_EQ(Literal(kPostgres, arrow::date32(), "2024-01-02"), "DATE '2024-01-02'");
  EXPECT_EQ(Literal(kPostgres, arrow::date32(), "2024-01-02' OR"), "config");
  EXPECT_EQ(Literal(kClickHouse, arrow::decimal128(12, 2), "1.50"),
            "toDecimal256('1.50', 2)");
  EXPECT_EQ(Literal(kPostgres, arrow::utf8(), "1.50", "numeric", "decimal"), "1.50");
  EXPECT_EQ(Literal(kPostgres, arrow::utf8(), "1 OR 1", "numeric", "decimal"), "config");
  EXPECT_EQ(Literal(kPostgres, arrow::utf8(), "a'b"), "'a''b'");
  EXPECT_EQ(Literal(kPostgres, arrow::boolean(), "1"), "true");
  EXPECT_EQ(Literal(kPostgres, arrow::float64(), "1.5"), "1.5");
  EXPECT_EQ(Literal(kPostgres, arrow::float64(), "NaN"), "config");
  EXPECT_EQ(Literal(kPostgres, arrow::utf8(), "{}", "jsonb", "json"), "unsupported");
  EXPECT_EQ(Literal(kPostgres, arrow::binary(), "0x00"), "unsupported");
}

TEST(Dialect, DealsRowsToBuckets) {
  EXPECT_EQ(kClickHouse.HashIs({"q.a", "q.b"}, 1, 4),
            "cityHash64(tuple(q.a, q.b)) % 4 = 1");
  EXPECT_EQ(kPostgres.HashIs({"q.a"}, 0, 2),
            "('x' || substr(md5(ROW(q.a)::text), 1, 8))::bit(32)::bigint % 2 = 0");
  EXPECT_EQ(
      kMysql.HashIs({"q.a"}, 0, 2),
      "CAST(CONV(LEFT(MD5(CONCAT_WS('|', IFNULL(HEX(q.a), 'NULL'))), 8), 16, 10) AS "
      "UNSIGNED) % 2 = 0");
  EXPECT_FALSE(kServer.has_hash());
}

TEST(Dialect, KnowsWhereNullsStand) {
  EXPECT_FALSE(kClickHouse.NullsFirst(false));
  EXPECT_FALSE(kClickHouse.NullsFirst(true));
  EXPECT_FALSE(kPostgres.NullsFirst(false));
  EXPECT_TRUE(kPostgres.NullsFirst(true));
  EXPECT_TRUE(kMysql.NullsFirst(false));
  EXPECT_FALSE(kMysql.NullsFirst(true));
}

}  // namespace
}  // namespace keelboat::metabase
