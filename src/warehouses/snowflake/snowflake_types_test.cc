#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/field_metadata.h"
#include "keelboat/error.h"
#include "support/snowflake_fixture.h"
#include "warehouses/snowflake/column_types.h"

namespace keelboat::snowflake {
namespace {

using ::testing::HasSubstr;

struct GoldenCase {
  std::string line;  ///< The first two cells of the case's line in TYPES.md.
  std::shared_ptr<arrow::Field> field;
  std::string type;
  std::string stored;                 ///< JSON array, edge values first.
  std::vector<std::string> expected;  ///< As text by `shown`, NULL as "(null)".
  std::string shown = "CAST(VALUE AS VARCHAR)";
};

std::shared_ptr<arrow::Field> Marked(const std::shared_ptr<arrow::DataType>& type,
                                     const char* key, const std::string& value) {
  return LakeField("value", type, {{key, value}});
}

std::vector<GoldenCase> Cases() {
  auto plain = [](const auto& type) { return LakeField("value", type); };
  return {
      {"bool|",
       plain(arrow::boolean()),
       "BOOLEAN",
       "[true, false, null]",
       {"true", "false", "(null)"}},
      {"int8|",
       plain(arrow::int8()),
       "NUMBER(3,0)",
       "[-128, 127, null]",
       {"-128", "127", "(null)"}},
      {"int16|",
       plain(arrow::int16()),
       "NUMBER(5,0)",
       "[-32768, 32767]",
       {"-32768", "32767"}},
      {"int32|",
       plain(arrow::int32()),
       "NUMBER(10,0)",
       "[-2147483648, 2147483647]",
       {"-2147483648", "2147483647"}},
      {"int64|",
       plain(arrow::int64()),
       "NUMBER(19,0)",
       "[-9223372036854775808, 9223372036854775807, null]",
       {"-9223372036854775808", "9223372036854775807", "(null)"}},
      {"decimal128(20,0)|source type bigint unsigned or bit",
       Marked(arrow::decimal128(20, 0), kSourceTypeKey, "bigint(20) unsigned"),
       "NUMBER(20,0)",
       R"(["18446744073709551615", "0", "9007199254740993", null])",
       {"18446744073709551615", "0", "9007199254740993", "(null)"}},
      {"decimal128(p,s)|",
       plain(arrow::decimal128(38, 10)),
       "NUMBER(38,10)",
       R"(["9999999999999999999999999999.9999999999", "-0.0000000001", null])",
       {"9999999999999999999999999999.9999999999", "-0.0000000001", "(null)"}},
      {"string|logical type decimal",
       Marked(arrow::utf8(), kLogicalTypeKey, "decimal"),
       "VARCHAR",
       R"(["-12345678901234567890123456789012345.123456789012345678901234567890"])",
       {"-12345678901234567890123456789012345.123456789012345678901234567890"}},
      {"float|",
       plain(arrow::float32()),
       "FLOAT",
       "[0.5, -3.4028234663852886e38, null]",
       {"0.5", "-3.4028234663852886e+38", "(null)"}},
      {"double|",
       plain(arrow::float64()),
       "FLOAT",
       "[1.7976931348623157e308, 0.1, 5e-324, null]",
       {"1.7976931348623157e+308", "0.1", "5e-324", "(null)"}},
      {"string|",
       plain(arrow::utf8()),
       "VARCHAR",
       R"(["", "São João 🚢", "two\nlines", "back\\slash 'quoted'", null])",
       {"", "São João 🚢", "two\nlines", "back\\slash 'quoted'", "(null)"}},
      {"string|logical type json",
       Marked(arrow::utf8(), kLogicalTypeKey, "json"),
       "VARIANT",
       R"(["{\"a\":{\"b\":[1,2]}}", "null", null])",
       {"{\"a\":{\"b\":[1,2]}}", "null", "(null)"},
       "TO_JSON(VALUE)"},
      {"string|logical type time",
       Marked(arrow::utf8(), kLogicalTypeKey, "time"),
       "VARCHAR",
       R"(["-838:59:59", "838:59:59.000001"])",
       {"-838:59:59", "838:59:59.000001"}},
      {"binary|",
       plain(arrow::binary()),
       "BINARY",
       R"(["", "a\u0000b", null])",
       {"", "610062", "(null)"},
       "HEX_ENCODE(VALUE)"},
      {"date32|",
       plain(arrow::date32()),
       "DATE",
       "[-354285, 2932896, null]",
       {"1000-01-01", "9999-12-31", "(null)"}},
      {"timestamp[us]|",
       plain(arrow::timestamp(arrow::TimeUnit::MICRO)),
       "TIMESTAMP_NTZ(6)",
       R"(["1000-01-01 00:00:00", "9999-12-31 23:59:59.999999", null])",
       {"1000-01-01 00:00:00", "9999-12-31 23:59:59.999999", "(null)"}},
      {"timestamp[us, UTC]|",
       plain(arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")),
       "TIMESTAMP_TZ(6)",
       R"(["2026-10-25 01:30:00.000001", "1970-01-01 00:00:00", null])",
       {"2026-10-25 01:30:00.000001+00", "1970-01-01 00:00:00+00", "(null)"}},
  };
}

/// "lake type|marked as" -> Snowflake type, of each line of the table in TYPES.md.
std::map<std::string, std::string> DocumentedTypes() {
  std::ifstream file(std::string(KEELBOAT_SNOWFLAKE_FOLDER) + "/TYPES.md");
  std::map<std::string, std::string> lines;
  std::string line;
  while (std::getline(file, line)) {
    if (!line.starts_with("| `")) continue;
    std::vector<std::string> cells;
    std::stringstream rest(line.substr(1));
    std::string cell;
    while (std::getline(rest, cell, '|')) {
      std::string text;
      for (char c : cell) {
        if (c != '`') text += c;
      }
      const auto begin = text.find_first_not_of(' ');
      const auto end = text.find_last_not_of(' ');
      cells.push_back(begin == std::string::npos ? ""
                                                 : text.substr(begin, end - begin + 1));
    }
    lines[cells.at(0) + "|" + cells.at(1)] = cells.at(2);
  }
  return lines;
}

class SnowflakeTypesTest : public WarehouseTest {};

TEST_F(SnowflakeTypesTest, EveryLineOfTheTableHasACase) {
  std::map<std::string, std::string> covered;
  for (const GoldenCase& golden : Cases()) covered[golden.line] = golden.type;
  const auto documented = DocumentedTypes();
  ASSERT_FALSE(documented.empty());
  std::set<std::string> lines;
  for (const auto& [line, type] : documented) {
    lines.insert(line);
    EXPECT_TRUE(covered.contains(line)) << "no golden case for: " << line;
    if (type == "NUMBER(p,s)") continue;
    EXPECT_EQ(covered[line], type) << line;
  }
  for (const auto& [line, type] : covered) {
    EXPECT_TRUE(lines.contains(line)) << "not in TYPES.md: " << line;
  }
}

TEST_F(SnowflakeTypesTest, ValuesArriveAsTheyAre) {
  auto warehouse = Make();
  int number = 0;
  for (const GoldenCase& golden : Cases()) {
    SCOPED_TRACE(golden.line);
    const auto schema = arrow::schema({golden.field});
    const std::string table = "golden_" + std::to_string(++number);
    const LoadFile file = WriteParquet(Path(table + ".parquet"), schema, {golden.stored});
    ASSERT_EQ(*ColumnType(*golden.field), golden.type);
    auto loaded = warehouse->Apply(RequestFor(table, schema, {file}, 1), {});
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    std::multiset<std::string> expected(golden.expected.begin(), golden.expected.end());
    std::multiset<std::string> found;
    for (const auto& row : Sql("SELECT " + golden.shown + " FROM RAW." + table)) {
      found.insert(row.at(0));
    }
    EXPECT_EQ(found, expected);
    auto difference = warehouse->Compare(RequestFor(table, schema, {file}, 1), {});
    ASSERT_TRUE(difference.ok()) << difference.status();
    EXPECT_TRUE(difference->empty());
  }
}

TEST_F(SnowflakeTypesTest, FloatsThatAreNoNumbersArrive) {
  const auto schema = arrow::schema({LakeField("value", arrow::float64())});
  const LoadFile file =
      WriteParquet(Path("nan.parquet"), schema, {"[NaN, Infinity, -Infinity]"});
  auto loaded = Make()->Apply(RequestFor("nan", schema, {file}, 1), {});
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  std::set<std::string> found;
  for (const auto& row : Sql("SELECT CAST(VALUE AS VARCHAR) FROM RAW.NAN")) {
    found.insert(row.at(0));
  }
  EXPECT_EQ(found, (std::set<std::string>{"nan", "inf", "-inf"}));
}

TEST_F(SnowflakeTypesTest, TextThatIsNoJsonIsAnError) {
  const auto schema = arrow::schema(
      {LakeField("id", arrow::int64()), Marked(arrow::utf8(), kLogicalTypeKey, "json")});
  const LoadFile file = WriteParquet(Path("json.parquet"), schema,
                                     {"[1, 2, 3]", R"(["{}", "{broken", null])"});
  auto loaded = Make()->Apply(RequestFor("json", schema, {file}, 1), {});
  EXPECT_EQ(KindOf(loaded.status()), ErrorKind::kData) << loaded.status();
  EXPECT_THAT(loaded.status().message(), HasSubstr("column 'value'"));
  EXPECT_THAT(loaded.status().message(), HasSubstr("{broken"));
  EXPECT_TRUE(Sql("SELECT TABLE_NAME FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_NAME = "
                  "'JSON'")
                  .empty());
}

TEST(ColumnTypesTest, NamesThatWouldBeOneAreRefused) {
  for (const char* name : {"ID", "_keelboat_run_id", "_KEELBOAT_LOADED_AT"}) {
    auto columns = TableColumns(*arrow::schema(
        {LakeField("id", arrow::int64()), LakeField(name, arrow::int64())}));
    EXPECT_EQ(KindOf(columns.status()), ErrorKind::kConfig) << name;
    EXPECT_THAT(columns.status().message(), HasSubstr(name));
  }
  auto columns = TableColumns(*arrow::schema({LakeField("größe x", arrow::int64())}));
  ASSERT_TRUE(columns.ok());
  EXPECT_EQ((*columns)[0].name, "GRößE X");
}

TEST(ColumnTypesTest, TypesWithoutAnExactPlaceAreRefused) {
  for (const auto& type :
       {arrow::decimal128(38, 38), arrow::timestamp(arrow::TimeUnit::NANO),
        arrow::list(arrow::int64())}) {
    auto found = ColumnType(*LakeField("odd", type));
    EXPECT_EQ(KindOf(found.status()), ErrorKind::kUnsupported);
    EXPECT_THAT(found.status().message(), HasSubstr("'odd'"));
  }
}

TEST(ColumnTypesTest, TellsWhatAnAlterCanDo) {
  EXPECT_EQ(ChangeBetween("NUMBER(10,0)", "NUMBER(10,0)"), TypeChange::kNone);
  EXPECT_EQ(ChangeBetween("NUMBER(38,0)", "NUMBER(10,0)"), TypeChange::kNone);
  EXPECT_EQ(ChangeBetween("NUMBER(10,0)", "NUMBER(19,0)"), TypeChange::kWiden);
  EXPECT_EQ(ChangeBetween("NUMBER(10,2)", "NUMBER(12,2)"), TypeChange::kWiden);
  EXPECT_EQ(ChangeBetween("NUMBER(10,2)", "NUMBER(12,3)"), TypeChange::kIncompatible);
  EXPECT_EQ(ChangeBetween("VARCHAR(16777216)", "VARCHAR"), TypeChange::kNone);
  EXPECT_EQ(ChangeBetween("TEXT", "VARCHAR"), TypeChange::kNone);
  EXPECT_EQ(ChangeBetween("VARCHAR(16777216)", "NUMBER(3,0)"), TypeChange::kIncompatible);
  EXPECT_EQ(ChangeBetween("TIMESTAMP_NTZ(9)", "TIMESTAMP_NTZ(6)"), TypeChange::kNone);
  EXPECT_EQ(ChangeBetween("TIMESTAMP_NTZ(3)", "TIMESTAMP_NTZ(6)"),
            TypeChange::kIncompatible);
  EXPECT_EQ(ChangeBetween("TIMESTAMP_NTZ(9)", "TIMESTAMP_TZ(6)"),
            TypeChange::kIncompatible);
}

}  // namespace
}  // namespace keelboat::snowflake
