// Every line of TYPES.md on other servers than MariaDB; what differs there is written
// down here, value by value.

#include <map>
#include <set>
#include <stdexcept>
#include <string>

#include <arrow/array.h>
#include <arrow/util/key_value_metadata.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/field_metadata.h"
#include "keelboat/error.h"
#include "support/dialect_fixture.h"
#include "support/type_cases.h"

namespace keelboat::mysql {
namespace {

using ::testing::HasSubstr;

struct Differences {
  std::set<std::string> refused;  // "declared" of columns that the server does not make.
  // "declared inserted" → what is read, and with zero_dates as text.
  std::map<std::string, std::string> read;
  std::map<std::string, std::string> read_as_text;
  std::map<std::string, std::string> types;  // "declared" → Arrow type.
};

// What MySQL has not got: types of MariaDB and, before 5.7.8, JSON.
const Differences kMysql56 = {
    {"decimal(38,38)", "varchar(20) compressed", "json", "uuid", "inet4", "inet6"},
    // It keeps no fraction of the longest time.
    {{"time(6) '838:59:59.999999'", "3020399000000"}},
    {},
    {}};

// The first line is what MySQL 8 refuses too. What is read differently is what the
// server made of the value when it was inserted, as its own client shows.
const Differences kGoMysql = {
    {"decimal(38,38)", "varchar(20) compressed", "uuid", "inet4", "inet6",
     "varchar(20) character set sjis", "varchar(20) character set cp1251"},
    {{"time(6) '838:59:59.999999'", "3020399000000"},
     // As in MySQL 8, WKT of this SRID has the latitude first.
     {"geometry ST_GeomFromText('POINT(1 2)', 4326)",
      "hex: 0101000020E61000000000000000000040000000000000F03F"},
     {"varchar(20) CHAR(0, 97, 0 USING utf8mb4)", "hex: 61"},
     {"json '{\"n\": 12345678901234567890}'", "{\"n\": 12345678901234567000}"},
     // It keeps no dates of the year 0 and none that no calendar has, but a zero.
     {"date '0000-01-01'", "error: holds '0000-00-00'"},
     {"date '0000-00-00'", "error: holds '0000-00-00'"},
     {"date '2024-00-15'", "error: holds '0000-00-00'"},
     {"datetime(6) '2024-00-15 01:02:03.000004'", "error: holds '0000-00-00 00:00:00'"}},
    {{"date '0000-00-00'", "0000-01-01 00:00:00"},
     {"date '2023-02-31'", "0000-01-01 00:00:00"},
     {"datetime(6) '2024-00-15 01:02:03.000004'", "0000-01-01 00:00:00"}},
    {{"int(8) zerofill", "int32"}, {"enum('a') character set binary", "string"}}};

class DialectTypes : public DialectTest {};

TEST_P(DialectTypes, AreReadAsTypesMdSays) {
  const Differences& differences = IsGo() ? kGoMysql : kMysql56;
  std::set<std::string> refused;
  std::size_t met = 0;
  for (const TypeCase& one : ReadTypeCases()) {
    const std::string said = one.declared + " " + one.inserted;
    SCOPED_TRACE(said);
    Server().Run("DROP TABLE IF EXISTS cases");
    try {
      Server().Run("CREATE TABLE cases (id INT PRIMARY KEY, v " + one.declared + ")");
    } catch (const std::runtime_error&) {
      refused.insert(one.declared);
      continue;
    }
    Server().Run(
        "SET sql_mode = 'ALLOW_INVALID_DATES'; INSERT IGNORE INTO cases VALUES (1, " +
        one.inserted + ")");
    MysqlOptions options = DialectOptions(Server());
    options.zero_dates = one.zero_dates();
    auto source = MakeMysqlSource(options).ValueOrDie();
    auto relation = source->DescribeTable("cases", {});
    ASSERT_TRUE(relation.ok()) << relation.status().ToString();
    auto type = differences.types.find(one.declared);
    EXPECT_EQ(relation->schema->field(1)->type()->ToString(),
              type == differences.types.end() ? one.arrow_type : type->second);
    const auto& reads = one.zero_dates() == MysqlZeroDates::kText
                            ? differences.read_as_text
                            : differences.read;
    auto read = reads.find(said);
    const bool differs = read != reads.end();
    const std::string expected = differs ? read->second : one.expected;
    met += differs ? 1 : 0;
    auto result = ReadAll(source.get(), *relation, WholeOf(*relation));
    if (expected.starts_with("error: ")) {
      EXPECT_EQ(KindOf(result.status()), ErrorKind::kData);
      std::string wanted = expected.substr(7);
      std::erase(wanted, '`');
      std::string message = result.status().message();
      std::erase(message, '`');
      EXPECT_THAT(message, HasSubstr(wanted));
      continue;
    }
    ASSERT_TRUE(result.ok()) << result.status().ToString();
    ASSERT_EQ(result->rows(), 1);
    EXPECT_EQ(one.TextOf(*result->batches[0]->column(1)), expected);
  }
  EXPECT_EQ(refused, differences.refused);
  EXPECT_EQ(met, differences.read.size() + differences.read_as_text.size());
}

TEST_P(DialectTypes, SayWhatAColumnMeans) {
  Server().Run("DROP TABLE IF EXISTS meanings");
  Server().Run("CREATE TABLE meanings (e ENUM('a'), s SET('a'), t TEXT" +
               std::string(IsGo() ? ", j JSON" : "") + ")");
  Relation relation = ShopSource()->DescribeTable("meanings", {}).ValueOrDie();
  auto meaning = [&](const char* column) {
    auto metadata = relation.schema->GetFieldByName(column)->metadata();
    return metadata->Get(kLogicalTypeKey).ValueOr("");
  };
  EXPECT_EQ(meaning("e"), "enum");
  EXPECT_EQ(meaning("s"), "set");
  EXPECT_EQ(meaning("t"), "");
  if (IsGo()) {
    EXPECT_EQ(meaning("j"), "json");
  }
}

INSTANTIATE_TEST_SUITE_P(Mysql, DialectTypes, EveryDialect(), DialectName);

}  // namespace
}  // namespace keelboat::mysql
