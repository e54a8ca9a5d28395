#include "sources/mysql/literal.h"

#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <gtest/gtest.h>

#include "core/field_metadata.h"
#include "keelboat/error.h"

namespace keelboat::mysql {
namespace {

ComparedColumn Column(const std::string& declared,
                      const std::shared_ptr<arrow::DataType>& type) {
  return ComparedColumn::Of(*arrow::field(
      "v", type, true, arrow::key_value_metadata({kSourceTypeKey}, {declared})));
}

std::string Literal(const ComparedColumn& column, const std::string& text) {
  auto literal = LiteralText(column, text);
  return literal.ok() ? *literal : std::string(ErrorKindName(KindOf(literal.status())));
}

TEST(Literal, WritesNumbersAsTheyAre) {
  ComparedColumn big = Column("bigint(20) unsigned", arrow::uint64());
  EXPECT_EQ(Literal(big, "18446744073709551615"), "18446744073709551615");
  EXPECT_EQ(Literal(big, "-1"), "-1");
  EXPECT_EQ(Literal(big, "1.5"), "config");
  EXPECT_EQ(Literal(big, ""), "config");
  EXPECT_EQ(Literal(big, "1; DROP TABLE t"), "config");
  ComparedColumn exact = Column("decimal(65,30)", arrow::decimal256(65, 30));
  const std::string digits =
      "-99999999999999999999999999999999999.000000000000000000000000000001";
  EXPECT_EQ(Literal(exact, digits), digits);
  EXPECT_EQ(Literal(exact, "1e3"), "config");
}

TEST(Literal, WritesFloatsAsWhatTheColumnHolds) {
  ComparedColumn single = Column("float", arrow::float32());
  EXPECT_EQ(Literal(single, "1.1"), "1.10000002384185791e+00");
  ComparedColumn twice = Column("double unsigned", arrow::float64());
  EXPECT_EQ(Literal(twice, "0.1"), "1.00000000000000006e-01");
  EXPECT_EQ(Literal(twice, "nan"), "config");
  EXPECT_EQ(Literal(twice, "1e999"), "config");
}

TEST(Literal, WritesTimesAsText) {
  ComparedColumn moment = Column("datetime(6)", arrow::timestamp(arrow::TimeUnit::MICRO));
  EXPECT_EQ(Literal(moment, "2024-01-31 10:00:00.000001"),
            "'2024-01-31 10:00:00.000001'");
  EXPECT_EQ(Literal(moment, "2024-01-31"), "'2024-01-31'");
  EXPECT_EQ(Literal(moment, "2024-01-31T10:00:00"), "config");
  EXPECT_EQ(Literal(moment, "yesterday"), "config");
  ComparedColumn span = Column("time(6)", arrow::duration(arrow::TimeUnit::MICRO));
  EXPECT_EQ(Literal(span, "-838:59:59.999999"), "'-838:59:59.999999'");
  EXPECT_EQ(Literal(span, "12"), "config");
}

TEST(Literal, EscapesText) {
  ComparedColumn text = Column("varchar(20)", arrow::utf8());
  EXPECT_EQ(Literal(text, "it's \\ 🚢"), R"('it\'s \\ 🚢')");
  EXPECT_EQ(Literal(Column("uuid", arrow::utf8()), "a'b"), R"('a\'b')");
}

TEST(Literal, WritesBytesInHexadecimal) {
  ComparedColumn bytes = Column("varbinary(8)", arrow::binary());
  EXPECT_EQ(Literal(bytes, "0x0aFF"), "X'0aFF'");
  EXPECT_EQ(Literal(bytes, "0x"), "X''");
  EXPECT_EQ(Literal(bytes, "0xA"), "config");
  EXPECT_EQ(Literal(bytes, "AB"), "config");
}

TEST(Literal, WritesMembersAsTheirNumbers) {
  ComparedColumn one = Column("enum('small','it''s','large')", arrow::utf8());
  EXPECT_EQ(one.members, (std::vector<std::string>{"small", "it's", "large"}));
  EXPECT_EQ(Literal(one, "it's"), "2");
  EXPECT_EQ(Literal(one, ""), "0");
  EXPECT_EQ(Literal(one, "none"), "config");
  ComparedColumn many = Column("set('a','b','c')", arrow::utf8());
  EXPECT_EQ(Literal(many, "a,c"), "5");
  EXPECT_EQ(Literal(many, ""), "0");
  EXPECT_EQ(Literal(many, "a,d"), "config");
}

TEST(Literal, RefusesWhatCannotBeCompared) {
  EXPECT_EQ(Literal(Column("json", arrow::utf8()), "{}"), "unsupported");
  EXPECT_EQ(Literal(Column("point", arrow::binary()), "0x00"), "unsupported");
}

}  // namespace
}  // namespace keelboat::mysql
