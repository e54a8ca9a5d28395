#include <map>

#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <gmock/gmock.h>

#include "core/field_metadata.h"
#include "keelboat/error.h"
#include "support/duckdb_fixture.h"

namespace keelboat::duckdb {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

using DuckdbSetupTest = WarehouseTest;

constexpr const char* kColumns =
    "SELECT string_agg(column_name || ' ' || data_type || ' ' || coalesce(comment, ''), "
    "', ' ORDER BY column_index) FROM duckdb_columns() WHERE table_name = 'orders'";

// What is to be set up. Steps come into `steps`.
SetupRequest Telling(std::vector<SetupStep>* steps, bool dry_run) {
  return SetupOfNumbers({"marts", "RAW"}, steps, dry_run);
}

TEST_F(DuckdbSetupTest, MakesWhatIsMissingOnce) {
  auto warehouse = Make();
  std::vector<SetupStep> planned;
  arrow::Status status = warehouse->Setup(Telling(&planned, /*dry_run=*/true), {});
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_FALSE(std::filesystem::exists(DatabasePath()));
  EXPECT_THAT(Missing(planned), ElementsAre("schema \"raw\"", "schema \"marts\"",
                                            "ledger \"raw\".\"_keelboat_ledger\"",
                                            "table \"raw\".\"orders\"",
                                            "comments of table \"raw\".\"orders\""));
  std::vector<SetupStep> made;
  status = warehouse->Setup(Telling(&made, /*dry_run=*/false), {});
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_THAT(Missing(made), ElementsAreArray(Missing(planned)));
  for (const bool dry_run : {true, false}) {
    std::vector<SetupStep> again;
    status = warehouse->Setup(Telling(&again, dry_run), {});
    ASSERT_TRUE(status.ok()) << status;
    EXPECT_THAT(Missing(again), IsEmpty());
    EXPECT_EQ(again.size(), made.size());
    ASSERT_TRUE(warehouse->Close().ok());
  }
}

TEST_F(DuckdbSetupTest, WhatADryRunPrintsMakesTheSame) {
  std::vector<SetupStep> planned;
  ASSERT_TRUE(Make()->Setup(Telling(&planned, /*dry_run=*/true), {}).ok());
  for (const SetupStep& step : planned) Sql(step.sql);
  std::vector<SetupStep> after;
  ASSERT_TRUE(Make()->Setup(Telling(&after, /*dry_run=*/false), {}).ok());
  EXPECT_THAT(Missing(after), IsEmpty());
}

TEST_F(DuckdbSetupTest, AFirstLoadFindsTheTable) {
  LoadRequest request = Numbers("orders", 10, 0);
  request.schema = CommentedNumbersSchema();
  request.description = "What was bought";
  ASSERT_TRUE(Make()->Apply(request, {}).ok());
  const std::string loaded = Value(kColumns);
  EXPECT_THAT(loaded, HasSubstr("The order's number"));
  ASSERT_TRUE(Make()->DropSchema().ok());

  std::vector<SetupStep> steps;
  ASSERT_TRUE(Make()->Setup(Telling(&steps, /*dry_run=*/false), {}).ok());
  EXPECT_EQ(Value(kColumns), loaded);
  EXPECT_EQ(Value("SELECT comment FROM duckdb_tables() WHERE table_name = 'orders'"),
            "What was bought");
  std::vector<std::string> made;
  auto warehouse = Make([&](std::string_view sql) {
    if (sql.starts_with("CREATE OR REPLACE TABLE") || sql.starts_with("COMMENT")) {
      made.emplace_back(sql);
    }
    return arrow::Status::OK();
  });
  auto result = warehouse->Apply(request, {});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->rows, 10);
  EXPECT_THAT(made, IsEmpty());
  EXPECT_TRUE(warehouse->Apply(request, {})->nothing_new);
}

TEST_F(DuckdbSetupTest, AnIncrementIntoAnEmptyTableAsksForAWholeLoad) {
  std::vector<SetupStep> steps;
  ASSERT_TRUE(Make()->Setup(Telling(&steps, /*dry_run=*/false), {}).ok());
  LoadRequest request = Numbers("orders", 10, 1);
  request.increment = LoadIncrement{0, {}, "id", "5", false, request.files};
  auto result = Make()->Apply(request, {});
  EXPECT_EQ(KindOf(result.status()), ErrorKind::kConflict);
  EXPECT_FALSE(DetailOf(result.status(), kWholeLoad).empty());
}

TEST_F(DuckdbSetupTest, RowsThatNoLedgerKnowsAreNotReplaced) {
  std::vector<SetupStep> steps;
  ASSERT_TRUE(Make()->Setup(Telling(&steps, /*dry_run=*/false), {}).ok());
  Sql("INSERT INTO raw.orders (id) VALUES (1)");
  auto result = Make()->Apply(Numbers("orders", 10, 0), {});
  EXPECT_EQ(KindOf(result.status()), ErrorKind::kConfig) << result.status();
  EXPECT_EQ(Value("SELECT count(*) FROM raw.orders"), "1");
}

TEST_F(DuckdbSetupTest, LeavesWhatIsThereAsItIs) {
  ASSERT_TRUE(Make()->Apply(Numbers("orders", 10, 0), {}).ok());
  Sql("COMMENT ON COLUMN raw.orders.id IS 'Mine'");
  std::vector<SetupStep> steps;
  ASSERT_TRUE(Make()->Setup(Telling(&steps, /*dry_run=*/false), {}).ok());
  EXPECT_THAT(Missing(steps), ElementsAre("schema \"marts\""));
  EXPECT_THAT(Value(kColumns), HasSubstr("Mine"));
  EXPECT_EQ(Value("SELECT count(*) FROM raw.orders"), "10");
}

TEST_F(DuckdbSetupTest, SaysWhichTablesItCannotMake) {
  Sql("CREATE SCHEMA raw");
  Sql("CREATE TABLE raw.Orders (id INTEGER)");
  Sql("CREATE VIEW raw.seen AS SELECT 1 AS id");
  std::vector<SetupStep> steps;
  SetupRequest request = Telling(&steps, /*dry_run=*/false);
  request.tables.push_back({"seen", NumbersSchema(), ""});
  request.tables.push_back({"_keelboat_ledger", NumbersSchema(), ""});
  request.tables.push_back({"fine", NumbersSchema(), ""});
  ASSERT_TRUE(Make()->Setup(request, {}).ok());
  std::map<std::string, std::string> wrong;
  for (const SetupStep& step : steps) {
    if (!step.error.ok()) wrong[step.what] = step.error.message();
  }
  EXPECT_THAT(wrong, UnorderedElementsAre(
                         Pair(HasSubstr("orders"), HasSubstr("did not make")),
                         Pair(HasSubstr("seen"), HasSubstr("view")),
                         Pair(HasSubstr("_keelboat_ledger"), HasSubstr("ledger"))));
  EXPECT_EQ(Value("SELECT count(*) FROM raw.fine"), "0");
}

}  // namespace
}  // namespace keelboat::duckdb
