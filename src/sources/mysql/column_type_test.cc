#include "sources/mysql/column_type.h"

#include <arrow/type.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"

namespace keelboat::mysql {
namespace {

ServerField Field(enum_field_types type) {
  ServerField field;
  field.name = "v";
  field.type = type;
  field.charset = 45;
  return field;
}

TEST(ColumnType, ReadsPrecisionOutOfTheLongestText) {
  ServerField field = Field(MYSQL_TYPE_NEWDECIMAL);
  field.length = 67;  // 65 digits, point, sign
  field.decimals = 30;
  EXPECT_EQ(TypeOf(field)->arrow->ToString(), "decimal256(65, 30)");
  field.length = 38;
  field.decimals = 0;
  field.flags = UNSIGNED_FLAG;
  EXPECT_EQ(TypeOf(field)->arrow->ToString(), "decimal128(38, 0)");
}

TEST(ColumnType, TakesMysqlsJsonForTextThoughItIsSentAsBinary) {
  ServerField field = Field(MYSQL_TYPE_JSON);
  field.charset = 63;
  auto type = TypeOf(field).ValueOrDie();
  EXPECT_EQ(type.arrow->id(), arrow::Type::STRING);
  EXPECT_EQ(type.logical, "json");
}

TEST(ColumnType, TakesMysqlsVectorForBytes) {
  auto type = TypeOf(Field(static_cast<enum_field_types>(242))).ValueOrDie();
  EXPECT_EQ(type.arrow->id(), arrow::Type::BINARY);
}

TEST(ColumnType, RefusesTypesThatItDoesNotKnow) {
  for (auto type : {MYSQL_TYPE_DECIMAL, MYSQL_TYPE_NULL, MYSQL_TYPE_TIME2}) {
    auto refused = TypeOf(Field(type));
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(KindOf(refused.status()), ErrorKind::kUnsupported);
    EXPECT_EQ(DetailOf(refused.status(), "column"), "v");
  }
}

TEST(ColumnType, KnowsCalendarTypesByTheirDeclaration) {
  EXPECT_TRUE(IsCalendarType("date"));
  EXPECT_TRUE(IsCalendarType("datetime(6)"));
  EXPECT_TRUE(IsCalendarType("timestamp"));
  EXPECT_FALSE(IsCalendarType("time"));
  EXPECT_FALSE(IsCalendarType("year(4)"));
  EXPECT_FALSE(IsCalendarType("varchar(20)"));
}

}  // namespace
}  // namespace keelboat::mysql
