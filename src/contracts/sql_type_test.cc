#include "contracts/sql_type.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "keelboat/error.h"

namespace keelboat {
namespace {

/// The rules in one line.
std::string Describe(const std::string& type) {
  ColumnRules rules;
  if (arrow::Status status = ApplySqlType(type, &rules); !status.ok()) {
    EXPECT_EQ(KindOf(status), ErrorKind::kConfig);
    return status.message();
  }
  std::string text = rules.types->ToString();
  if (rules.minimum) text += " min " + rules.minimum->text();
  if (rules.maximum) text += " max " + rules.maximum->text();
  if (rules.decimal) {
    text += " decimal " + std::to_string(rules.decimal->precision) + "," +
            std::to_string(rules.decimal->scale);
  }
  if (rules.max_length) text += " length " + std::to_string(*rules.max_length);
  if (rules.format) text += std::string(" format ") + TextFormatName(*rules.format);
  if (rules.enumeration) {
    for (const JsonValue& value : *rules.enumeration) text += " <" + value.text + ">";
  }
  return text;
}

TEST(SqlType, BecomesRules) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"TINYINT", "integer min -128 max 127"},
      {"tinyint(3) unsigned", "integer min 0 max 255"},
      {"SMALLINT", "integer min -32768 max 32767"},
      {"MEDIUMINT UNSIGNED", "integer min 0 max 16777215"},
      {" Int ( 11 ) ", "integer min -2147483648 max 2147483647"},
      {"INTEGER", "integer min -2147483648 max 2147483647"},
      {"BIGINT", "integer min -9223372036854775808 max 9223372036854775807"},
      {"bigint(20) unsigned zerofill", "integer min 0 max 18446744073709551615"},
      {"YEAR", "integer min 0 max 65535"},
      {"BIT", "integer min 0 max 1"},
      {"BIT(64)", "integer min 0 max 18446744073709551615"},
      {"DECIMAL(10,2)", "number decimal 10,2"},
      {"DECIMAL", "number decimal 10,0"},
      {"decimal(65, 30) unsigned", "number min 0 decimal 65,30"},
      {"NUMERIC(5)", "number decimal 5,0"},
      {"NUMBER", "number decimal 38,0"},
      {"FLOAT", "number"},
      {"DOUBLE PRECISION", "number"},
      {"double(10,2) unsigned", "number min 0"},
      {"BOOLEAN", "integer or boolean"},
      {"VARCHAR(50)", "string length 50"},
      {"CHAR", "string"},
      {"VARBINARY(16)", "string length 16"},
      {"TEXT", "string"},
      {"LONGBLOB", "string"},
      {"JSON", "string"},
      {"UUID", "string format uuid"},
      {"DATE", "string format date"},
      {"DATETIME", "string format date-time"},
      {"TIMESTAMP(6)", "string format date-time"},
      {"TIME", "string"},
      {"ENUM('a','it''s','b\\\\c')", "string <a> <it's> <b\\c>"},
      {"SET('a','b')", "string"},
  };
  for (const auto& [type, rules] : cases) EXPECT_EQ(Describe(type), rules) << type;
}

TEST(SqlType, RefusesWhatItDoesNotKnow) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"VARCAHR(5)", "'VARCAHR(5)' is not a known type (did you mean 'varchar'?)"},
      {"", "'' is not a known type"},
      {"GEOMETRY", "'GEOMETRY' is not a known type"},
      {"VARCHAR(5", "'VARCHAR(5' has an opening bracket without a closing one"},
      {"VARCHAR)5(", "'VARCHAR)5(' has an opening bracket without a closing one"},
      {"VARCHAR(x)", "'VARCHAR(x)' has sizes that are not numbers"},
      {"VARCHAR(-5)", "'VARCHAR(-5)' has sizes that are not numbers"},
      {"VARCHAR(99999999999999999999)",
       "'VARCHAR(99999999999999999999)' has sizes that are not numbers"},
      {"VARCHAR(5,5)", "'VARCHAR(5,5)' has too many sizes"},
      {"DECIMAL(1,2,3)", "'DECIMAL(1,2,3)' has too many sizes"},
      {"DECIMAL(2,3)",
       "'DECIMAL(2,3)' is not a decimal: 1 to 76 digits, no more of them behind the "
       "point"},
      {"DECIMAL(77,0)",
       "'DECIMAL(77,0)' is not a decimal: 1 to 76 digits, no more of them behind the "
       "point"},
      {"INT sometimes", "'INT sometimes' has the unknown attribute 'sometimes'"},
      {"BIT(0)", "'BIT(0)' has no bits"},
  };
  for (const auto& [type, message] : cases) EXPECT_EQ(Describe(type), message) << type;
}

TEST(SqlType, ListsMembers) {
  using Members = std::vector<std::string>;
  EXPECT_EQ(EnumMembers("enum('a','b')"), (Members{"a", "b"}));
  EXPECT_EQ(EnumMembers("ENUM( 'a b' , '' )"), (Members{"a b", ""}));
  EXPECT_EQ(EnumMembers("set('x,y','(z)')"), (Members{"x,y", "(z)"}));
  EXPECT_EQ(EnumMembers("enum('never closed"), Members{});
  EXPECT_EQ(EnumMembers("varchar(5)"), Members{});
}

}  // namespace
}  // namespace keelboat
