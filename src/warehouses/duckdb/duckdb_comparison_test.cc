#include <functional>

#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/field_metadata.h"
#include "keelboat/error.h"
#include "support/duckdb_fixture.h"
#include "warehouses/duckdb/database_file.h"

namespace keelboat::duckdb {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class DuckdbComparisonTest : public WarehouseTest {
 protected:
  void SetUp() override {
    WarehouseTest::SetUp();
    auto schema = arrow::schema(
        {LakeField("id", arrow::int32()), LakeField("real", arrow::float64()),
         LakeField("price", arrow::decimal128(10, 2)),
         LakeField("at", arrow::timestamp(arrow::TimeUnit::MICRO)),
         LakeField("bytes", arrow::binary()),
         LakeField("doc", arrow::utf8(), {{kLogicalTypeKey, "json"}}),
         LakeField("big", arrow::decimal128(20, 0),
                   {{kSourceTypeKey, "bigint unsigned"}}),
         LakeField("yes", arrow::boolean()), LakeField("small", arrow::float32()),
         LakeField("day", arrow::date32()), LakeField("name", arrow::utf8())});
    LoadFile file = WriteParquet(
        Path("a.parquet"), schema,
        {"[1, 2, 3, 4]", "[0.0, NaN, 1.5, null]", R"(["1.10", "2.20", null, "4.40"])",
         R"(["2026-01-01 00:00:00.000001", "2026-01-02 00:00:00", null,
             "2026-01-04 00:00:00"])",
         R"(["aa", "", null, "dd"])", R"(["{\"a\":  1}", "[]", null, "4"])",
         R"(["18446744073709551615", "2", null, "4"])", "[true, false, null, true]",
         "[0.0, 1.5, null, 2.5]", "[1, 2, null, 4]", R"(["x", "", null, "é"])"});
    request_ = RequestFor("t", schema, {file}, 0);
    auto loaded = Make()->Apply(request_, never_);
    ASSERT_TRUE(loaded.ok()) << loaded.status();
  }

  Difference Compare() {
    auto difference = Make()->Compare(request_, never_);
    EXPECT_TRUE(difference.ok()) << difference.status();
    return difference.ValueOr(Difference{});
  }

  ErrorKind KindOfCompare(const LoadRequest& request, const std::string& message) {
    arrow::Status status = Make()->Compare(request, never_).status();
    EXPECT_THAT(status.message(), HasSubstr(message));
    return KindOf(status);
  }

  LoadRequest request_;
  std::stop_token never_;
};

TEST_F(DuckdbComparisonTest, FindsNothingInATableAsItWasLoaded) {
  Difference difference = Compare();
  EXPECT_TRUE(difference.empty());
  EXPECT_THAT(difference.examples, IsEmpty());
  EXPECT_THAT(difference.evidence, IsEmpty());
  // Also with the file open, and with rows in another order.
  Sql("CREATE TABLE raw.sorted AS SELECT * FROM raw.t ORDER BY id DESC");
  Sql("DELETE FROM raw.t");
  Sql("INSERT INTO raw.t SELECT * FROM raw.sorted");
  auto warehouse = Make();
  ASSERT_TRUE(warehouse->Apply(request_, never_).ok());
  auto open = warehouse->Compare(request_, never_);
  ASSERT_TRUE(open.ok()) << open.status();
  EXPECT_TRUE(open->empty());
}

TEST_F(DuckdbComparisonTest, FindsEveryFlippedValue) {
  for (const std::string& change :
       {std::string("id = 9 WHERE id = 1"),
        std::string("real = 1.5000000000000002 WHERE id = 3"),
        std::string("real = 'inf' WHERE id = 2"), std::string("real = 0 WHERE id = 4"),
        std::string("price = 1.11 WHERE id = 1"), std::string("price = 0 WHERE id = 3"),
        std::string("\"at\" = '2026-01-01 00:00:00.000002' WHERE id = 1"),
        std::string("bytes = 'ab' WHERE id = 1"),
        std::string("bytes = NULL WHERE id = 2"),
        std::string("doc = '{\"a\": 1}' WHERE id = 1"),
        std::string("big = 18446744073709551614 WHERE id = 1"),
        std::string("yes = NOT yes WHERE id = 2"),
        std::string("day = day + 1 WHERE id = 1"), std::string("name = 'X' WHERE id = 1"),
        std::string("name = NULL WHERE id = 2"),
        std::string("name = 'e' WHERE id = 4")}) {
    Sql("CREATE TABLE raw.kept AS SELECT * FROM raw.t");
    Sql("UPDATE raw.t SET " + change);
    Difference difference = Compare();
    EXPECT_EQ(difference.missing, 1) << change;
    EXPECT_EQ(difference.extra, 1) << change;
    EXPECT_EQ(difference.evidence.size(), 2u) << change;
    Sql("DELETE FROM raw.t");
    Sql("INSERT INTO raw.t SELECT * FROM raw.kept");
    Sql("DROP TABLE raw.kept");
  }
  EXPECT_TRUE(Compare().empty());
}

TEST_F(DuckdbComparisonTest, TellsZerosAndNansApart) {
  // An UPDATE would take 0.0 and -0.0 for the same and leave the value.
  Sql("CREATE TABLE raw.kept AS SELECT * FROM raw.t");
  for (const std::string& change :
       {std::string("'-0.0' AS real) FROM raw.kept WHERE id = 1"),
        std::string("'-0.0' AS small) FROM raw.kept WHERE id = 1"),
        std::string("'-nan' AS real) FROM raw.kept WHERE id = 2")}) {
    const std::string id = change.substr(change.rfind(' '));
    Sql("DELETE FROM raw.t WHERE id =" + id);
    Sql("INSERT INTO raw.t SELECT * REPLACE (" + change);
    Difference difference = Compare();
    EXPECT_EQ(difference.missing, 1) << change;
    EXPECT_EQ(difference.extra, 1) << change;
    Sql("DELETE FROM raw.t WHERE id =" + id);
    Sql("INSERT INTO raw.t SELECT * FROM raw.kept WHERE id =" + id);
  }
  EXPECT_TRUE(Compare().empty());
}

TEST_F(DuckdbComparisonTest, FindsValuesThatChangedPlaces) {
  Sql("UPDATE raw.t SET yes = (id <> 1) WHERE id IN (1, 2)");
  Difference difference = Compare();
  EXPECT_EQ(difference.missing, 2);
  EXPECT_EQ(difference.extra, 2);
}

TEST_F(DuckdbComparisonTest, FindsLostAndDoubledRows) {
  Sql("DELETE FROM raw.t WHERE id = 2");
  Difference lost = Compare();
  EXPECT_EQ(lost.missing, 1);
  EXPECT_EQ(lost.extra, 0);
  ASSERT_EQ(lost.examples.size(), 1u);
  EXPECT_THAT(lost.examples[0],
              HasSubstr("missing in the warehouse: id = '2', real = 'nan', price"));
  EXPECT_THAT(lost.evidence[0], HasSubstr(R"({"side":"lake","row":{"id":"2")"));
  // One lost, one doubled: as many rows as before.
  Sql("INSERT INTO raw.t SELECT * FROM raw.t WHERE id = 3");
  Difference doubled = Compare();
  EXPECT_EQ(doubled.missing, 1);
  EXPECT_EQ(doubled.extra, 1);
  ASSERT_EQ(doubled.examples.size(), 2u);
  EXPECT_THAT(
      doubled.examples[1],
      HasSubstr("too much in the warehouse: id = '3', real = '1.5', price = NULL"));
  EXPECT_THAT(doubled.evidence[1], HasSubstr(R"("side":"warehouse")"));
  Sql("DELETE FROM raw.t");
  EXPECT_EQ(Compare().missing, 4);
}

TEST_F(DuckdbComparisonTest, IgnoresTheGeneratedColumns) {
  Sql("UPDATE raw.t SET _keelboat_run_id = 'other', _keelboat_loaded_at = NULL");
  EXPECT_TRUE(Compare().empty());
}

TEST_F(DuckdbComparisonTest, NamesTheColumnsThatDifferWhereThereIsAKey) {
  request_.key = {"id"};
  Sql("UPDATE raw.t SET price = 4.41, name = repeat('é', 100) WHERE id = 4");
  Difference difference = Compare();
  ASSERT_EQ(difference.examples.size(), 1u);
  EXPECT_THAT(difference.examples[0],
              HasSubstr("id = '4' differs: price is '4.40' in the lake and '4.41' in the "
                        "warehouse; name is 'é' in the lake and 'éé"));
  EXPECT_THAT(difference.examples[0], HasSubstr("… (200 bytes)"));
}

TEST_F(DuckdbComparisonTest, TakesTheNewestRowOfEachKey) {
  LoadFile old_file = WriteNumbers(Path("old.parquet"), 0, 200000);
  LoadFile new_file = WriteParquet(Path("new.parquet"), NumbersSchema(),
                                   {"[7, 200000]", R"(["seven", "last"])"});
  new_file.rows_version = 1;
  LoadRequest request = RequestFor("n", NumbersSchema(), {old_file, new_file}, 1);
  request.key = {"id"};
  ASSERT_TRUE(Make()->Apply(request, never_).ok());
  request_ = request;
  EXPECT_TRUE(Compare().empty());
  Sql("UPDATE raw.n SET name = 'name 7' WHERE id = 7");
  EXPECT_THAT(Compare().examples,
              ElementsAre("id = '7' differs: name is 'seven' in the lake and 'name 7' in "
                          "the warehouse"));
  Sql("UPDATE raw.n SET name = name || '!'");
  Difference difference = Compare();
  EXPECT_EQ(difference.missing, 200001);
  EXPECT_EQ(difference.extra, 200001);
  EXPECT_EQ(difference.examples.size(), 5u);
  EXPECT_EQ(difference.evidence.size(), 10u);
  EXPECT_THAT(difference.examples[4], HasSubstr("id = '4' differs"));
}

TEST_F(DuckdbComparisonTest, NeedsLittleMemory) {
  LoadRequest request =
      RequestFor("n", NumbersSchema(), {WriteNumbers(Path("n.parquet"), 0, 800000)}, 0);
  DuckdbOptions options = OptionsFor(DatabasePath());
  options.memory_limit = "32MB";
  options.more_memory.clear();
  auto warehouse = MakeDuckdbWarehouse(options).ValueOrDie();
  ASSERT_TRUE(warehouse->Apply(request, never_).ok());
  ASSERT_TRUE(warehouse->Close().ok());
  Sql("UPDATE raw.n SET name = 'x' WHERE id % 2 = 0");
  auto difference = warehouse->Compare(request, never_);
  ASSERT_TRUE(difference.ok()) << difference.status();
  EXPECT_EQ(difference->missing, 400000);
  EXPECT_EQ(difference->extra, 400000);
}

TEST_F(DuckdbComparisonTest, SaysWhatCannotBeCompared) {
  LoadRequest other = request_;
  other.table = "none";
  EXPECT_EQ(KindOfCompare(other, "no table 'none'"), ErrorKind::kNotFound);
  other = request_;
  other.lake_version = 4;
  EXPECT_EQ(KindOfCompare(other, "from version 0"), ErrorKind::kConflict);
  other = request_;
  other.files[0].rows = 5;
  EXPECT_EQ(KindOfCompare(other, "other files"), ErrorKind::kConflict);
  Sql("ALTER TABLE raw.t ADD COLUMN mine INTEGER");
  EXPECT_EQ(KindOfCompare(request_, "a column 'mine'"), ErrorKind::kData);
  Sql("ALTER TABLE raw.t DROP COLUMN mine");
  Sql("ALTER TABLE raw.t ALTER id TYPE BIGINT");
  EXPECT_EQ(KindOfCompare(request_, "'id' as BIGINT where a load gives INTEGER"),
            ErrorKind::kData);
  Sql("ALTER TABLE raw.t DROP COLUMN id");
  EXPECT_EQ(KindOfCompare(request_, "lacks the column 'id'"), ErrorKind::kData);
  Sql("DROP TABLE raw.t");
  EXPECT_EQ(KindOfCompare(request_, "somebody dropped it"), ErrorKind::kNotFound);
  std::filesystem::remove(DatabasePath());
  EXPECT_EQ(KindOfCompare(request_, DatabasePath()), ErrorKind::kNotFound);
  EXPECT_FALSE(std::filesystem::exists(DatabasePath()));
  std::filesystem::remove(request_.files[0].uri);
}

TEST_F(DuckdbComparisonTest, ChangesNothingAndLeavesTheSessionUsable) {
  auto warehouse = Make();
  ASSERT_TRUE(warehouse->Apply(request_, never_).ok());
  Sql("UPDATE raw.t SET id = 9 WHERE id = 1");
  for (int i = 0; i < 2; ++i) {
    auto difference = warehouse->Compare(request_, never_);
    ASSERT_TRUE(difference.ok()) << difference.status();
    EXPECT_EQ(difference->missing, 1);
  }
  std::stop_source stopped;
  stopped.request_stop();
  EXPECT_EQ(KindOf(warehouse->Compare(request_, stopped.get_token()).status()),
            ErrorKind::kCancelled);
  EXPECT_EQ(Value("SELECT count(*) FROM duckdb_tables() WHERE table_name LIKE '%diff%'"),
            "0");
  std::filesystem::remove(request_.files[0].uri);
  EXPECT_EQ(KindOf(warehouse->Compare(request_, never_).status()), ErrorKind::kNotFound);
  request_.files.clear();
  request_.rows = 0;
  request_.lake_version = 1;
  auto result = warehouse->Apply(request_, never_);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_TRUE(Compare().empty());
}

}  // namespace
}  // namespace keelboat::duckdb
