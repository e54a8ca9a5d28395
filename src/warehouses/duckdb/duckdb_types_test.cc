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
#include "support/duckdb_fixture.h"
#include "warehouses/duckdb/column_types.h"

namespace keelboat::duckdb {
namespace {

struct GoldenCase {
  std::string line;  ///< The first two cells of the case's line in TYPES.md.
  std::shared_ptr<arrow::Field> field;
  std::string type;
  std::string stored;                 ///< JSON array, edge values first.
  std::vector<std::string> expected;  ///< CAST(value AS VARCHAR), NULL as "(null)".
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
       "TINYINT",
       "[-128, 127, null]",
       {"-128", "127", "(null)"}},
      {"int16|",
       plain(arrow::int16()),
       "SMALLINT",
       "[-32768, 32767]",
       {"-32768", "32767"}},
      {"int32|",
       plain(arrow::int32()),
       "INTEGER",
       "[-2147483648, 2147483647]",
       {"-2147483648", "2147483647"}},
      {"int64|",
       plain(arrow::int64()),
       "BIGINT",
       "[-9223372036854775808, 9223372036854775807, null]",
       {"-9223372036854775808", "9223372036854775807", "(null)"}},
      {"decimal128(20,0)|source type bigint unsigned or bit",
       Marked(arrow::decimal128(20, 0), kSourceTypeKey, "bigint(20) unsigned"),
       "UBIGINT",
       R"(["18446744073709551615", "0", "9007199254740993", null])",
       {"18446744073709551615", "0", "9007199254740993", "(null)"}},
      {"decimal128(p,s)|",
       plain(arrow::decimal128(38, 10)),
       "DECIMAL(38,10)",
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
       "[3.4028234e38, 0.1, null]",
       {"3.4028235e+38", "0.1", "(null)"}},
      {"double|",
       plain(arrow::float64()),
       "DOUBLE",
       "[1.7976931348623157e308, 0.1, -0.0, 5e-324]",
       {"1.7976931348623157e+308", "0.1", "-0.0", "5e-324"}},
      {"string|",
       plain(arrow::utf8()),
       "VARCHAR",
       R"(["", "São João 🚢", "two\nlines", "nul\u0000inside", null])",
       {"", "São João 🚢", "two\nlines", std::string("nul\0inside", 10), "(null)"}},
      {"string|logical type json",
       Marked(arrow::utf8(), kLogicalTypeKey, "json"),
       "JSON",
       R"(["{\"b\": 1,  \"a\": 1.10, \"a\": 2}", " [1e999] ", null])",
       {"{\"b\": 1,  \"a\": 1.10, \"a\": 2}", " [1e999] ", "(null)"}},
      {"string|logical type time",
       Marked(arrow::utf8(), kLogicalTypeKey, "time"),
       "VARCHAR",
       R"(["-838:59:59", "838:59:59.000001"])",
       {"-838:59:59", "838:59:59.000001"}},
      {"binary|",
       plain(arrow::binary()),
       "BLOB",
       R"(["", "a\u0000b", null])",
       {"", "a\\x00b", "(null)"}},
      {"date32|",
       plain(arrow::date32()),
       "DATE",
       "[-354285, 2932896, null]",
       {"1000-01-01", "9999-12-31", "(null)"}},
      {"timestamp[us]|",
       plain(arrow::timestamp(arrow::TimeUnit::MICRO)),
       "TIMESTAMP",
       "[253402300799999999, -30610224000000000, 1795226400123456, null]",
       {"9999-12-31 23:59:59.999999", "1000-01-01 00:00:00", "2026-11-21 02:00:00.123456",
        "(null)"}},
      {"timestamp[us, UTC]|",
       plain(arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")),
       "TIMESTAMP WITH TIME ZONE",
       "[1795226400123456, 1, null]",
       {"2026-11-21 02:00:00.123456+00", "1970-01-01 00:00:00.000001+00", "(null)"}},
  };
}

/// The first two cells of every line of the table in TYPES.md, without back quotes.
std::set<std::string> DocumentedLines() {
  std::ifstream file(std::string(KEELBOAT_DUCKDB_FOLDER) + "/TYPES.md");
  EXPECT_TRUE(file.is_open());
  std::set<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("| `")) continue;
    std::vector<std::string> cells;
    std::istringstream stream(line.substr(1));
    for (std::string cell; std::getline(stream, cell, '|');) {
      std::erase(cell, '`');
      cell.erase(0, cell.find_first_not_of(' '));
      cell.erase(cell.find_last_not_of(' ') + 1);
      cells.push_back(cell);
    }
    lines.insert(cells.at(0) + "|" + cells.at(1));
  }
  return lines;
}

class DuckdbTypesTest : public WarehouseTest {};

TEST_F(DuckdbTypesTest, EveryDocumentedLineHasACase) {
  std::set<std::string> tested;
  for (const GoldenCase& golden : Cases()) tested.insert(golden.line);
  EXPECT_EQ(DocumentedLines(), tested);
}

TEST_F(DuckdbTypesTest, EveryValueArrivesUnchanged) {
  auto warehouse = Make();
  int number = 0;
  for (const GoldenCase& golden : Cases()) {
    const std::string table = "t" + std::to_string(number++);
    auto schema = arrow::schema({LakeField("position", arrow::int32()), golden.field});
    std::string positions = "[";
    for (std::size_t i = 0; i < golden.expected.size(); ++i) {
      positions += (i > 0 ? "," : "") + std::to_string(i);
    }
    auto file =
        WriteParquet(Path(table + ".parquet"), schema, {positions + "]", golden.stored});
    auto result =
        warehouse->Apply(RequestFor(table, schema, {file}, 0), std::stop_token());
    ASSERT_TRUE(result.ok()) << golden.line << ": " << result.status();
    EXPECT_EQ(
        Value("SELECT data_type FROM duckdb_columns() WHERE column_name = 'value' AND "
              "table_name = '" +
              table + "'"),
        golden.type)
        << golden.line;
    auto rows =
        Sql("SELECT CAST(value AS VARCHAR) FROM raw." + table + " ORDER BY position");
    ASSERT_EQ(rows.size(), golden.expected.size()) << golden.line;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      EXPECT_EQ(rows[i][0].value_or("(null)"), golden.expected[i]) << golden.line;
    }
    // A reload finds the columns as they are and keeps the table.
    auto again =
        warehouse->Apply(RequestFor(table, schema, {file}, 1), std::stop_token());
    ASSERT_TRUE(again.ok()) << golden.line << ": " << again.status();
  }
}

TEST_F(DuckdbTypesTest, TextThatIsNotJsonStaysText) {
  auto schema =
      arrow::schema({LakeField("good", arrow::utf8(), {{kLogicalTypeKey, "json"}}),
                     LakeField("bad", arrow::utf8(), {{kLogicalTypeKey, "json"}})});
  auto file = WriteParquet(Path("a.parquet"), schema,
                           {R"(["{}", null])", R"(["\"\\ud800\"", ""])"});
  auto result = Make()->Apply(RequestFor("t", schema, {file}, 0), std::stop_token());
  ASSERT_TRUE(result.ok()) << result.status();
  auto types =
      Sql("SELECT data_type FROM duckdb_columns() WHERE table_name = 't' ORDER BY "
          "column_index");
  EXPECT_EQ(types[0][0], "JSON");
  EXPECT_EQ(types[1][0], "VARCHAR");
  EXPECT_EQ(Value("SELECT bad FROM raw.t WHERE good IS NOT NULL"), "\"\\ud800\"");
}

TEST_F(DuckdbTypesTest, BitsAreUnsignedAndOtherTwentyDigitNumbersAreNot) {
  auto decimal = arrow::decimal128(20, 0);
  EXPECT_EQ(*ColumnType(*Marked(decimal, kSourceTypeKey, "bit(64)")), "UBIGINT");
  EXPECT_EQ(*ColumnType(*Marked(decimal, kSourceTypeKey, "decimal(20,0)")),
            "DECIMAL(20,0)");
  EXPECT_EQ(*ColumnType(*LakeField("value", decimal)), "DECIMAL(20,0)");
}

TEST_F(DuckdbTypesTest, RefusesWhatLakesDoNotHave) {
  for (const auto& type :
       {arrow::uint64(), arrow::decimal256(60, 2), arrow::time64(arrow::TimeUnit::MICRO),
        arrow::timestamp(arrow::TimeUnit::NANO), arrow::list(arrow::int32())}) {
    arrow::Status status = ColumnType(*LakeField("odd", type)).status();
    EXPECT_EQ(KindOf(status), ErrorKind::kUnsupported) << type->ToString();
    EXPECT_EQ(DetailOf(status, "column"), "odd");
  }
}

}  // namespace
}  // namespace keelboat::duckdb
