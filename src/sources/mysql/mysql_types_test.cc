// Runs every line of TYPES.md against a live server.

#include <set>
#include <string>

#include <arrow/array.h>
#include <arrow/util/key_value_metadata.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"
#include "support/mysql_fixture.h"
#include "support/type_cases.h"

namespace keelboat::mysql {
namespace {

using ::testing::HasSubstr;
using testing::MariadbServer;

class TypesTest : public ::testing::TestWithParam<TypeCase> {};

TEST_P(TypesTest, ReadsWhatTypesMdSays) {
  const TypeCase& one = GetParam();
  MariadbServer& server = MariadbServer::Shared();
  server.Run(
      "DROP TABLE IF EXISTS cases;"
      "SET sql_mode = 'ALLOW_INVALID_DATES';"
      "CREATE TABLE cases (id INT PRIMARY KEY, v " +
      one.declared + "); INSERT IGNORE INTO cases VALUES (1, " + one.inserted + ")");
  MysqlOptions options = ServerOptions();
  options.zero_dates = one.zero_dates();
  auto source = MakeMysqlSource(options).ValueOrDie();
  auto relation = source->DescribeTable("cases", {});
  ASSERT_TRUE(relation.ok()) << relation.status().ToString();
  EXPECT_EQ(relation->schema->field(1)->type()->ToString(), one.arrow_type);

  auto result = ReadAll(source.get(), *relation, WholeOf(*relation));
  if (one.expected.rfind("error: ", 0) == 0) {
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(KindOf(result.status()), ErrorKind::kData);
    std::string message = result.status().message();
    std::erase(message, '`');
    EXPECT_THAT(message, HasSubstr(one.expected.substr(7)));
    return;
  }
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  ASSERT_EQ(result->rows(), 1);
  EXPECT_TRUE(result->schema->Equals(*relation->schema, /*check_metadata=*/true));
  EXPECT_EQ(one.TextOf(*result->batches[0]->column(1)), one.expected);
}

INSTANTIATE_TEST_SUITE_P(Mysql, TypesTest, ::testing::ValuesIn(ReadTypeCases()),
                         [](const auto& info) {
                           return "Line" + std::to_string(info.param.line);
                         });

// Every type that this server knows has at least one case.
TEST(TypesMd, CoversEveryTypeOfTheServer) {
  std::set<std::string> declared;
  for (const TypeCase& one : ReadTypeCases()) {
    declared.insert(one.declared.substr(0, one.declared.find_first_of(" (")));
  }
  for (const char* type : {"tinyint",    "smallint",
                           "mediumint",  "int",
                           "bigint",     "float",
                           "double",     "decimal",
                           "bit",        "year",
                           "date",       "datetime",
                           "timestamp",  "time",
                           "char",       "varchar",
                           "tinytext",   "text",
                           "mediumtext", "longtext",
                           "binary",     "varbinary",
                           "tinyblob",   "blob",
                           "mediumblob", "longblob",
                           "enum",       "set",
                           "json",       "geometry",
                           "point",      "uuid",
                           "inet4",      "inet6",
                           "linestring", "polygon",
                           "boolean",    "geometrycollection"}) {
    EXPECT_EQ(declared.count(type), 1u) << type << " has no case in TYPES.md";
  }
}

TEST(TypesMd, SaysWhatAColumnMeansWhereArrowHasNoTypeForIt) {
  MariadbServer& server = MariadbServer::Shared();
  server.Run(
      "DROP TABLE IF EXISTS meanings; CREATE TABLE meanings (j JSON, c LONGTEXT "
      "CHECK (json_valid(c)), e ENUM('a'), s SET('a'), t TEXT COMMENT 'prose')");
  auto source = MakeMysqlSource(ServerOptions()).ValueOrDie();
  auto relation = source->DescribeTable("meanings", {}).ValueOrDie();
  auto metadata = [&](const char* column, const char* key) {
    auto field = relation.schema->GetFieldByName(column);
    return field->metadata()->Get(key).ValueOr("");
  };
  EXPECT_EQ(metadata("j", "keelboat.logical_type"), "json");
  EXPECT_EQ(metadata("c", "keelboat.logical_type"), "json");
  EXPECT_EQ(metadata("e", "keelboat.logical_type"), "enum");
  EXPECT_EQ(metadata("s", "keelboat.logical_type"), "set");
  EXPECT_EQ(metadata("t", "keelboat.logical_type"), "");
  EXPECT_EQ(metadata("e", "keelboat.source_type"), "enum('a')");
  EXPECT_EQ(metadata("t", "keelboat.comment"), "prose");
}

}  // namespace
}  // namespace keelboat::mysql
