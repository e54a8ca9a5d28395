// Loads of tables whose rows are so large that they come in pieces.

#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"
#include "support/duckdb_fixture.h"
#include "warehouses/duckdb/table_in_pieces.h"
#include "warehouses/taken_name.h"

namespace keelboat::duckdb {
namespace {

using ::testing::HasSubstr;

/// How many row groups a table has.
std::string RowGroups(const std::string& table) {
  return "SELECT count(DISTINCT row_group_id) FROM pragma_storage_info('raw." + table +
         "')";
}

class DuckdbPiecesTest : public WarehouseTest {
 protected:
  /// Rows (id, cursor, text) for ids in [first, first + count), two in a row group, which
  /// is what makes them large.
  LoadFile File(int64_t version, int64_t first, int64_t count, const std::string& text) {
    std::string ids;
    std::string texts;
    for (int64_t id = first; id < first + count; ++id) {
      ids += (ids.empty() ? "[" : ", ") + std::to_string(id);
      texts += (texts.empty() ? "[\"" : "\", \"") + text + std::to_string(id);
    }
    LoadFile file = WriteParquet(Path("f" + std::to_string(files_++) + ".parquet"),
                                 schema_, {ids + "]", ids + "]", texts + "\"]"}, 2);
    file.rows_version = version;
    return file;
  }

  LoadRequest Whole(std::vector<LoadFile> files, int64_t version) {
    LoadRequest request = RequestFor("t", schema_, std::move(files), version);
    request.key = {"id"};
    return request;
  }

  std::string Texts() {
    return Value("SELECT string_agg(text, ' ' ORDER BY id) FROM raw.t");
  }

  std::string PiecesLeft() {
    return Value("SELECT count(*) FROM duckdb_tables() WHERE table_name = '" +
                 std::string(kPiecesTable) + "'");
  }

  int files_ = 0;
  std::shared_ptr<arrow::Schema> schema_ =
      arrow::schema({LakeField("id", arrow::int64()), LakeField("cursor", arrow::int64()),
                     LakeField("text", arrow::utf8())});
  std::stop_token never_;
};

TEST_F(DuckdbPiecesTest, EachRowGroupStaysOne) {
  auto result = Make()->Apply(Whole({File(0, 0, 5, "a"), File(0, 5, 4, "b")}, 0), never_);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->rows, 9);
  EXPECT_EQ(Texts(), "a0 a1 a2 a3 a4 b5 b6 b7 b8");
  EXPECT_EQ(Value(RowGroups("t")), "5");
  EXPECT_EQ(Value("SELECT rows FROM raw._keelboat_ledger"), "9");
  EXPECT_EQ(Value("SELECT comment FROM duckdb_tables() WHERE table_name = 't'"),
            "The table's t.");
  EXPECT_EQ(PiecesLeft(), "0");
  // Other tables' checkpoints leave them alone, in this session and in later ones.
  for (int64_t version = 0; version < 3; ++version) {
    auto other = Make()->Apply(Numbers("other", 200000 + version, version), never_);
    ASSERT_TRUE(other.ok()) << other.status();
    EXPECT_EQ(Value(RowGroups("t")), "5");
  }
}

TEST_F(DuckdbPiecesTest, TheNewestRowOfEachKeyComes) {
  LoadRequest request =
      Whole({File(0, 0, 7, "a"), File(2, 3, 3, "c"), File(1, 4, 4, "b")}, 2);
  auto result = Make()->Apply(request, never_);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(Texts(), "a0 a1 a2 c3 c4 c5 b6 b7");
  EXPECT_TRUE(Make()->Compare(request, never_).ValueOrDie().empty());

  request = Whole({File(0, 0, 7, "a"), File(1, 4, 4, "b")}, 3);
  result = Make()->Apply(request, never_);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(Texts(), "a0 a1 a2 a3 b4 b5 b6 b7");
}

TEST_F(DuckdbPiecesTest, FilesFromBeforeAColumnWasAdded) {
  LoadFile old = File(0, 0, 4, "a");
  schema_ = arrow::schema({schema_->field(0), schema_->field(1), schema_->field(2),
                           LakeField("more", arrow::int64())});
  LoadFile added =
      WriteParquet(Path("more.parquet"), schema_,
                   {"[8, 9, 10]", "[8, 9, 10]", R"(["x", "y", "z"])", "[1, null, 3]"}, 2);
  auto result = Make()->Apply(Whole({old, added}, 1), never_);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(Texts(), "a0 a1 a2 a3 x y z");
  EXPECT_EQ(Value("SELECT string_agg(id || '=' || more, ' ' ORDER BY id) FROM raw.t"),
            "8=1 10=3");
}

TEST_F(DuckdbPiecesTest, AFailureAtAnyStatementLeavesTheOldTable) {
  ASSERT_TRUE(Make()->Apply(Whole({File(0, 0, 3, "a")}, 0), never_).ok());
  Sql("CREATE INDEX by_id ON raw.t(id)");
  const LoadRequest request = Whole({File(1, 0, 6, "b")}, 1);
  int fail_at = 0;
  for (;; ++fail_at) {
    int statement = 0;
    auto warehouse = Make([&](std::string_view) {
      if (statement++ != fail_at) return arrow::Status::OK();
      return MakeError(ErrorKind::kUnavailable, "injected");
    });
    auto result = warehouse->Apply(request, never_);
    if (result.ok()) break;
    EXPECT_EQ(result.status().message(), "injected");
    EXPECT_EQ(Texts(), "a0 a1 a2") << fail_at;
    EXPECT_EQ(Value("SELECT lake_version FROM raw._keelboat_ledger"), "0") << fail_at;
    EXPECT_EQ(PiecesLeft(), "0") << fail_at;
  }
  EXPECT_GE(fail_at, 15);
  EXPECT_EQ(Texts(), "b0 b1 b2 b3 b4 b5");
  EXPECT_EQ(Value("SELECT count(*) FROM duckdb_indexes() WHERE index_name = 'by_id'"),
            "1");
}

TEST_F(DuckdbPiecesTest, AnIncrementKeepsThem) {
  LoadRequest base = Whole({File(0, 0, 6, "a")}, 0);
  ASSERT_TRUE(Make()->Apply(base, never_).ok());
  LoadRequest next = base;
  next.lake_version = 1;
  next.files.push_back(File(1, 5, 2, "b"));
  next.rows += 2;
  next.increment =
      LoadIncrement{0, base.files, "cursor", "5", false, {next.files.back()}};
  auto result = Make()->Apply(next, never_);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(Texts(), "a0 a1 a2 a3 a4 b5 b6");
  EXPECT_EQ(Value("SELECT comment FROM duckdb_columns() WHERE table_name = 't' AND "
                  "column_name = '" +
                  std::string(kLoadedAtColumn) + "'"),
            PiecesComment());
  EXPECT_EQ(Value(RowGroups("t")), "4");
}

TEST_F(DuckdbPiecesTest, AnIncrementThatIsTooLargeAsksForAWholeLoad) {
  LoadRequest base = Whole({File(0, 0, 4, "a")}, 0);
  ASSERT_TRUE(Make()->Apply(base, never_).ok());
  LoadRequest next = base;
  next.lake_version = 1;
  next.files.push_back(File(1, 4, 40, std::string(1 << 20, 'x')));
  next.rows += 40;
  next.increment =
      LoadIncrement{0, base.files, "cursor", "4", false, {next.files.back()}};
  DuckdbOptions options = OptionsFor(DatabasePath());
  options.memory_limit = "24MB";
  options.more_memory = {"32MB"};
  auto warehouse = MakeDuckdbWarehouse(options).ValueOrDie();
  auto result = warehouse->Apply(next, never_);
  EXPECT_EQ(DetailOf(result.status(), kWholeLoad), "needed") << result.status();
  EXPECT_THAT(result.status().message(), HasSubstr("too large for one transaction"));
  next.increment.reset();
  result = warehouse->Apply(next, never_);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->rows, 44);
}

TEST_F(DuckdbPiecesTest, AColumnMayHaveTheReadersName) {
  schema_ = arrow::schema({schema_->field(0), schema_->field(1), schema_->field(2),
                           LakeField("File_Row_Number", arrow::int64())});
  LoadFile file = WriteParquet(
      Path("name.parquet"), schema_,
      {"[1, 2, 3]", "[1, 2, 3]", R"(["x", "y", "z"])", "[100, 100, 100]"}, 1);
  auto result = Make()->Apply(Whole({file}, 0), never_);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(Texts(), "x y z");
}

TEST_F(DuckdbPiecesTest, NoTableOfASourceHasItsName) {
  LoadRequest request = Whole({File(0, 0, 1, "a")}, 0);
  request.table = "_Keelboat_Pieces";
  auto result = Make()->Apply(request, never_);
  EXPECT_EQ(KindOf(result.status()), ErrorKind::kConfig) << result.status();
}

TEST_F(DuckdbPiecesTest, LeavesAloneWhatUsersCallSo) {
  ASSERT_TRUE(Make()->Apply(Whole({File(0, 0, 1, "a")}, 0), never_).ok());
  Sql("CREATE TABLE raw." + std::string(kPiecesTable) + " (a INTEGER)");
  ASSERT_TRUE(Make()->Apply(Numbers("other", 5, 0), never_).ok());
  auto result = Make()->Apply(Whole({File(0, 0, 5, "b")}, 1), never_);
  EXPECT_EQ(KindOf(result.status()), ErrorKind::kConfig) << result.status();
  EXPECT_THAT(result.status().message(), HasSubstr(kPiecesTable));
  EXPECT_EQ(PiecesLeft(), "1");
  EXPECT_EQ(Texts(), "a0");
}

}  // namespace
}  // namespace keelboat::duckdb
