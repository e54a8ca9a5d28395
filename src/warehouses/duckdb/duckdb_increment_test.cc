// Loads of what changed between two lake versions, and of tables whose files hold
// several versions of a row.

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <random>
#include <set>

#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/field_metadata.h"
#include "keelboat/error.h"
#include "warehouses/duckdb/database_file.h"
#include "warehouses/duckdb/warehouse_fixture.h"

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
            "The table t.");
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

// Random histories of a source, a model of its incremental lake and the warehouse after
// every few commits.

enum class CursorType { kInteger, kDecimal, kTimestamp, kDate, kDouble };
enum class KeyType { kNone, kInteger, kText, kComposite };

struct History {
  CursorType cursor;
  KeyType key;
};

struct SourceRow {
  int number = 0;
  std::string text;
  std::optional<int64_t> cursor;
  std::string value;

  bool operator==(const SourceRow&) const = default;
  std::string Describe() const {
    return std::to_string(number) + "|" + text + "|" +
           (cursor.has_value() ? std::to_string(*cursor) : "NULL") + "|" + value;
  }
};

struct ModelFile {
  LoadFile file;
  std::vector<SourceRow> rows;
  bool open_tail = false;
};

struct ModelVersion {
  std::vector<ModelFile> files;
  int64_t open_from = 0;
};

class RandomHistoryTest : public WarehouseTest,
                          public ::testing::WithParamInterface<History> {
 protected:
  static constexpr int64_t kLookback = 4;

  std::vector<std::string> Key() const {
    switch (GetParam().key) {
      case KeyType::kNone:
        return {};
      case KeyType::kInteger:
        return {"number"};
      case KeyType::kText:
        return {"text"};
      case KeyType::kComposite:
        break;
    }
    return {"text", "number"};
  }

  std::string KeyOf(const SourceRow& row) const {
    switch (GetParam().key) {
      case KeyType::kInteger:
        return std::to_string(row.number);
      case KeyType::kText:
        return row.text;
      default:
        return row.text + "|" + std::to_string(row.number);
    }
  }

  std::shared_ptr<arrow::DataType> Type() const {
    switch (GetParam().cursor) {
      case CursorType::kInteger:
        return arrow::int32();
      case CursorType::kDecimal:
        return arrow::decimal128(12, 3);
      case CursorType::kTimestamp:
        return arrow::timestamp(arrow::TimeUnit::MICRO);
      case CursorType::kDate:
        return arrow::date32();
      case CursorType::kDouble:
        break;
    }
    return arrow::float64();
  }

  /// A cursor as the lake's configuration has it.
  std::string CursorText(int64_t cursor) const {
    switch (GetParam().cursor) {
      case CursorType::kInteger:
        return std::to_string(cursor);
      case CursorType::kDecimal: {
        std::string digits = std::to_string(1000 + cursor % 1000);
        return std::to_string(cursor / 1000) + "." + digits.substr(1);
      }
      case CursorType::kTimestamp: {
        std::string text =
            FormatTime(SystemTime(std::chrono::microseconds(kEpoch + cursor)));
        text[10] = ' ';
        text.pop_back();
        return text;
      }
      case CursorType::kDate: {
        const std::chrono::sys_days day{std::chrono::days(cursor)};
        return FormatTime(SystemTime(day)).substr(0, 10);
      }
      case CursorType::kDouble:
        break;
    }
    return std::to_string(cursor / 8.0);
  }

  std::string CursorJson(int64_t cursor) const {
    if (GetParam().cursor == CursorType::kDate ||
        GetParam().cursor == CursorType::kInteger)
      return std::to_string(cursor);
    if (GetParam().cursor == CursorType::kDouble) return CursorText(cursor);
    return "\"" + CursorText(cursor) + "\"";
  }

  /// SQL for the cursor as a whole number.
  std::string CursorSql() const {
    switch (GetParam().cursor) {
      case CursorType::kInteger:
        return "cursor";
      case CursorType::kDecimal:
        return "(cursor * 1000)::BIGINT";
      case CursorType::kTimestamp:
        return "epoch_us(cursor) - " + std::to_string(kEpoch);
      case CursorType::kDate:
        return "cursor - DATE '1970-01-01'";
      case CursorType::kDouble:
        break;
    }
    return "(cursor * 8)::BIGINT";
  }

  ModelFile Write(std::vector<SourceRow> rows, int64_t version, bool open_tail) {
    std::vector<std::string> columns(4);
    for (const SourceRow& row : rows) {
      const std::vector<std::string> cells = {
          std::to_string(row.number), "\"" + row.text + "\"",
          row.cursor.has_value() ? CursorJson(*row.cursor) : "null",
          "\"" + row.value + "\""};
      for (std::size_t i = 0; i < cells.size(); ++i)
        columns[i] += (columns[i].empty() ? "[" : ", ") + cells[i];
    }
    for (std::string& column : columns) column += "]";
    LoadFile file =
        WriteParquet(Path("h" + std::to_string(files_++) + ".parquet"), schema_, columns);
    file.rows_version = version;
    return {file, std::move(rows), open_tail};
  }

  void ChangeSource() {
    for (int i = static_cast<int>(random_() % 6); i > 0; --i) {
      const unsigned dice = random_() % 10;
      if (dice < 4 || source_.empty()) {
        const int number = static_cast<int>(random_() % 40);
        SourceRow row{number, "k" + std::to_string(number % 7), NextCursor(), NewValue()};
        if (GetParam().key == KeyType::kText) row.text = "k" + std::to_string(number);
        const std::string key =
            GetParam().key == KeyType::kNone ? std::to_string(serial_++) : KeyOf(row);
        source_.emplace(key, row);
        continue;
      }
      auto it = std::next(source_.begin(), random_() % source_.size());
      if (dice < 8) {
        it->second.cursor = NextCursor();
        it->second.value = NewValue();
      } else {
        source_.erase(it);
      }
    }
  }

  std::optional<int64_t> NextCursor() {
    switch (random_() % 8) {
      case 0:
        return std::nullopt;
      case 1:
        return now_;  // A tie.
      case 2:
        return std::max<int64_t>(0, now_ - static_cast<int64_t>(random_() % 6));  // Late.
      case 3:
        return static_cast<int64_t>(random_() % (now_ + 1));  // Set back.
      default:
        return ++now_;
    }
  }

  std::string NewValue() { return "v" + std::to_string(values_++); }

  /// What the engine commits: the old tail goes, the window comes.
  void CommitIncrement() {
    const int64_t version = static_cast<int64_t>(versions_.size());
    const ModelVersion before = versions_.empty() ? ModelVersion{} : versions_.back();
    auto is_open = [](const SourceRow& row, int64_t from) {
      return !row.cursor.has_value() || *row.cursor >= from;
    };
    ModelVersion after;
    after.open_from = before.open_from;
    for (const auto& [key, row] : source_) {
      if (row.cursor.has_value())
        after.open_from = std::max(after.open_from, *row.cursor - kLookback);
    }
    std::vector<SourceRow> closed;
    std::vector<SourceRow> tail;
    std::set<std::string> read;
    auto take = [&](const std::string& key, const SourceRow& row) {
      (is_open(row, after.open_from) ? tail : closed).push_back(row);
      read.insert(key);
    };
    for (const auto& [key, row] : source_) {
      if (is_open(row, before.open_from)) take(key, row);
    }
    std::set<std::string> gone;
    for (const ModelFile& file : before.files) {
      if (!file.open_tail || GetParam().key == KeyType::kNone) continue;
      for (const SourceRow& row : file.rows) {
        const std::string key = KeyOf(row);
        if (read.contains(key)) continue;
        auto found = source_.find(key);
        if (found != source_.end()) {
          take(key, found->second);
        } else {
          gone.insert(key);
        }
      }
    }
    for (const ModelFile& file : before.files) {
      if (file.open_tail) continue;
      std::vector<SourceRow> kept;
      for (const SourceRow& row : file.rows) {
        if (GetParam().key == KeyType::kNone || !gone.contains(KeyOf(row)))
          kept.push_back(row);
      }
      if (kept == file.rows) {
        after.files.push_back(file);
      } else if (!kept.empty()) {
        after.files.push_back(Write(kept, file.file.rows_version, false));
      }
    }
    if (!closed.empty()) after.files.push_back(Write(closed, version, false));
    if (!tail.empty()) after.files.push_back(Write(tail, version, true));
    std::sort(
        after.files.begin(), after.files.end(),
        [](const ModelFile& a, const ModelFile& b) { return a.file.uri < b.file.uri; });
    versions_.push_back(std::move(after));
  }

  static std::vector<LoadFile> FilesOf(const ModelVersion& version) {
    std::vector<LoadFile> files;
    for (const ModelFile& file : version.files) files.push_back(file.file);
    return files;
  }

  static bool Has(const ModelVersion& version, const std::string& uri) {
    return std::any_of(version.files.begin(), version.files.end(),
                       [&](const ModelFile& file) { return file.file.uri == uri; });
  }

  /// What the engine asks of the warehouse at version `loaded_`; whole where it must.
  LoadRequest NextRequest() {
    const ModelVersion& to = versions_.back();
    LoadRequest request =
        RequestFor("t", schema_, FilesOf(to), static_cast<int64_t>(versions_.size()) - 1);
    request.key = Key();
    if (loaded_ < 0) return request;
    const ModelVersion& from = versions_[loaded_];
    for (const ModelFile& file : from.files) {
      if (!file.open_tail && !Has(to, file.file.uri)) return request;
    }
    LoadIncrement increment{
        loaded_, FilesOf(from), "cursor", CursorText(from.open_from), true, {}};
    for (const ModelFile& file : to.files) {
      if (!Has(from, file.file.uri)) increment.arrived.push_back(file.file);
    }
    request.increment = std::move(increment);
    return request;
  }

  std::multiset<std::string> Expected() const {
    std::multiset<std::string> expected;
    std::map<std::string, std::pair<int64_t, SourceRow>> newest;
    for (const ModelFile& file : versions_.back().files) {
      for (const SourceRow& row : file.rows) {
        if (GetParam().key == KeyType::kNone) {
          expected.insert(row.Describe());
          continue;
        }
        auto [found, is_new] =
            newest.try_emplace(KeyOf(row), file.file.rows_version, row);
        if (is_new || found->second.first >= file.file.rows_version) continue;
        found->second = {file.file.rows_version, row};
      }
    }
    for (const auto& [key, entry] : newest) expected.insert(entry.second.Describe());
    return expected;
  }

  std::multiset<std::string> Loaded() const {
    std::multiset<std::string> loaded;
    for (const adbc::Row& row :
         Sql("SELECT number, text, " + CursorSql() + ", value FROM raw.t")) {
      loaded.insert(row[0].value_or("NULL") + "|" + row[1].value_or("NULL") + "|" +
                    row[2].value_or("NULL") + "|" + row[3].value_or("NULL"));
    }
    return loaded;
  }

  static constexpr int64_t kEpoch = 1795226400000000;

  std::shared_ptr<arrow::Schema> schema_ = arrow::schema(
      {LakeField("number", arrow::int32()), LakeField("text", arrow::utf8()),
       LakeField("cursor", Type()), LakeField("value", arrow::utf8())});
  std::minstd_rand random_{20261121};
  std::map<std::string, SourceRow> source_;
  std::vector<ModelVersion> versions_;
  int64_t now_ = 10;
  int64_t loaded_ = -1;
  int serial_ = 0;
  int values_ = 0;
  int files_ = 0;
};

TEST_P(RandomHistoryTest, TheWarehouseFollowsTheLake) {
  auto warehouse = Make();
  int increments = 0;
  int wholes = 0;
  for (int round = 0; round < 60; ++round) {
    for (int commits = 1 + static_cast<int>(random_() % 2); commits > 0; --commits) {
      ChangeSource();
      CommitIncrement();
    }
    const LoadRequest request = NextRequest();
    (request.increment.has_value() ? increments : wholes) += 1;
    auto result = warehouse->Apply(request, std::stop_token());
    ASSERT_TRUE(result.ok()) << round << ": " << result.status();
    const auto expected = Expected();
    ASSERT_EQ(Loaded(), expected) << round;
    EXPECT_EQ(result->rows, static_cast<int64_t>(expected.size()));
    loaded_ = request.lake_version;
  }
  EXPECT_GT(increments, 10);
  EXPECT_GT(wholes, 0);
}

INSTANTIATE_TEST_SUITE_P(
    Cursors, RandomHistoryTest,
    ::testing::Values(History{CursorType::kInteger, KeyType::kInteger},
                      History{CursorType::kInteger, KeyType::kNone},
                      History{CursorType::kDecimal, KeyType::kComposite},
                      History{CursorType::kTimestamp, KeyType::kText},
                      History{CursorType::kDate, KeyType::kInteger},
                      History{CursorType::kDouble, KeyType::kComposite}));

}  // namespace
}  // namespace keelboat::duckdb
