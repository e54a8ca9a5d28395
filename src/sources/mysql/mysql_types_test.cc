// Runs every line of TYPES.md against a live server.

#include <cstdlib>
#include <fstream>
#include <map>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include <arrow/array.h>
#include <arrow/scalar.h>
#include <arrow/util/key_value_metadata.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"
#include "support/mysql_fixture.h"

namespace keelboat::mysql {
namespace {

using ::testing::HasSubstr;
using testing::MariadbServer;

struct TypeCase {
  int line = 0;
  std::string section;
  std::string declared;
  std::string inserted;
  std::string arrow_type;
  std::string expected;  // As written, with its "hex: " or "error: ".
};

void PrintTo(const TypeCase& value, std::ostream* out) {
  *out << "TYPES.md:" << value.line << " " << value.declared << " " << value.inserted;
}

// "`a`" → "a", keeping what stands before the backticks ("hex: ").
std::string WithoutBackticks(const std::string& cell) {
  std::size_t open = cell.find('`');
  std::size_t close = cell.rfind('`');
  if (open == std::string::npos || close == open) return "?" + cell;
  return cell.substr(0, open) + cell.substr(open + 1, close - open - 1);
}

std::vector<std::string> Cells(const std::string& line) {
  std::vector<std::string> cells;
  std::size_t begin = 2;
  while (begin < line.size()) {
    std::size_t end = line.find(" |", begin);
    if (end == std::string::npos) break;
    cells.push_back(WithoutBackticks(line.substr(begin, end - begin)));
    begin = end + 3;
  }
  return cells;
}

std::vector<TypeCase> ReadCases() {
  const char* root = std::getenv("KEELBOAT_SOURCE_DIR");
  std::ifstream file(std::string(root == nullptr ? "." : root) +
                     "/src/sources/mysql/TYPES.md");
  std::vector<TypeCase> cases;
  std::string section;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    if (line.rfind("## ", 0) == 0) section = line.substr(3);
    bool in_cases = section.rfind("Cases: ", 0) == 0;
    if (!in_cases || line.empty() || line.rfind("##", 0) == 0) continue;
    if (line.rfind("| declared", 0) == 0 || line.rfind("|---", 0) == 0) continue;
    TypeCase one;
    one.line = number;
    one.section = section;
    std::vector<std::string> cells = Cells(line);
    // A line of another form becomes a case that fails.
    cells.resize(4, "?malformed");
    one.declared = cells[0];
    one.inserted = cells[1];
    one.arrow_type = cells[2];
    one.expected = cells[3];
    cases.push_back(one);
  }
  return cases;
}

std::string Hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string text = "hex: ";
  for (char c : bytes) {
    auto byte = static_cast<unsigned char>(c);
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::string TextOf(const arrow::Array& array, const std::string& expected) {
  if (array.IsNull(0)) return "null";
  bool want_hex = expected.rfind("hex: ", 0) == 0;
  if (array.type_id() == arrow::Type::STRING || array.type_id() == arrow::Type::BINARY) {
    std::string_view bytes = static_cast<const arrow::BinaryArray&>(array).GetView(0);
    return want_hex ? Hex(bytes) : std::string(bytes);
  }
  return array.GetScalar(0).ValueOrDie()->ToString();
}

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
  if (one.section == "Cases: impossible dates, read as null") {
    options.zero_dates = MysqlZeroDates::kNull;
  } else if (one.section == "Cases: impossible dates, read as text") {
    options.zero_dates = MysqlZeroDates::kText;
  }
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
  EXPECT_EQ(TextOf(*result->batches[0]->column(1), one.expected), one.expected);
}

INSTANTIATE_TEST_SUITE_P(Mysql, TypesTest, ::testing::ValuesIn(ReadCases()),
                         [](const auto& info) {
                           return "Line" + std::to_string(info.param.line);
                         });

// Every type that this server knows has at least one case.
TEST(TypesMd, CoversEveryTypeOfTheServer) {
  std::set<std::string> declared;
  for (const TypeCase& one : ReadCases()) {
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
