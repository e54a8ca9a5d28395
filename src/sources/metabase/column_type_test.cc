#include "sources/metabase/column_type.h"

#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <arrow/array.h>
#include <arrow/memory_pool.h>
#include <arrow/scalar.h>
#include <arrow/type.h>
#include <arrow/util/string.h>

#include "keelboat/error.h"
#include "sources/metabase/clickhouse_type.h"
#include "sources/metabase/export_decoder.h"
#include "sources/metabase/text_stream.h"

namespace keelboat::metabase {
namespace {

using testing::HasSubstr;

struct Case {
  EngineKind engine;
  std::string declared, selected_as, arrow, exported, read;
};

// A line's cells, without the backquotes around them.
std::vector<std::string> Cells(const std::string& line) {
  std::vector<std::string> cells;
  std::string cell;
  bool quoted = false;
  for (std::size_t at = 1; at < line.size(); ++at) {
    if (line[at] == '`') {
      quoted = !quoted;
    } else if (line[at] == '|' && !quoted) {
      cells.push_back(cell);
      cell.clear();
    } else if (quoted) {
      cell += line[at];
    }
  }
  return cells;
}

std::vector<Case> ReadCases() {
  const char* folder = std::getenv("KEELBOAT_SOURCE_DIR");
  std::ifstream file(std::string(folder == nullptr ? "." : folder) +
                     "/src/sources/metabase/TYPES.md");
  std::vector<Case> cases;
  std::string line;
  auto engine = EngineKind::kOther;
  bool in_cases = false;
  while (std::getline(file, line)) {
    if (line.starts_with("## ")) {
      in_cases = line.starts_with("## Cases: ");
      engine = line.ends_with("ClickHouse") ? EngineKind::kClickHouse
               : line.ends_with("Postgres") ? EngineKind::kPostgres
               : line.ends_with("MySQL")    ? EngineKind::kMysql
                                            : EngineKind::kOther;
    } else if (in_cases && line.starts_with("|") && !line.starts_with("| declared") &&
               !line.starts_with("|---")) {
      auto cells = Cells(line);
      EXPECT_EQ(cells.size(), 5u) << line;
      if (cells.size() != 5) continue;
      cases.push_back({engine, cells[0], cells[1], cells[2], cells[3], cells[4]});
    }
  }
  return cases;
}

AnswerColumn ColumnOf(const std::string& declared) {
  AnswerColumn column;
  column.name = "x";
  if (declared.starts_with("type/")) {
    column.base_type = column.effective_type = declared;
  } else {
    column.base_type = column.effective_type = "type/*";
    column.database_type = declared;
  }
  return column;
}

std::string Read(const ColumnType& type, const std::string& exported) {
  auto schema = arrow::schema({arrow::field("x", type.arrow)});
  auto stream = std::make_unique<TextStream>("[\n{\"c0\":" + exported + "}\n]");
  auto decoder = ExportDecoder::Make(std::move(stream), {{"c0", "x", type}}, schema,
                                     arrow::default_memory_pool())
                     .ValueOrDie();
  auto batch = decoder->Next();
  if (!batch.ok()) return batch.status().ToString();
  EXPECT_TRUE((*batch)->ValidateFull().ok());
  const auto& column = *(*batch)->column(0);
  if (column.type_id() == arrow::Type::BINARY) {
    auto bytes = static_cast<const arrow::BinaryArray&>(column).GetView(0);
    return arrow::HexEncode(bytes.data(), bytes.size());
  }
  return column.GetScalar(0).ValueOrDie()->ToString();
}

TEST(ColumnType, EveryLineOfTheTypesPageHolds) {
  const auto cases = ReadCases();
  ASSERT_GT(cases.size(), 120u);
  for (const Case& each : cases) {
    SCOPED_TRACE(each.declared + " " + each.exported);
    auto type = TypeOfColumn(each.engine, ColumnOf(each.declared), /*wrapped=*/true);
    ASSERT_TRUE(type.ok()) << type.status().ToString();
    EXPECT_EQ(type->arrow->ToString() + (type->nullable ? "" : " not null"), each.arrow);
    EXPECT_EQ(type->selected_as, each.selected_as);
    EXPECT_EQ(Read(*type, each.exported), each.read);
  }
}

TEST(ColumnType, WhatHasNoExactFormIsRefused) {
  auto state = TypeOfColumn(EngineKind::kClickHouse,
                            ColumnOf("AggregateFunction(uniq, UInt64)"), true);
  ASSERT_FALSE(state.ok());
  EXPECT_EQ(KindOf(state.status()), ErrorKind::kUnsupported);
  EXPECT_THAT(state.status().message(), HasSubstr("column x: it is the state"));
  auto bytes = TypeOfColumn(EngineKind::kPostgres, ColumnOf("bytea"), false);
  ASSERT_FALSE(bytes.ok());
  EXPECT_THAT(bytes.status().message(), HasSubstr("first four only"));
}

TEST(ColumnType, AnAnswerAsItIsTellsWhatItLoses) {
  auto array = *TypeOfColumn(EngineKind::kClickHouse, ColumnOf("Array(UInt8)"), false);
  EXPECT_EQ(array.selected_as, "");
  EXPECT_THAT(array.loss, HasSubstr("arrays"));
  auto fixed = *TypeOfColumn(EngineKind::kClickHouse, ColumnOf("FixedString(2)"), false);
  EXPECT_TRUE(fixed.arrow->Equals(*arrow::utf8()));
  auto moment = *TypeOfColumn(EngineKind::kClickHouse, ColumnOf("DateTime"), false);
  EXPECT_EQ(Read(moment, "\"2024-01-02T03:04:05+02:00\""), "2024-01-02 01:04:05.000000Z");
  EXPECT_TRUE(moment.nullable);
}

TEST(ColumnType, ACoercedColumnIsWhatItWasMade) {
  AnswerColumn column = ColumnOf("int8");
  column.base_type = "type/BigInteger";
  column.effective_type = "type/Instant";
  auto type = *TypeOfColumn(EngineKind::kPostgres, column, false);
  EXPECT_EQ(type.arrow->ToString(), "timestamp[us, tz=UTC]");
}

TEST(ColumnType, AnyColumnCanBeText) {
  auto moment = *TypeOfColumn(EngineKind::kClickHouse, ColumnOf("DateTime"), true);
  auto text = TextType(EngineKind::kClickHouse, moment);
  EXPECT_TRUE(text.arrow->Equals(*arrow::utf8()));
  EXPECT_EQ(text.selected_as, "toString({})");
  auto array = *TypeOfColumn(EngineKind::kClickHouse, ColumnOf("Array(UInt8)"), true);
  EXPECT_EQ(TextType(EngineKind::kClickHouse, array).selected_as, "toJSONString({})");
  auto number = *TypeOfColumn(EngineKind::kPostgres, ColumnOf("int8"), true);
  EXPECT_EQ(TextType(EngineKind::kPostgres, number).selected_as, "({})::text");
}

TEST(ClickHouseType, IsTakenApart) {
  auto type = ParseClickHouseType("LowCardinality(Nullable(FixedString(3)))");
  EXPECT_EQ(type.name, "FixedString");
  EXPECT_TRUE(type.nullable);
  EXPECT_EQ(type.arguments, std::vector<std::string>{"3"});
  auto enums = ParseClickHouseType("Enum8('a, (' = 1, 'b\\'' = 2)");
  EXPECT_EQ(enums.arguments, (std::vector<std::string>{"'a, (' = 1", "'b\\'' = 2"}));
  EXPECT_EQ(ParseClickHouseType("Tuple(\n    a UInt8,\n    b Array(String))").arguments,
            (std::vector<std::string>{"a UInt8", "b Array(String)"}));
  EXPECT_EQ(ParseClickHouseType("").name, "");
}

}  // namespace
}  // namespace keelboat::metabase
