// `keelboat setup` through the real driver, on the service of
// tests/support/snowflake_service.

#include <map>
#include <sstream>

#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/field_metadata.h"
#include "keelboat/error.h"
#include "support/snowflake_fixture.h"

namespace keelboat::snowflake {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

class SnowflakeSetupTest : public WarehouseTest {
 protected:
  void SetUp() override {
    WarehouseTest::SetUp();
    service().Sql("DROP SCHEMA IF EXISTS OLIST.MARTS CASCADE");
  }
  LoadRequest Numbers(int64_t count) const {
    return RequestFor("orders", NumbersSchema(),
                      {WriteNumbers(Path("orders.parquet"), 0, count)}, 0);
  }
};

void Done(const arrow::Status& status) { ASSERT_TRUE(status.ok()) << status; }

// What is to be set up. Steps come into `steps`.
SetupRequest Telling(std::vector<SetupStep>* steps, bool dry_run) {
  return SetupOfNumbers({"marts", "raw"}, steps, dry_run);
}

TEST_F(SnowflakeSetupTest, SetupMakesWhatIsMissingOnce) {
  auto warehouse = Make();
  std::vector<SetupStep> planned;
  Done(warehouse->Setup(Telling(&planned, /*dry_run=*/true), {}));
  EXPECT_THAT(Missing(planned),
              ElementsAre("schema \"OLIST\".\"RAW\"", "schema \"OLIST\".\"MARTS\"",
                          "ledger \"OLIST\".\"RAW\".\"_KEELBOAT_LEDGER\"",
                          "file format \"OLIST\".\"RAW\".\"KEELBOAT_PARQUET\"",
                          "stage \"OLIST\".\"RAW\".\"KEELBOAT_STAGE\"",
                          "table \"OLIST\".\"RAW\".\"ORDERS\"",
                          "comments of table \"OLIST\".\"RAW\".\"ORDERS\""));
  EXPECT_EQ(service().Count("CREATE"), 0);
  std::vector<SetupStep> made;
  Done(warehouse->Setup(Telling(&made, /*dry_run=*/false), {}));
  EXPECT_THAT(Missing(made), ElementsAreArray(Missing(planned)));
  EXPECT_EQ(service().Count("CREATE"), 6) << service().Log();
  std::vector<SetupStep> again;
  Done(warehouse->Setup(Telling(&again, /*dry_run=*/false), {}));
  EXPECT_EQ(again.size(), planned.size());
  EXPECT_THAT(Missing(again), IsEmpty());
  EXPECT_EQ(service().Count("CREATE"), 6);
  EXPECT_EQ(Value("SELECT COUNT(*) FROM RAW._KEELBOAT_LEDGER"), "1");
  EXPECT_THAT(*warehouse->ReadLedger(), IsEmpty());
}

TEST_F(SnowflakeSetupTest, WhatADryRunPrintsIsAllThatADbaHasToRun) {
  std::vector<SetupStep> planned;
  Done(Make()->Setup(Telling(&planned, /*dry_run=*/true), {}));
  for (const SetupStep& step : planned) {
    std::istringstream statements(step.sql);
    for (std::string sql; std::getline(statements, sql);) service().Sql(sql);
  }
  auto warehouse = Make();
  auto info = warehouse->Check({});
  EXPECT_TRUE(info.ok()) << info.status();
  std::vector<SetupStep> after;
  Done(warehouse->Setup(Telling(&after, /*dry_run=*/true), {}));
  EXPECT_THAT(Missing(after), IsEmpty());
  auto result = warehouse->Apply(Numbers(10), {});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->rows, 10);
  EXPECT_EQ(service().Count("CREATE SCHEMA"), 0);
  EXPECT_EQ(service().Count("CREATE STAGE"), 0);
}

TEST_F(SnowflakeSetupTest, AFirstLoadFindsTheTableThatSetupMade) {
  const auto schema = CommentedNumbersSchema();
  LoadRequest request = Numbers(10);
  request.schema = schema;
  request.description = "What was bought";
  ASSERT_TRUE(Make()->Apply(request, {}).ok());
  const std::string columns = "DESCRIBE TABLE OLIST.RAW.ORDERS";
  const std::string loaded = service().Sql(columns);
  EXPECT_THAT(loaded, HasSubstr("The order's number"));
  Done(Make()->DropSchema());

  std::vector<SetupStep> steps;
  Done(Make()->Setup(Telling(&steps, /*dry_run=*/false), {}));
  EXPECT_EQ(service().Sql(columns), loaded);
  EXPECT_EQ(Value("SELECT COMMENT FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_NAME = "
                  "'ORDERS'"),
            "What was bought");
  const int tables = service().Count("CREATE TABLE");
  const int comments = service().Count("COMMENT ON");
  auto result = Make()->Apply(request, {});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->rows, 10);
  EXPECT_EQ(service().Count("CREATE TABLE"), tables) << service().Log();
  EXPECT_EQ(service().Count("COMMENT ON"), comments);
  EXPECT_EQ(service().Sql(columns), loaded);
  EXPECT_TRUE(Make()->Apply(request, {})->nothing_new);
}

TEST_F(SnowflakeSetupTest, SetupLeavesWhatIsThereAsItIs) {
  LoadRequest request = Numbers(10);
  ASSERT_TRUE(Make()->Apply(request, {}).ok());
  service().Sql("COMMENT ON COLUMN OLIST.RAW.ORDERS.ID IS 'Mine'");
  std::vector<SetupStep> steps;
  Done(Make()->Setup(Telling(&steps, /*dry_run=*/false), {}));
  EXPECT_THAT(Missing(steps), ElementsAre("schema \"OLIST\".\"MARTS\""));
  EXPECT_THAT(service().Sql("DESCRIBE TABLE OLIST.RAW.ORDERS"), HasSubstr("Mine"));
  EXPECT_EQ(Value("SELECT COUNT(*) FROM RAW.ORDERS"), "10");
}

TEST_F(SnowflakeSetupTest, SetupSaysWhichTablesItCannotMake) {
  service().Sql("CREATE SCHEMA OLIST.RAW");
  service().Sql("CREATE TABLE OLIST.RAW.ORDERS (ID NUMBER(10,0))");
  std::vector<SetupStep> steps;
  SetupRequest request = Telling(&steps, /*dry_run=*/false);
  request.tables.push_back(
      {"twice",
       arrow::schema({LakeField("a", arrow::utf8()), LakeField("A", arrow::utf8())}),
       ""});
  request.tables.push_back({"_keelboat_ledger", NumbersSchema(), ""});
  request.tables.push_back({"fine", NumbersSchema(), ""});
  Done(Make()->Setup(request, {}));
  std::map<std::string, std::string> wrong;
  for (const SetupStep& step : steps) {
    if (!step.error.ok()) wrong[step.what] = step.error.message();
  }
  EXPECT_THAT(
      wrong,
      ::testing::UnorderedElementsAre(
          Pair(HasSubstr("ORDERS"), HasSubstr("that keelboat did not make")),
          Pair(HasSubstr("TWICE"), HasSubstr("differ only in upper and lower case")),
          Pair(HasSubstr("_KEELBOAT_LEDGER"), HasSubstr("keelboat keeps for itself"))));
  EXPECT_EQ(Value("SELECT COUNT(*) FROM RAW.FINE"), "0");
}

}  // namespace
}  // namespace keelboat::snowflake
