// Loads through the real driver into the service of tests/support/snowflake_service.

#include <algorithm>
#include <fstream>

#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/field_metadata.h"
#include "keelboat/error.h"
#include "support/snowflake_fixture.h"

namespace keelboat::snowflake {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class SnowflakeWarehouseTest : public WarehouseTest {
 protected:
  LoadRequest Numbers(int64_t first, int64_t count, int64_t version) const {
    const std::string path = Path("v" + std::to_string(version) + ".parquet");
    return RequestFor("orders", NumbersSchema(), {WriteNumbers(path, first, count)},
                      version);
  }
  /// What changed between two requests of table orders, with cursor "id".
  static LoadRequest After(const LoadRequest& before, std::vector<LoadFile> files,
                           std::vector<LoadFile> arrived, const std::string& open_from) {
    LoadRequest request =
        RequestFor("orders", before.schema, std::move(files), before.lake_version + 1);
    request.key = before.key;
    request.increment = LoadIncrement{
        before.lake_version, before.files, "id", open_from, false, std::move(arrived)};
    return request;
  }
  LoadResult Load(const LoadRequest& request) const {
    auto result = Make()->Apply(request, {});
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() ? *result : LoadResult{};
  }
  std::string Rows() const {
    return Value(
        "SELECT LISTAGG(ID || '=' || NAME, ',') WITHIN GROUP (ORDER BY ID) FROM "
        "RAW.ORDERS");
  }
};

TEST_F(SnowflakeWarehouseTest, LoadsWholeAndDoesNothingTheSecondTime) {
  auto warehouse = Make();
  const LoadRequest request = Numbers(0, 1000, 3);
  auto first = warehouse->Apply(request, {});
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_FALSE(first->nothing_new);
  EXPECT_EQ(first->rows, 1000);
  EXPECT_EQ(Value("SELECT COUNT(*) FROM RAW.ORDERS WHERE NAME = 'name ' || ID"), "1000");
  EXPECT_EQ(Value("SELECT COUNT(*) FROM RAW.ORDERS WHERE _KEELBOAT_RUN_ID = 'run-3'"),
            "1000");
  auto ledger = warehouse->ReadLedger();
  ASSERT_TRUE(ledger.ok()) << ledger.status();
  ASSERT_EQ(ledger->size(), 1U);
  EXPECT_EQ((*ledger)[0].table, "orders");
  EXPECT_EQ((*ledger)[0].lake_version, 3);
  EXPECT_EQ((*ledger)[0].lake_uri, "/lake/orders");
  EXPECT_EQ((*ledger)[0].rows, 1000);
  EXPECT_EQ((*ledger)[0].loaded_at, request.loaded_at);
  EXPECT_THAT(Leftovers(), IsEmpty());

  const int puts = service().Count("PUT ");
  auto second = warehouse->Apply(request, {});
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_TRUE(second->nothing_new);
  EXPECT_EQ(second->rows, 1000);
  EXPECT_EQ(service().Count("PUT "), puts);
  EXPECT_EQ(service().Count("BEGIN"), 1);
}

TEST_F(SnowflakeWarehouseTest, ReplacesTheContentAndKeepsTheTable) {
  auto warehouse = Make();
  ASSERT_TRUE(warehouse->Apply(Numbers(0, 10, 0), {}).ok());
  auto result = warehouse->Apply(Numbers(5, 3, 1), {});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->rows, 3);
  EXPECT_EQ(Rows(), "5=name 5,6=name 6,7=name 7");
  EXPECT_EQ(service().Count("CREATE OR REPLACE"), 0);
  EXPECT_EQ(service().Count("TABLE \"OLIST\".\"RAW\".\"ORDERS\""),
            2);  // And its comment.
}

TEST_F(SnowflakeWarehouseTest, NoStatementOfATransactionIsDdl) {
  std::vector<std::string> within;
  bool is_open = false;
  auto hook = [&](std::string_view sql) {
    if (sql == "BEGIN") is_open = true;
    if (is_open) within.emplace_back(sql);
    if (sql == "COMMIT") is_open = false;
    return arrow::Status::OK();
  };
  ASSERT_TRUE(Make(hook)->Apply(Numbers(0, 10, 0), {}).ok());
  ASSERT_GE(within.size(), 5U);
  EXPECT_EQ(within.front(), "BEGIN");
  EXPECT_EQ(within.back(), "COMMIT");
  for (const std::string& sql : within) {
    EXPECT_THAT(sql, ::testing::ContainsRegex("^(BEGIN|UPDATE|INSERT|DELETE|COMMIT)"));
  }
}

TEST_F(SnowflakeWarehouseTest, TagsStatementsWithRunAndTable) {
  Load(Numbers(0, 10, 2));
  const std::string log = service().Log();
  EXPECT_THAT(log, HasSubstr(R"(\"run\":\"run-2\",\"table\":\"orders\")"));
}

TEST_F(SnowflakeWarehouseTest, CopiesManyFilesWhileLaterOnesGoUp) {
  std::vector<LoadFile> files;
  for (int i = 0; i < 11; ++i) {
    files.push_back(
        WriteNumbers(Path("f" + std::to_string(i) + ".parquet"), i * 100, 100));
  }
  EXPECT_EQ(Load(RequestFor("orders", NumbersSchema(), files, 0)).rows, 1100);
  EXPECT_EQ(Value("SELECT COUNT(DISTINCT ID) FROM RAW.ORDERS"), "1100");
  EXPECT_EQ(service().Count("COPY INTO"), 3);
  EXPECT_THAT(Leftovers(), IsEmpty());
}

TEST_F(SnowflakeWarehouseTest, TakesFilesFromElsewhereInGroups) {
  std::vector<LoadFile> files;
  for (int i = 0; i < 6; ++i) {
    files.push_back(WriteNumbers(Path("f" + std::to_string(i) + ".parquet"), i * 10, 10));
  }
  LoadRequest request = RequestFor("orders", NumbersSchema(), files, 0);
  for (LoadFile& file : request.files) file.uri = "s3://lake/" + file.uri;
  std::vector<std::size_t> asked;
  request.fetch =
      [&](const std::vector<LoadFile>& some) -> arrow::Result<std::vector<LoadFile>> {
    asked.push_back(some.size());
    std::vector<LoadFile> here = some;
    for (LoadFile& file : here)
      file.copy = file.uri.substr(std::string("s3://lake/").size());
    return here;
  };
  EXPECT_EQ(Load(request).rows, 60);
  EXPECT_THAT(asked, ElementsAre(4, 2));
}

TEST_F(SnowflakeWarehouseTest, LoadsTablesWithoutRows) {
  EXPECT_EQ(Load(RequestFor("orders", NumbersSchema(), {}, 0)).rows, 0);
  EXPECT_EQ(Value("SELECT COUNT(*) FROM RAW.ORDERS"), "0");
  EXPECT_TRUE(Load(RequestFor("orders", NumbersSchema(), {}, 0)).nothing_new);
}

TEST_F(SnowflakeWarehouseTest, NewestRowOfEachKeyCounts) {
  LoadFile old = WriteNumbers(Path("old.parquet"), 0, 6, "old ");
  LoadFile newer = WriteNumbers(Path("newer.parquet"), 2, 2, "newer ");
  LoadFile newest = WriteNumbers(Path("newest.parquet"), 3, 2, "newest ");
  newer.rows_version = 4;
  newest.rows_version = 9;
  LoadRequest request = RequestFor("orders", NumbersSchema(), {old, newer, newest}, 9);
  request.key = {"id"};
  EXPECT_EQ(Load(request).rows, 6);
  EXPECT_EQ(Rows(), "0=old 0,1=old 1,2=newer 2,3=newest 3,4=newest 4,5=old 5");
  auto difference = Make()->Compare(request, {});
  ASSERT_TRUE(difference.ok()) << difference.status();
  EXPECT_TRUE(difference->empty());
}

TEST_F(SnowflakeWarehouseTest, IncrementsReplaceTheOpenTailAndTheKeysThatArrive) {
  LoadRequest base = Numbers(0, 10, 1);
  base.files[0].rows_version = 1;
  base.key = {"id"};
  Load(base);
  LoadFile arrived = WriteNumbers(Path("arrived.parquet"), 8, 4, "late ");
  LoadFile corrected = WriteNumbers(Path("corrected.parquet"), 2, 1, "corrected ");
  arrived.rows_version = corrected.rows_version = 2;
  const LoadRequest next =
      After(base, {base.files[0], arrived, corrected}, {arrived, corrected}, "8");
  EXPECT_EQ(Load(next).rows, 12);
  EXPECT_EQ(Rows(),
            "0=name 0,1=name 1,2=corrected 2,3=name 3,4=name 4,5=name 5,6=name 6,7=name "
            "7,8=late 8,9=late 9,10=late 10,11=late 11");
  EXPECT_EQ(Value("SELECT COUNT(*) FROM RAW.ORDERS WHERE _KEELBOAT_RUN_ID = 'run-2'"),
            "5");
  EXPECT_TRUE(Load(next).nothing_new);
  auto ledger = Make()->ReadLedger();
  ASSERT_TRUE(ledger.ok());
  EXPECT_EQ((*ledger)[0].rows, 12);
}

TEST_F(SnowflakeWarehouseTest, AnIncrementWithoutRowsEmptiesTheOpenTail) {
  const LoadRequest base = Numbers(0, 10, 1);
  Load(base);
  EXPECT_EQ(Load(After(base, {base.files[0]}, {}, "7")).rows, 7);
}

TEST_F(SnowflakeWarehouseTest, IncrementsThatDoNotFitAskForAWholeLoad) {
  auto warehouse = Make();
  const LoadRequest base = Numbers(0, 10, 1);
  auto expect_whole = [&](const LoadRequest& request, const std::string& why) {
    auto result = warehouse->Apply(request, {});
    EXPECT_EQ(KindOf(result.status()), ErrorKind::kConflict) << result.status();
    EXPECT_EQ(DetailOf(result.status(), kWholeLoad), "needed");
    EXPECT_THAT(result.status().message(), HasSubstr(why));
  };
  const LoadFile more = WriteNumbers(Path("more.parquet"), 10, 1);
  LoadRequest next = After(base, {base.files[0], more}, {more}, "10");
  expect_whole(next, "does not have it");
  ASSERT_TRUE(warehouse->Apply(base, {}).ok());
  next.increment->from_version = 0;
  expect_whole(next, "at version 1");
  next.increment->from_version = 1;
  next.increment->from_files[0].uri += "x";
  expect_whole(next, "made anew");
  next = After(base, {base.files[0], more}, {more}, "ten");
  expect_whole(next, "cannot be compared");
  next = After(base, {base.files[0], more}, {more}, "10");
  next.schema = arrow::schema({NumbersSchema()->field(0)});
  expect_whole(next, "does not have its column 'NAME'");
  service().Sql("DELETE FROM OLIST.RAW.ORDERS WHERE ID = 3");
  next = After(base, {base.files[0], more}, {more}, "10");
  expect_whole(next, "it has 9 rows where the ledger says 10");
  EXPECT_EQ(Value("SELECT COUNT(*) FROM RAW.ORDERS"), "9");
  EXPECT_THAT(Leftovers(), IsEmpty());
}

TEST_F(SnowflakeWarehouseTest, ColumnsAreAddedAndWidenedInPlace) {
  auto schema = arrow::schema({LakeField("id", arrow::int32())});
  const LoadFile old = WriteParquet(Path("old.parquet"), schema, {"[1, 2]"});
  LoadRequest base = RequestFor("orders", schema, {old}, 1);
  Load(base);
  auto wider =
      arrow::schema({LakeField("id", arrow::int64()),
                     LakeField("note", arrow::utf8(), {{kCommentKey, "it's new"}})});
  const LoadFile more =
      WriteParquet(Path("more.parquet"), wider, {"[5000000000]", R"(["x"])"});
  LoadRequest next = After(base, {old, more}, {more}, "3");
  next.schema = wider;
  EXPECT_EQ(Load(next).rows, 3);
  EXPECT_EQ(Value("SELECT LISTAGG(ID || '=' || COALESCE(NOTE, '-'), ',') WITHIN GROUP "
                  "(ORDER BY ID) FROM RAW.ORDERS"),
            "1=-,2=-,5000000000=x");
  EXPECT_EQ(service().Count("CREATE OR REPLACE"), 0);
  EXPECT_EQ(service().Count("SET DATA TYPE NUMBER(19,0)"), 1);
}

TEST_F(SnowflakeWarehouseTest, OtherColumnsReplaceTheTableInOneStatement) {
  Load(Numbers(0, 10, 0));
  auto schema = arrow::schema({LakeField("id", arrow::utf8())});
  const LoadFile file = WriteParquet(Path("text.parquet"), schema, {R"(["a", "b"])"});
  EXPECT_EQ(Load(RequestFor("orders", schema, {file}, 1)).rows, 2);
  EXPECT_EQ(Value("SELECT LISTAGG(ID, ',') WITHIN GROUP (ORDER BY ID) FROM RAW.ORDERS"),
            "a,b");
  EXPECT_EQ(service().Count("COPY GRANTS AS SELECT"), 1);
  EXPECT_TRUE(Load(RequestFor("orders", schema, {file}, 1)).nothing_new);
}

TEST_F(SnowflakeWarehouseTest, KeysAreUniqueAndThere) {
  auto schema = NumbersSchema();
  const LoadFile twice =
      WriteParquet(Path("twice.parquet"), schema, {"[1, 1, 2]", R"(["a", "b", "c"])"});
  LoadRequest request = RequestFor("orders", schema, {twice}, 0);
  request.key = {"id"};
  auto result = Make()->Apply(request, {});
  EXPECT_EQ(KindOf(result.status()), ErrorKind::kData);
  EXPECT_THAT(result.status().message(),
              HasSubstr("the key (id) of table 'orders' is not"));
  const LoadFile none =
      WriteParquet(Path("none.parquet"), schema, {"[1, null]", R"(["a", "b"])"});
  request = RequestFor("orders", schema, {none}, 0);
  request.key = {"id"};
  result = Make()->Apply(request, {});
  EXPECT_EQ(KindOf(result.status()), ErrorKind::kData);
  EXPECT_THAT(result.status().message(),
              HasSubstr("1 rows of table 'orders' have no key"));
  EXPECT_THAT(Leftovers(), IsEmpty());
}

TEST_F(SnowflakeWarehouseTest, ReceiptsAreCompared) {
  LoadRequest request = Numbers(0, 10, 0);
  request.files[0].rows = request.rows = 11;
  auto result = Make()->Apply(request, {});
  EXPECT_EQ(KindOf(result.status()), ErrorKind::kData);
  EXPECT_THAT(result.status().message(),
              HasSubstr("gave Snowflake 10 rows where its receipt says 11"));
  EXPECT_THAT(Leftovers(), IsEmpty());
}

TEST_F(SnowflakeWarehouseTest, TablesOfOthersAreLeftAlone) {
  service().Sql("CREATE SCHEMA OLIST.RAW");
  service().Sql("CREATE TABLE OLIST.RAW.ORDERS (ID NUMBER(10,0))");
  auto result = Make()->Apply(Numbers(0, 10, 0), {});
  EXPECT_EQ(KindOf(result.status()), ErrorKind::kConfig);
  EXPECT_THAT(result.status().message(), HasSubstr("that keelboat did not make"));
  EXPECT_EQ(KindOf(Make()->DropSchema()), ErrorKind::kConflict);
  for (const char* name : {"_keelboat_ledger", "_keelboat_load_x"}) {
    LoadRequest request = Numbers(0, 10, 0);
    request.table = name;
    EXPECT_EQ(KindOf(Make()->Apply(request, {}).status()), ErrorKind::kConfig) << name;
  }
}

TEST_F(SnowflakeWarehouseTest, NamesMayBeOddButNotTheSame) {
  auto schema = arrow::schema({LakeField("order id", arrow::int64()),
                               LakeField("select", arrow::utf8()),
                               LakeField("größe \"x\"", arrow::utf8())});
  const LoadFile file =
      WriteParquet(Path("odd.parquet"), schema, {"[1]", R"(["a"])", R"(["b"])"});
  EXPECT_EQ(Load(RequestFor("order items.v2", schema, {file}, 0)).rows, 1);
  EXPECT_EQ(Value("SELECT \"ORDER ID\" || \"SELECT\" || \"GRößE \"\"X\"\"\" FROM "
                  "RAW.\"ORDER ITEMS.V2\""),
            "1ab");
  auto result = Make()->Apply(RequestFor("Order Items.v2", schema, {file}, 0), {});
  EXPECT_EQ(KindOf(result.status()), ErrorKind::kConfig);
  EXPECT_THAT(result.status().message(),
              HasSubstr("differ only in upper and lower case"));
}

TEST_F(SnowflakeWarehouseTest, CommentsFollowTheLake) {
  auto schema =
      arrow::schema({LakeField("id", arrow::int64(), {{kCommentKey, "What's ordered"}})});
  const LoadFile file = WriteParquet(Path("c.parquet"), schema, {"[1]"});
  Load(RequestFor("orders", schema, {file}, 0));
  EXPECT_EQ(Value("SELECT COMMENT FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_NAME = "
                  "'ORDERS'"),
            "The table's orders.");
  EXPECT_EQ(Value("SELECT COMMENT FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_NAME = "
                  "'ORDERS' AND COLUMN_NAME = 'ID'"),
            "What's ordered");
}

TEST_F(SnowflakeWarehouseTest, LedgersOfNewerKeelboatsAreRefused) {
  Load(Numbers(0, 10, 0));
  service().Sql(
      "UPDATE OLIST.RAW._KEELBOAT_LEDGER SET FORMAT = 2 WHERE TABLE_NAME = "
      "'orders'");
  for (const arrow::Status& status :
       {Make()->ReadLedger().status(), Make()->Apply(Numbers(0, 10, 1), {}).status()}) {
    EXPECT_EQ(KindOf(status), ErrorKind::kUnsupported) << status;
    EXPECT_THAT(status.message(), HasSubstr("upgrade this one"));
  }
}

TEST_F(SnowflakeWarehouseTest, LedgersThatAreMissingAreMade) {
  auto ledger = Make()->ReadLedger();
  ASSERT_TRUE(ledger.ok()) << ledger.status();
  EXPECT_THAT(*ledger, IsEmpty());
  Load(Numbers(0, 10, 0));
  service().Sql("DROP TABLE OLIST.RAW._KEELBOAT_LEDGER");
  // The table has rows, and nobody knows which: it is not replaced.
  auto result = Make()->Apply(Numbers(0, 10, 1), {});
  EXPECT_EQ(KindOf(result.status()), ErrorKind::kConfig) << result.status();
}

TEST_F(SnowflakeWarehouseTest, CheckProvesWhatLoadsNeed) {
  auto early = Make()->Check({});
  EXPECT_EQ(KindOf(early.status()), ErrorKind::kNotFound);
  EXPECT_THAT(early.status().message(),
              AllOf(HasSubstr("there is no schema"), HasSubstr("`keelboat setup`")));
  ASSERT_TRUE(Make()->Setup({}, {}).ok());
  auto info = Make()->Check({});
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_EQ(info->product, "Snowflake");
  EXPECT_FALSE(info->version.empty());
  EXPECT_THAT(info->endpoint, HasSubstr("/OLIST.RAW"));
  EXPECT_THAT(
      info->findings,
      ElementsAre("as LOADER", "role LOADER_ROLE", "warehouse LOAD_WH", "not encrypted",
                  "clocks agree", "a table made, written, emptied and dropped",
                  "stage KEELBOAT_STAGE listed"));
  EXPECT_THAT(Leftovers(), IsEmpty());
  service().Sql("DROP STAGE OLIST.RAW.KEELBOAT_STAGE");
  auto no_stage = Make()->Check({});
  EXPECT_EQ(KindOf(no_stage.status()), ErrorKind::kNotFound) << no_stage.status();
  EXPECT_THAT(no_stage.status().message(),
              AllOf(HasSubstr("there is no stage"), HasSubstr("`keelboat setup`")));
}

TEST_F(SnowflakeWarehouseTest, CheckSaysWhichRoleIsInUse) {
  ASSERT_TRUE(Make()->Setup({}, {}).ok());
  SnowflakeOptions options = Options();
  options.role.clear();
  auto warehouse = MakeSnowflakeWarehouse(options);
  ASSERT_TRUE(warehouse.ok()) << warehouse.status();
  auto info = (*warehouse)->Check({});
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_THAT(info->findings, Contains("role LOADER_ROLE"));
}

TEST_F(SnowflakeWarehouseTest, DropSchemaStartsEmpty) {
  auto warehouse = Make();
  ASSERT_TRUE(warehouse->Apply(Numbers(0, 10, 0), {}).ok());
  ASSERT_TRUE(warehouse->DropSchema().ok());
  EXPECT_THAT(*warehouse->ReadLedger(), IsEmpty());
  auto again = warehouse->Apply(Numbers(0, 10, 0), {});
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->rows, 10);
  EXPECT_TRUE(warehouse->Close().ok());
  EXPECT_TRUE(warehouse->Close().ok());
  EXPECT_EQ(warehouse->ReadLedger()->size(), 1U);
}

TEST_F(SnowflakeWarehouseTest, CompareFindsEveryDifference) {
  LoadRequest request = Numbers(0, 10, 0);
  request.key = {"id"};
  auto early = Make()->Compare(request, {});
  EXPECT_EQ(KindOf(early.status()), ErrorKind::kNotFound) << early.status();
  Load(request);
  service().Sql("UPDATE OLIST.RAW.ORDERS SET NAME = 'other' WHERE ID = 3");
  service().Sql("DELETE FROM OLIST.RAW.ORDERS WHERE ID = 5");
  service().Sql("INSERT INTO OLIST.RAW.ORDERS (ID, NAME) VALUES (77, NULL), (77, NULL)");
  auto difference = Make()->Compare(request, {});
  ASSERT_TRUE(difference.ok()) << difference.status();
  EXPECT_EQ(difference->missing, 2);
  EXPECT_EQ(difference->extra, 3);
  EXPECT_THAT(
      difference->examples,
      ElementsAre("id = '3' differs: name is 'name 3' in the lake and 'other' in the "
                  "warehouse",
                  "missing in the warehouse: id = '5', name = 'name 5'",
                  "too much in the warehouse: id = '77', name = NULL"));
  EXPECT_THAT(difference->evidence,
              Contains(R"({"side":"lake","row":{"id":"3","name":"name 3"}})"));
  EXPECT_THAT(Leftovers(), IsEmpty());
  request.lake_version = 1;
  EXPECT_EQ(KindOf(Make()->Compare(request, {}).status()), ErrorKind::kConflict);
  request.lake_version = 0;
  service().Sql("ALTER TABLE OLIST.RAW.ORDERS DROP COLUMN NAME");
  EXPECT_EQ(KindOf(Make()->Compare(request, {}).status()), ErrorKind::kData);
}

}  // namespace
}  // namespace keelboat::snowflake
