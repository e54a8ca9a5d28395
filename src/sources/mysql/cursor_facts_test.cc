// Cursors of every type are measured on a real server, and what is measured is found
// again by a predicate.

#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"
#include "support/mysql_fixture.h"

namespace keelboat::mysql {
namespace {

using testing::MariadbServer;

struct Measured {
  CursorFacts facts;
  int64_t rows_at_max = 0;  // Found by a range from the largest value on.
};

arrow::Result<Measured> Measure(const std::string& column,
                                const std::string& where = "") {
  ARROW_ASSIGN_OR_RAISE(auto source, MakeMysqlSource(ServerOptions()));
  ARROW_ASSIGN_OR_RAISE(Relation relation, source->DescribeTable("cursors", {}));
  ARROW_ASSIGN_OR_RAISE(auto snapshot, source->OpenSnapshot({1, true}, {}));
  Measured measured;
  ARROW_ASSIGN_OR_RAISE(measured.facts,
                        snapshot->MeasureCursor(relation, column, where, {}));
  if (!measured.facts.max) return measured;
  Partition partition = WholeOf(relation);
  Predicate above;
  above.columns = {column};
  above.lower = {*measured.facts.max};
  partition.predicates = {above};
  ARROW_ASSIGN_OR_RAISE(auto reader, snapshot->Read(relation, partition, {}));
  std::shared_ptr<arrow::RecordBatch> batch;
  while (true) {
    ARROW_RETURN_NOT_OK(reader->ReadNext(&batch));
    if (batch == nullptr) return measured;
    measured.rows_at_max += batch->num_rows();
  }
}

// Two rows hold the largest value, one a smaller one, one none.
void Fill(const std::string& type, const std::string& small, const std::string& large,
          bool indexed) {
  MariadbServer::Shared().Run(
      "SET time_zone = '+00:00'; CREATE OR REPLACE TABLE cursors (id INT PRIMARY KEY, "
      "c " +
      type + " NULL" + (indexed ? ", KEY (c)" : "") +
      "); INSERT INTO cursors VALUES (1, " + small + "), (2, " + large +
      "), (3, NULL), (4, " + large + ")");
}

struct TypeCase {
  const char* type;
  const char* small;
  const char* large;
  const char* max;
};

class CursorOfType : public ::testing::TestWithParam<TypeCase> {};

TEST_P(CursorOfType, IsMeasuredAndFoundAgain) {
  for (bool indexed : {true, false}) {
    SCOPED_TRACE(indexed ? "by index" : "by scan");
    Fill(GetParam().type, GetParam().small, GetParam().large, indexed);
    auto measured = Measure("c");
    ASSERT_TRUE(measured.ok()) << measured.status().ToString();
    EXPECT_EQ(measured->facts.max, GetParam().max);
    EXPECT_EQ(measured->facts.nulls, 1);
    EXPECT_FALSE(measured->facts.has_future);
    EXPECT_EQ(measured->facts.indexed, indexed);
    EXPECT_EQ(measured->facts.scan_rows > 0, !indexed);
    EXPECT_EQ(measured->rows_at_max, 2);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Types, CursorOfType,
    ::testing::Values(
        TypeCase{"INT", "-5", "7", "7"},
        TypeCase{"BIGINT UNSIGNED", "9", "18446744073709551615", "18446744073709551615"},
        TypeCase{"DECIMAL(20,4)", "9.5", "10.25", "10.2500"},
        TypeCase{"FLOAT", "0.05", "0.1", "0.10000000149011612"},
        TypeCase{"DOUBLE", "1", "0.1 + 1", "1.1"},
        TypeCase{"YEAR", "1999", "2024", "2024"},
        TypeCase{"BIT(12)", "b'1'", "b'100000000001'", "2049"},
        TypeCase{"DATE", "'2023-12-31'", "'2024-01-31'", "2024-01-31"},
        TypeCase{"DATETIME", "'2024-01-31 09:00:00'", "'2024-01-31 10:00:00'",
                 "2024-01-31 10:00:00.000000"},
        TypeCase{"DATETIME(6)", "'2024-01-31 10:00:00.000001'",
                 "'2024-01-31 10:00:00.000002'", "2024-01-31 10:00:00.000002"},
        TypeCase{"TIMESTAMP(3)", "'2024-01-31 10:00:00.001'", "'2024-01-31 10:00:00.120'",
                 "2024-01-31 10:00:00.120000"},
        TypeCase{"TIME(2)", "'-10:00:00'", "'123:00:00.5'", "123:00:00.500000"},
        TypeCase{"VARCHAR(20)", "'a'", "'Zoë''s'", "Zoë's"},
        TypeCase{"VARBINARY(8)", "x'0A'", "x'0AFF'", "0x0AFF"}));

TEST(CursorFacts, ValuesBeyondTheSnapshotsTimeAreTheFuture) {
  for (const char* type : {"DATETIME(6)", "TIMESTAMP(6)", "DATE"}) {
    for (bool indexed : {true, false}) {
      SCOPED_TRACE(type);
      Fill(type, "'2024-01-31'", "NOW(6) + INTERVAL 3 DAY", indexed);
      auto measured = Measure("c");
      ASSERT_TRUE(measured.ok()) << measured.status().ToString();
      EXPECT_TRUE(measured->facts.has_future);
      EXPECT_EQ(measured->facts.max->substr(0, 10), "2024-01-31");
      EXPECT_EQ(measured->rows_at_max, 3);
    }
  }
}

TEST(CursorFacts, WhatHasJustBeenWrittenIsNotTheFuture) {
  for (const char* zone : {"+00:00", "+05:00", "-08:00"}) {
    SCOPED_TRACE(zone);
    MariadbServer::Shared().Run(std::string("SET GLOBAL time_zone = '") + zone + "'");
    for (const char* type : {"DATETIME(6)", "TIMESTAMP(6)", "DATE"}) {
      SCOPED_TRACE(type);
      MariadbServer::Shared().Run(
          std::string("SET time_zone = '") + zone +
          "'; CREATE OR REPLACE TABLE cursors (id INT PRIMARY KEY, c " + type +
          ", KEY (c)); INSERT INTO cursors VALUES (1, NOW(6))");
      auto measured = Measure("c");
      ASSERT_TRUE(measured.ok()) << measured.status().ToString();
      EXPECT_FALSE(measured->facts.has_future);
      EXPECT_EQ(measured->rows_at_max, 1);
    }
  }
  MariadbServer::Shared().Run("SET GLOBAL time_zone = '+00:00'");
}

TEST(CursorFacts, ADateOfZerosIsNoValue) {
  for (const char* type : {"DATETIME(6)", "TIMESTAMP(6)", "DATE"}) {
    for (bool indexed : {true, false}) {
      SCOPED_TRACE(type);
      Fill(type, "'2024-01-31'", "'2024-02-01'", indexed);
      MariadbServer::Shared().Run(
          "SET sql_mode = ''; INSERT INTO cursors VALUES (5, '0000-00-00')");
      auto measured = Measure("c");
      ASSERT_TRUE(measured.ok()) << measured.status().ToString();
      EXPECT_EQ(measured->facts.nulls, 2);
      EXPECT_EQ(measured->facts.max->substr(0, 10), "2024-02-01");
      // Alone, it is no largest value.
      auto alone = Measure("c", "id = 5");
      ASSERT_TRUE(alone.ok()) << alone.status().ToString();
      EXPECT_EQ(alone->facts.max, std::nullopt);
      EXPECT_EQ(alone->facts.nulls, 1);
    }
  }
}

TEST(CursorFacts, TheUsersFilterHolds) {
  for (bool indexed : {true, false}) {
    Fill("INT", "5", "7", indexed);
    auto measured = Measure("c", "id < 2 OR id = 3 -- not the others");
    ASSERT_TRUE(measured.ok()) << measured.status().ToString();
    EXPECT_EQ(measured->facts.max, "5");
    EXPECT_EQ(measured->facts.nulls, 1);
    auto none = Measure("c", "id > 99");
    ASSERT_TRUE(none.ok()) << none.status().ToString();
    EXPECT_EQ(none->facts.max, std::nullopt);
    EXPECT_EQ(none->facts.nulls, 0);
  }
}

TEST(CursorFacts, AQueryIsMeasuredToo) {
  Fill("INT", "5", "7", false);
  auto source = MakeMysqlSource(ServerOptions()).ValueOrDie();
  Relation query = source->DescribeTable("cursors", {}).ValueOrDie();
  query.table.clear();
  query.indexes.clear();
  query.primary_key.clear();
  query.sql = "SELECT id, c + 1 AS c FROM cursors -- all";
  auto snapshot = source->OpenSnapshot({1, true}, {}).ValueOrDie();
  auto facts = snapshot->MeasureCursor(query, "c", "", {});
  ASSERT_TRUE(facts.ok()) << facts.status().ToString();
  EXPECT_EQ(facts->max, "8");
  EXPECT_FALSE(facts->indexed);
  EXPECT_GT(facts->scan_rows, 0);
}

TEST(CursorFacts, WhatIsNoCursorIsRefused) {
  Fill("ENUM('a', 'b')", "'a'", "'b'", true);
  EXPECT_EQ(KindOf(Measure("c").status()), ErrorKind::kConfig);
  auto missing = Measure("C2");
  EXPECT_EQ(KindOf(missing.status()), ErrorKind::kNotFound);
  EXPECT_EQ(DetailOf(missing.status(), "column"), "C2");
}

}  // namespace
}  // namespace keelboat::mysql
