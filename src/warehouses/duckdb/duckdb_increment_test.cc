// Loads of what changed between two lake versions, and of tables whose files hold
// several versions of a row.

#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/field_metadata.h"
#include "keelboat/error.h"
#include "support/duckdb_fixture.h"
#include "warehouses/duckdb/database_file.h"

namespace keelboat::duckdb {
namespace {

using ::testing::HasSubstr;

class DuckdbIncrementTest : public WarehouseTest {
 protected:
  /// Rows (id, cursor, text) given as JSON arrays.
  LoadFile File(int64_t version, const std::string& ids, const std::string& cursors,
                const std::string& texts) {
    LoadFile file = WriteParquet(Path("f" + std::to_string(files_++) + ".parquet"),
                                 schema_, {ids, cursors, texts});
    file.rows_version = version;
    return file;
  }

  LoadRequest Whole(std::vector<LoadFile> files, int64_t version) {
    LoadRequest request = RequestFor("t", schema_, std::move(files), version);
    request.key = {"id"};
    return request;
  }

  /// Ids 1..4 with cursors 10..40, loaded as version 0.
  LoadRequest LoadBase() {
    LoadRequest base = Whole(
        {File(0, "[1, 2, 3, 4]", "[10, 20, 30, 40]", R"(["a", "b", "c", "d"])")}, 0);
    auto result = Make()->Apply(base, never_);
    EXPECT_TRUE(result.ok()) << result.status();
    return base;
  }

  /// From `base` to `version`: rows at or above `open_from` go, `arrived` comes.
  LoadRequest Increment(const LoadRequest& base, std::vector<LoadFile> arrived,
                        int64_t version, const std::string& open_from) {
    std::vector<LoadFile> files = base.files;
    files.insert(files.end(), arrived.begin(), arrived.end());
    LoadRequest request = Whole(files, version);
    request.schema = schema_;
    request.increment = LoadIncrement{base.lake_version, base.files, "cursor",
                                      open_from,         false,      std::move(arrived)};
    return request;
  }

  /// "1 a, 2 b" …, and that the ledger agrees with the number of rows.
  std::string Rows() {
    std::string all;
    int64_t count = 0;
    for (const adbc::Row& row : Sql("SELECT id, text FROM raw.t ORDER BY id, text")) {
      all += (all.empty() ? "" : ", ") + row[0].value_or("NULL") + " " +
             row[1].value_or("NULL");
      ++count;
    }
    EXPECT_EQ(Value("SELECT rows FROM raw._keelboat_ledger"), std::to_string(count));
    return all;
  }

  void ExpectWholeLoadNeeded(const LoadRequest& request, const std::string& why) {
    auto result = Make()->Apply(request, never_);
    EXPECT_EQ(KindOf(result.status()), ErrorKind::kConflict) << result.status();
    EXPECT_EQ(DetailOf(result.status(), kWholeLoad), "needed") << result.status();
    EXPECT_THAT(result.status().message(), HasSubstr(why));
  }

  int files_ = 0;
  std::shared_ptr<arrow::Schema> schema_ =
      arrow::schema({LakeField("id", arrow::int64()), LakeField("cursor", arrow::int64()),
                     LakeField("text", arrow::utf8())});
  std::stop_token never_;
};

TEST_F(DuckdbIncrementTest, LoadsTheNewestRowOfEachKey) {
  LoadRequest request =
      Whole({File(0, "[1, 2, 3]", "[1, 1, 1]", R"(["a0", "b0", "c0"])"),
             File(2, "[2]", "[3]", R"(["b2"])"),
             File(1, "[2, 3, 4]", "[2, 2, 2]", R"(["b1", "c1", "d1"])")},
            2);
  auto result = Make()->Apply(request, never_);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->rows, 4);
  EXPECT_EQ(Rows(), "1 a0, 2 b2, 3 c1, 4 d1");
  auto again = Make()->Apply(request, never_);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->nothing_new);
  EXPECT_EQ(again->rows, 4);

  request.key.clear();
  request.lake_version = 3;
  result = Make()->Apply(request, never_);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->rows, 7);
}

TEST_F(DuckdbIncrementTest, RefusesOneKeyTwiceInOneVersion) {
  LoadRequest base = LoadBase();
  for (const auto& files : {std::vector{File(0, "[1, 1]", "[1, 1]", R"(["a", "b"])"),
                                        File(1, "[2]", "[1]", R"(["c"])")},
                            std::vector{File(0, "[1]", "[1]", R"(["a"])"),
                                        File(1, "[2, 2]", "[1, 1]", R"(["c", "d"])")}}) {
    auto result = Make()->Apply(Whole(files, 1), never_);
    EXPECT_EQ(KindOf(result.status()), ErrorKind::kData) << result.status();
    EXPECT_THAT(result.status().message(), HasSubstr("got 3 rows"));
    EXPECT_THAT(result.status().message(), HasSubstr("has 2"));
  }
  EXPECT_EQ(Rows(), "1 a, 2 b, 3 c, 4 d");
}

TEST_F(DuckdbIncrementTest, CountsEveryFileWhereRowsAreLeftOut) {
  LoadRequest request = Whole(
      {File(0, "[1, 2]", "[1, 1]", R"(["a", "b"])"), File(1, "[1]", "[2]", R"(["c"])")},
      1);
  // The sum is right, the files are not.
  request.files[0].rows = 1;
  request.files[1].rows = 2;
  auto result = Make()->Apply(request, never_);
  EXPECT_EQ(KindOf(result.status()), ErrorKind::kData) << result.status();
  EXPECT_THAT(result.status().message(), HasSubstr(request.files[0].uri));
}

TEST_F(DuckdbIncrementTest, LeavesOutOldRowsInLittleMemory) {
  DuckdbOptions options = OptionsFor(DatabasePath());
  options.memory_limit = "48MB";
  std::vector<LoadFile> files = {WriteNumbers(Path("0.parquet"), 0, 1500000),
                                 WriteNumbers(Path("1.parquet"), 500000, 1500000),
                                 WriteNumbers(Path("2.parquet"), 1000000, 1200000)};
  for (int64_t version = 0; version < 3; ++version) files[version].rows_version = version;
  LoadRequest request = RequestFor("n", NumbersSchema(), files, 2);
  request.key = {"id", "name"};
  auto result = MakeDuckdbWarehouse(options).ValueOrDie()->Apply(request, never_);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->rows, 2200000);
  EXPECT_EQ(Value("SELECT count(DISTINCT id) FROM raw.n"), "2200000");
}

TEST_F(DuckdbIncrementTest, ReplacesTheTailAndTheKeysThatArrive) {
  LoadRequest base = LoadBase();
  LoadRequest next = Increment(
      base, {File(1, "[1, 4, 5]", "[31, 40, 50]", R"(["a1", "d", "e"])")}, 1, "30");
  auto result = Make()->Apply(next, never_);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_FALSE(result->nothing_new);
  EXPECT_EQ(result->rows, 4);
  EXPECT_EQ(Rows(), "1 a1, 2 b, 4 d, 5 e");
  auto ledger = Sql("SELECT lake_version, rows, run_id FROM raw._keelboat_ledger");
  EXPECT_EQ(ledger[0], (adbc::Row{"1", "4", "run-1"}));
  EXPECT_EQ(Value("SELECT string_agg(_keelboat_run_id, ' ' ORDER BY id) FROM raw.t"),
            "run-1 run-0 run-1 run-1");
  auto again = Make()->Apply(next, never_);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->nothing_new);

  // Nothing arrives: the tail only goes.
  LoadRequest last = Increment(next, {}, 2, "45");
  result = Make()->Apply(last, never_);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(Rows(), "1 a1, 2 b, 4 d");
}

TEST_F(DuckdbIncrementTest, TakesSeveralVersionsAtOnce) {
  LoadRequest base = LoadBase();
  LoadRequest next = Increment(base,
                               {File(2, "[1, 5]", "[12, 50]", R"(["a2", "e2"])"),
                                File(1, "[1, 2]", "[11, 21]", R"(["a1", "b1"])")},
                               2, "40");
  auto result = Make()->Apply(next, never_);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(Rows(), "1 a2, 2 b1, 3 c, 5 e2");
}

TEST_F(DuckdbIncrementTest, KeepsAllRowsWithoutAKey) {
  LoadRequest base = LoadBase();
  LoadRequest next =
      Increment(base, {File(1, "[1, 1]", "[50, 50]", R"(["x", "x"])")}, 1, "40");
  next.key.clear();
  auto result = Make()->Apply(next, never_);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(Rows(), "1 a, 1 x, 1 x, 2 b, 3 c");
}

TEST_F(DuckdbIncrementTest, AddsColumnsAndKeepsIndexes) {
  LoadRequest base = LoadBase();
  Sql("CREATE INDEX by_id ON raw.t(id)");
  Sql("CREATE VIEW raw.seen AS SELECT text FROM raw.t");
  schema_ = arrow::schema(
      {LakeField("id", arrow::int64()), LakeField("late", arrow::decimal128(5, 2)),
       LakeField("cursor", arrow::int64()),
       LakeField("text", arrow::utf8(), {{kCommentKey, "What it says."}})});
  LoadFile file =
      WriteParquet(Path("late.parquet"), schema_,
                   {"[1, 5]", R"(["1.50", null])", "[50, 60]", R"(["a1", "e"])"});
  file.rows_version = 1;
  auto result = Make()->Apply(Increment(base, {file}, 1, "45"), never_);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(Rows(), "1 a1, 2 b, 3 c, 4 d, 5 e");
  EXPECT_EQ(Value("SELECT late FROM raw.t WHERE id = 1"), "1.50");
  EXPECT_EQ(Value("SELECT count(late) FROM raw.t"), "1");
  EXPECT_EQ(Value("SELECT index_name FROM duckdb_indexes()"), "by_id");
  EXPECT_EQ(Value("SELECT comment FROM duckdb_columns() WHERE table_name = 't' AND "
                  "column_name = 'text'"),
            "What it says.");
}

TEST_F(DuckdbIncrementTest, SaysWhenAWholeLoadIsNeeded) {
  LoadRequest base =
      Whole({File(0, "[1, 2, 3, 4]", "[10, 20, 30, 40]", R"(["a", "b", "c", "d"])")}, 0);
  const std::vector<LoadFile> arrived = {File(1, "[1]", "[50]", R"(["x"])")};
  const LoadRequest good = Increment(base, arrived, 1, "40");
  ExpectWholeLoadNeeded(good, "does not have it");
  base = Whole(base.files, 0);
  ASSERT_TRUE(Make()->Apply(base, never_).ok());

  LoadRequest request = good;
  request.increment->from_version = 3;
  ExpectWholeLoadNeeded(request, "at version 0 of the lake and not at 3");
  request = good;
  request.lake_uri = "/elsewhere/t";
  ExpectWholeLoadNeeded(request, "another lake, '/lake/t'");
  request = good;
  request.increment->from_files[0].uri += ".other";
  ExpectWholeLoadNeeded(request, "made anew");
  request = good;
  request.increment->cursor = "text";
  ExpectWholeLoadNeeded(request, "only its source can compare values of 'text'");
  request = good;
  request.increment->cursor = "gone";
  ExpectWholeLoadNeeded(request, "no cursor column 'gone'");
  request = good;
  request.increment->open_from = "soon";
  ExpectWholeLoadNeeded(request, "cannot be compared with 'soon'");
  EXPECT_EQ(Rows(), "1 a, 2 b, 3 c, 4 d");

  Sql("DELETE FROM raw.t WHERE id = 1");
  ExpectWholeLoadNeeded(good, "3 rows where the ledger says 4");
  Sql("INSERT INTO raw.t(id) VALUES (1)");
  Sql("ALTER TABLE raw.t ADD COLUMN mine INTEGER");
  ExpectWholeLoadNeeded(good, "does not have its column 'mine'");
  Sql("ALTER TABLE raw.t DROP COLUMN mine");
  Sql("ALTER TABLE raw.t ALTER id TYPE INTEGER");
  ExpectWholeLoadNeeded(good, "'id' is INTEGER where the lake's needs BIGINT");
  Sql("DROP TABLE raw.t");
  ExpectWholeLoadNeeded(good, "does not have it");
  EXPECT_EQ(Value("SELECT lake_version FROM raw._keelboat_ledger"), "0");
}

TEST_F(DuckdbIncrementTest, LoadsATableWithAUniqueIndexWhole) {
  LoadRequest base = LoadBase();
  Sql("CREATE UNIQUE INDEX by_id ON raw.t(id)");
  LoadRequest next =
      Increment(base, {File(1, "[1, 5]", "[50, 60]", R"(["a1", "e"])")}, 1, "50");
  ExpectWholeLoadNeeded(next, "unique index");
  next.increment.reset();
  auto result = Make()->Apply(next, never_);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(Rows(), "1 a1, 2 b, 3 c, 4 d, 5 e");
  EXPECT_EQ(Value("SELECT index_name || is_unique FROM duckdb_indexes()"), "by_idtrue");
  EXPECT_EQ(Value("SELECT comment FROM duckdb_tables() WHERE table_name = 't'"),
            "The table's t.");
}

TEST_F(DuckdbIncrementTest, KeepsJsonAsItWasLoaded) {
  schema_ =
      arrow::schema({LakeField("id", arrow::int64()), LakeField("cursor", arrow::int64()),
                     LakeField("text", arrow::utf8(), {{kLogicalTypeKey, "json"}})});
  LoadRequest base = LoadBase();  // Letters without quotes are not JSON.
  auto result = Make()->Apply(
      Increment(base, {File(1, "[5]", "[50]", R"(["{\"a\": 1}"])")}, 1, "45"), never_);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(Value("SELECT data_type FROM duckdb_columns() WHERE column_name = 'text'"),
            "VARCHAR");

  base = Whole({File(2, "[1]", "[10]", R"(["[]"])")}, 2);
  ASSERT_TRUE(Make()->Apply(base, never_).ok());
  EXPECT_EQ(Value("SELECT data_type FROM duckdb_columns() WHERE column_name = 'text'"),
            "JSON");
  ExpectWholeLoadNeeded(Increment(base, {File(3, "[2]", "[50]", R"(["b"])")}, 3, "45"),
                        "not JSON to DuckDB");
}

TEST_F(DuckdbIncrementTest, ComparesABoundThatTheColumnCannotHold) {
  auto unsigned_type = arrow::decimal128(20, 0);
  schema_ = arrow::schema(
      {LakeField("id", unsigned_type, {{kSourceTypeKey, "bigint(20) unsigned"}}),
       LakeField("cursor", unsigned_type, {{kSourceTypeKey, "bigint(20) unsigned"}}),
       LakeField("text", arrow::utf8())});
  const std::string largest = R"("18446744073709551615")";
  LoadRequest base =
      Whole({File(0, R"(["1", "2", )" + largest + "]", R"(["10", "20", )" + largest + "]",
                  R"(["a", "b", "c"])")},
            0);
  ASSERT_TRUE(Make()->Apply(base, never_).ok());
  LoadRequest next =
      Increment(base, {File(1, R"([)" + largest + "]", R"(["21"])", R"(["c1"])")}, 1,
                "18446744073709551610");
  ASSERT_TRUE(Make()->Apply(next, never_).ok());
  EXPECT_EQ(Rows(), "1 a, 2 b, 18446744073709551615 c1");
  next = Increment(next, {File(2, R"(["3"])", R"(["30"])", R"(["d"])")}, 2, "-9990");
  auto result = Make()->Apply(next, never_);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(Rows(), "3 d");
}

TEST_F(DuckdbIncrementTest, ReadsFilesFromBeforeAColumnWasWidened) {
  auto narrow =
      arrow::schema({LakeField("id", arrow::int32()), LakeField("cursor", arrow::int8()),
                     LakeField("text", arrow::utf8())});
  std::swap(schema_, narrow);
  LoadFile old_file = File(0, "[1, 2]", "[1, 2]", R"(["a", "b"])");
  std::swap(schema_, narrow);
  auto result = Make()->Apply(
      Whole({old_file, File(1, "[2, 5000000000]", "[3, 4]", R"(["b1", "c"])")}, 1),
      never_);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(Rows(), "1 a, 2 b1, 5000000000 c");
}

TEST_F(DuckdbIncrementTest, AFailureAtAnyStatementLeavesTheOldTable) {
  LoadRequest base = LoadBase();
  schema_ = arrow::schema(
      {LakeField("id", arrow::int64()), LakeField("cursor", arrow::int64()),
       LakeField("text", arrow::utf8()), LakeField("late", arrow::int64())});
  LoadFile file = WriteParquet(Path("late.parquet"), schema_,
                               {"[1, 5]", "[50, 60]", R"(["a1", "e"])", "[7, 8]"});
  file.rows_version = 1;
  const LoadRequest request = Increment(base, {file}, 1, "35");
  for (int fail_at = 0;; ++fail_at) {
    int statement = 0;
    auto warehouse = Make([&](std::string_view) {
      if (statement++ != fail_at) return arrow::Status::OK();
      return MakeError(ErrorKind::kUnavailable, "injected");
    });
    auto result = warehouse->Apply(request, never_);
    if (result.ok()) {
      EXPECT_GE(fail_at, 7);
      break;
    }
    EXPECT_EQ(result.status().message(), "injected");
    EXPECT_EQ(Rows(), "1 a, 2 b, 3 c, 4 d") << fail_at;
    EXPECT_EQ(Value("SELECT lake_version FROM raw._keelboat_ledger"), "0") << fail_at;
  }
  EXPECT_EQ(Rows(), "1 a1, 2 b, 3 c, 5 e");
}

TEST_F(DuckdbIncrementTest, LosesTheLedgersRaceWithoutATrace) {
  LoadRequest base = LoadBase();
  LoadRequest request = Increment(base, {File(1, "[1]", "[50]", R"(["x"])")}, 1, "40");
  auto thief = DatabaseFile::Open(OptionsFor(DatabasePath())).ValueOrDie();
  auto connection = thief->Connect().ValueOrDie();
  auto warehouse = Make([&](std::string_view sql) {
    if (sql != "BEGIN TRANSACTION") return arrow::Status::OK();
    return connection->Execute("UPDATE raw._keelboat_ledger SET lake_version = 5")
        .status();
  });
  auto result = warehouse->Apply(request, never_);
  EXPECT_EQ(KindOf(result.status()), ErrorKind::kConflict) << result.status();
  EXPECT_EQ(DetailOf(result.status(), kWholeLoad), "") << result.status();
  EXPECT_EQ(Rows(), "1 a, 2 b, 3 c, 4 d");
}

}  // namespace
}  // namespace keelboat::duckdb
