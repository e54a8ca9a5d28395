#include "warehouses/duckdb/duckdb_warehouse.h"

#include <chrono>
#include <filesystem>
#include <thread>

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

class DuckdbWarehouseTest : public WarehouseTest {
 protected:
  std::stop_token never_;
};

TEST_F(DuckdbWarehouseTest, LoadsATableWithItsGeneratedColumnsAndLedgerRow) {
  auto warehouse = Make();
  auto result = warehouse->Apply(Numbers("orders", 1000, 3), never_);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_FALSE(result->nothing_new);
  EXPECT_EQ(result->rows, 1000);

  auto ledger = warehouse->ReadLedger();
  ASSERT_TRUE(ledger.ok()) << ledger.status();
  ASSERT_EQ(ledger->size(), 1u);
  EXPECT_EQ(ledger->at(0).table, "orders");
  EXPECT_EQ(ledger->at(0).lake_version, 3);
  EXPECT_EQ(ledger->at(0).lake_uri, "/lake/orders");
  EXPECT_EQ(ledger->at(0).rows, 1000);
  EXPECT_EQ(ledger->at(0).run_id, "run-3");
  EXPECT_EQ(FormatTime(ledger->at(0).loaded_at), "2026-11-21T02:00:00.123459Z");

  ASSERT_TRUE(warehouse->Close().ok());
  auto rows =
      Sql("SELECT count(*), sum(id), min(_keelboat_run_id), "
          "epoch_us(max(_keelboat_loaded_at)) FROM raw.orders");
  EXPECT_EQ(rows[0][0], "1000");
  EXPECT_EQ(rows[0][1], "499500");
  EXPECT_EQ(rows[0][2], "run-3");
  EXPECT_EQ(rows[0][3], "1795226400123459");
  auto columns =
      Sql("SELECT column_name FROM duckdb_columns() WHERE table_name = 'orders' "
          "ORDER BY column_index");
  ASSERT_EQ(columns.size(), 4u);
  EXPECT_EQ(columns[2][0], "_keelboat_run_id");
  EXPECT_EQ(columns[3][0], "_keelboat_loaded_at");
}

TEST_F(DuckdbWarehouseTest, DoesNothingWhenTheVersionIsLoadedAlready) {
  LoadRequest request = Numbers("orders", 500, 1);
  auto warehouse = Make();
  ASSERT_TRUE(warehouse->Apply(request, never_).ok());
  ASSERT_TRUE(warehouse->Close().ok());
  auto before = std::filesystem::last_write_time(DatabasePath());

  request.run_id = "run-again";
  auto again = warehouse->Apply(request, never_);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->nothing_new);
  EXPECT_EQ(again->rows, 500);
  ASSERT_TRUE(warehouse->Close().ok());
  EXPECT_EQ(std::filesystem::last_write_time(DatabasePath()), before);
  EXPECT_EQ(Value("SELECT run_id FROM raw._keelboat_ledger"), "run-1");
}

TEST_F(DuckdbWarehouseTest, LoadsAgainWhenTheLakeWasMadeAnewWithTheSameVersion) {
  auto warehouse = Make();
  ASSERT_TRUE(warehouse->Apply(Numbers("orders", 10, 0), never_).ok());
  LoadRequest remade = RequestFor("orders", NumbersSchema(),
                                  {WriteNumbers(Path("other.parquet"), 100, 10)}, 0);
  auto result = warehouse->Apply(remade, never_);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_FALSE(result->nothing_new);
  EXPECT_EQ(Value("SELECT min(id) FROM raw.orders"), "100");
}

TEST_F(DuckdbWarehouseTest, LoadsAgainWhenTheLakeMoved) {
  LoadRequest request = Numbers("orders", 10, 0);
  auto warehouse = Make();
  ASSERT_TRUE(warehouse->Apply(request, never_).ok());
  request.lake_uri = "/elsewhere/orders";
  auto result = warehouse->Apply(request, never_);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_FALSE(result->nothing_new);
  EXPECT_EQ(Value("SELECT lake_uri FROM raw._keelboat_ledger"), "/elsewhere/orders");
}

TEST_F(DuckdbWarehouseTest, BringsBackRowsThatSomebodyDeleted) {
  LoadRequest request = Numbers("orders", 10, 0);
  auto warehouse = Make();
  ASSERT_TRUE(warehouse->Apply(request, never_).ok());
  Sql("DELETE FROM raw.orders WHERE id < 5");
  auto result = warehouse->Apply(request, never_);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_FALSE(result->nothing_new);
  Sql("DROP TABLE raw.orders");
  result = warehouse->Apply(request, never_);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_FALSE(result->nothing_new);
  EXPECT_EQ(Value("SELECT count(*) FROM raw.orders"), "10");
}

TEST_F(DuckdbWarehouseTest, ReplacesRowsAndKeepsIndexesAndViews) {
  auto warehouse = Make();
  ASSERT_TRUE(warehouse->Apply(Numbers("orders", 3000, 0), never_).ok());
  Sql("CREATE UNIQUE INDEX by_id ON raw.orders(id)");
  Sql("CREATE VIEW raw.names AS SELECT name FROM raw.orders");
  auto result = warehouse->Apply(Numbers("orders", 2000, 1), never_);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(Value("SELECT count(*) FROM raw.names"), "2000");
  EXPECT_EQ(Value("SELECT index_name FROM duckdb_indexes()"), "by_id");
}

TEST_F(DuckdbWarehouseTest, FollowsAChangedSchema) {
  auto warehouse = Make();
  ASSERT_TRUE(warehouse->Apply(Numbers("orders", 3, 0), never_).ok());
  auto schema = arrow::schema(
      {LakeField("name", arrow::utf8()), LakeField("price", arrow::decimal128(10, 2))});
  auto file = WriteParquet(Path("new.parquet"), schema,
                           {R"(["a", null])", R"(["1.50", "2.00"])"});
  auto result = warehouse->Apply(RequestFor("orders", schema, {file}, 1), never_);
  ASSERT_TRUE(result.ok()) << result.status();
  auto rows = Sql("SELECT name, price FROM raw.orders ORDER BY price");
  EXPECT_EQ(rows[0], (adbc::Row{"a", "1.50"}));
  EXPECT_EQ(rows[1], (adbc::Row{std::nullopt, "2.00"}));
}

TEST_F(DuckdbWarehouseTest, LoadsAnEmptyTable) {
  auto warehouse = Make();
  ASSERT_TRUE(warehouse->Apply(Numbers("orders", 3, 0), never_).ok());
  auto result = warehouse->Apply(RequestFor("orders", NumbersSchema(), {}, 1), never_);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->rows, 0);
  EXPECT_EQ(Value("SELECT count(*) FROM raw.orders"), "0");
}

TEST_F(DuckdbWarehouseTest, ReadsSeveralFilesAndFillsAColumnThatOldOnesLack) {
  auto wide =
      arrow::schema({LakeField("name", arrow::utf8()), LakeField("id", arrow::int64()),
                     LakeField("late", arrow::int32())});
  auto files = {WriteNumbers(Path("old.parquet"), 0, 2),
                WriteParquet(Path("new.parquet"), wide, {R"(["x"])", "[7]", "[1]"})};
  auto result = Make()->Apply(RequestFor("orders", wide, files, 0), never_);
  ASSERT_TRUE(result.ok()) << result.status();
  auto rows = Sql("SELECT name, id, late FROM raw.orders ORDER BY id");
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0], (adbc::Row{"name 0", "0", std::nullopt}));
  EXPECT_EQ(rows[2], (adbc::Row{"x", "7", "1"}));
}

TEST_F(DuckdbWarehouseTest, WritesCommentsAndTheirChanges) {
  auto schema = arrow::schema(
      {LakeField("id", arrow::int64(), {{kCommentKey, "The buyer's number."}})});
  auto file = WriteParquet(Path("a.parquet"), schema, {"[1]"});
  auto warehouse = Make();
  ASSERT_TRUE(warehouse->Apply(RequestFor("t", schema, {file}, 0), never_).ok());
  EXPECT_EQ(Value("SELECT comment FROM duckdb_tables() WHERE table_name = 't'"),
            "The table's t.");
  const std::string column_comment =
      "SELECT comment FROM duckdb_columns() WHERE table_name = 't' AND column_name = "
      "'id'";
  EXPECT_EQ(Value(column_comment), "The buyer's number.");
  LoadRequest request =
      RequestFor("t", arrow::schema({LakeField("id", arrow::int64())}), {file}, 1);
  request.description = "";
  ASSERT_TRUE(warehouse->Apply(request, never_).ok());
  EXPECT_EQ(Value("SELECT comment FROM duckdb_tables() WHERE table_name = 't'"),
            "(null)");
  EXPECT_EQ(Value(column_comment), "(null)");
}

TEST_F(DuckdbWarehouseTest, TakesAnyName) {
  for (const std::string& name :
       {std::string("order"), std::string("Preço (R$)"), std::string("a \"quoted\" name"),
        std::string("it's; DROP TABLE x --"), std::string("select"),
        std::string("日本 🚢"), std::string("a.b"), std::string(" ")}) {
    auto schema = arrow::schema({LakeField(name, arrow::int64())});
    std::string folder = Path("k=v [1]*?");
    std::filesystem::create_directories(folder);
    auto file = WriteParquet(folder + "/it's *.parquet", schema, {"[1, 2]"});
    LoadRequest request = RequestFor(name, schema, {file}, 0);
    request.description = name;
    DuckdbOptions options = OptionsFor(DatabasePath());
    options.schema = "schema " + name;
    auto warehouse = MakeDuckdbWarehouse(options).ValueOrDie();
    auto result = warehouse->Apply(request, never_);
    ASSERT_TRUE(result.ok()) << name << ": " << result.status();
    auto again = warehouse->Apply(request, never_);
    ASSERT_TRUE(again.ok()) << name << ": " << again.status();
    EXPECT_TRUE(again->nothing_new) << name;
    EXPECT_EQ(warehouse->ReadLedger().ValueOrDie().at(0).table, name);
    ASSERT_TRUE(warehouse->DropSchema().ok()) << name;
    EXPECT_TRUE(warehouse->ReadLedger().ValueOrDie().empty());
  }
}

TEST_F(DuckdbWarehouseTest, RefusesNamesThatDuckdbCannotTellApart) {
  auto warehouse = Make();
  ASSERT_TRUE(warehouse->Apply(Numbers("Orders", 1, 0), never_).ok());
  auto clash = warehouse->Apply(Numbers("orders", 1, 0), never_);
  EXPECT_EQ(KindOf(clash.status()), ErrorKind::kConfig);
  EXPECT_THAT(clash.status().message(), HasSubstr("'Orders' and 'orders'"));

  auto columns =
      arrow::schema({LakeField("a", arrow::int64()), LakeField("A", arrow::int64())});
  auto twice = warehouse->Apply(RequestFor("t", columns, {}, 0), never_);
  EXPECT_EQ(KindOf(twice.status()), ErrorKind::kConfig);
  EXPECT_THAT(twice.status().message(), HasSubstr("'a' and 'A'"));

  auto own = arrow::schema({LakeField("_KEELBOAT_run_id", arrow::int64())});
  auto generated = warehouse->Apply(RequestFor("t", own, {}, 0), never_);
  EXPECT_EQ(KindOf(generated.status()), ErrorKind::kConfig);

  auto ledger =
      warehouse->Apply(RequestFor("_Keelboat_Ledger", NumbersSchema(), {}, 0), never_);
  EXPECT_EQ(KindOf(ledger.status()), ErrorKind::kConfig);
}

TEST_F(DuckdbWarehouseTest, LeavesForeignTablesAndViewsAlone) {
  auto warehouse = Make();
  ASSERT_TRUE(warehouse->Apply(Numbers("orders", 1, 0), never_).ok());
  Sql("CREATE TABLE raw.mine AS SELECT 42 AS answer");
  Sql("CREATE VIEW raw.seen AS SELECT 1 AS one");
  for (const char* name : {"mine", "Seen"}) {
    auto result = warehouse->Apply(Numbers(name, 5, 0), never_);
    EXPECT_EQ(KindOf(result.status()), ErrorKind::kConfig) << result.status();
  }
  arrow::Status dropped = warehouse->DropSchema();
  EXPECT_EQ(KindOf(dropped), ErrorKind::kConflict);
  EXPECT_THAT(dropped.message(), HasSubstr("mine"));
  EXPECT_EQ(Value("SELECT answer FROM raw.mine"), "42");
  EXPECT_EQ(Value("SELECT count(*) FROM raw.orders"), "1");
}

TEST_F(DuckdbWarehouseTest, RollsBackWhenTheRowsDoNotCount) {
  auto warehouse = Make();
  ASSERT_TRUE(warehouse->Apply(Numbers("orders", 10, 0), never_).ok());
  LoadRequest request = Numbers("orders", 20, 1);
  request.rows = 21;
  request.files[0].rows = 21;
  auto result = warehouse->Apply(request, never_);
  EXPECT_EQ(KindOf(result.status()), ErrorKind::kData);
  EXPECT_THAT(result.status().message(), HasSubstr("20 rows"));
  EXPECT_THAT(result.status().message(), HasSubstr("has 21"));
  EXPECT_EQ(Value("SELECT count(*) FROM raw.orders"), "10");
  EXPECT_EQ(Value("SELECT lake_version FROM raw._keelboat_ledger"), "0");
}

TEST_F(DuckdbWarehouseTest, NamesAFileThatIsGoneOrDamaged) {
  auto warehouse = Make();
  LoadRequest request = Numbers("orders", 10, 0);
  request.files.push_back({Path("gone.parquet"), 0});
  auto gone = warehouse->Apply(request, never_);
  EXPECT_EQ(KindOf(gone.status()), ErrorKind::kNotFound);
  EXPECT_THAT(gone.status().message(), HasSubstr(Path("gone.parquet")));

  std::filesystem::resize_file(request.files[0].uri, 100);
  request.files.pop_back();
  auto damaged = warehouse->Apply(request, never_);
  EXPECT_EQ(KindOf(damaged.status()), ErrorKind::kData) << damaged.status();
  EXPECT_THAT(damaged.status().message(), HasSubstr("orders-0.parquet"));
  EXPECT_TRUE(warehouse->ReadLedger().ValueOrDie().empty());
}

TEST_F(DuckdbWarehouseTest, RefusesFilesThatDoNotHaveTheSchemasTypes) {
  auto warehouse = Make();
  auto doubles = arrow::schema({LakeField("n", arrow::float64())});
  auto file = WriteParquet(Path("d.parquet"), doubles, {"[1.5]"});
  auto integers = arrow::schema({LakeField("n", arrow::int64())});
  auto result = warehouse->Apply(RequestFor("t", integers, {file}, 0), never_);
  EXPECT_EQ(KindOf(result.status()), ErrorKind::kData);
  EXPECT_THAT(result.status().message(), HasSubstr("DOUBLE"));
  auto required = arrow::schema({arrow::field("other", arrow::int64(), false)});
  result = warehouse->Apply(RequestFor("t", required, {file}, 0), never_);
  EXPECT_EQ(KindOf(result.status()), ErrorKind::kData);
  EXPECT_THAT(result.status().message(), HasSubstr("'other'"));
}

TEST_F(DuckdbWarehouseTest, LosesTheLedgersRaceWithoutATrace) {
  ASSERT_TRUE(Make()->Apply(Numbers("orders", 10, 0), never_).ok());
  // Somebody else moves the ledger after it was read and before the transaction begins.
  auto thief = DatabaseFile::Open(OptionsFor(DatabasePath())).ValueOrDie();
  auto connection = thief->Connect().ValueOrDie();
  auto warehouse = Make([&](std::string_view sql) {
    if (sql != "BEGIN TRANSACTION") return arrow::Status::OK();
    return connection->Execute("UPDATE raw._keelboat_ledger SET lake_version = 5")
        .status();
  });
  auto result = warehouse->Apply(Numbers("orders", 20, 1), never_);
  EXPECT_EQ(KindOf(result.status()), ErrorKind::kConflict) << result.status();
  EXPECT_EQ(Value("SELECT count(*) FROM raw.orders"), "10");
  EXPECT_EQ(Value("SELECT lake_version FROM raw._keelboat_ledger"), "5");
}

TEST_F(DuckdbWarehouseTest, LosesTheRaceInsideTheTransactionToo) {
  ASSERT_TRUE(Make()->Apply(Numbers("orders", 10, 0), never_).ok());
  auto thief = DatabaseFile::Open(OptionsFor(DatabasePath())).ValueOrDie();
  auto connection = thief->Connect().ValueOrDie();
  auto warehouse = Make([&](std::string_view sql) {
    if (!sql.starts_with("UPDATE")) return arrow::Status::OK();
    return connection->Execute("UPDATE raw._keelboat_ledger SET lake_version = 5")
        .status();
  });
  auto result = warehouse->Apply(Numbers("orders", 20, 1), never_);
  EXPECT_EQ(KindOf(result.status()), ErrorKind::kConflict) << result.status();
  EXPECT_EQ(Value("SELECT count(*) FROM raw.orders"), "10");
}

TEST_F(DuckdbWarehouseTest, ShowsReadersTheOldRowsUntilTheCommit) {
  ASSERT_TRUE(Make()->Apply(Numbers("orders", 10, 0), never_).ok());
  auto other = DatabaseFile::Open(OptionsFor(DatabasePath())).ValueOrDie();
  auto reader = other->Connect().ValueOrDie();
  int looks = 0;
  auto warehouse = Make([&](std::string_view) {
    auto rows = reader->Fetch(
        "SELECT count(*), max(lake_version) FROM raw.orders, "
        "raw._keelboat_ledger");
    EXPECT_TRUE(rows.ok()) << rows.status();
    EXPECT_EQ(rows->at(0), (adbc::Row{"10", "0"}));
    ++looks;
    return rows.status();
  });
  ASSERT_TRUE(warehouse->Apply(Numbers("orders", 20, 1), never_).ok());
  EXPECT_GE(looks, 5);
  EXPECT_EQ(*reader->Fetch("SELECT count(*) FROM raw.orders").ValueOrDie()[0][0], "20");
}

TEST_F(DuckdbWarehouseTest, AFailureAtAnyStatementLeavesTheOldTable) {
  ASSERT_TRUE(Make()->Apply(Numbers("orders", 10, 0), never_).ok());
  LoadRequest request = Numbers("orders", 20, 1);
  for (int fail_at = 0;; ++fail_at) {
    int statement = 0;
    auto warehouse = Make([&](std::string_view) {
      if (statement++ != fail_at) return arrow::Status::OK();
      return MakeError(ErrorKind::kUnavailable, "injected");
    });
    auto result = warehouse->Apply(request, never_);
    if (result.ok()) {
      EXPECT_GE(fail_at, 5);
      break;
    }
    EXPECT_EQ(result.status().message(), "injected");
    EXPECT_EQ(Value("SELECT count(*) FROM raw.orders"), "10") << fail_at;
    EXPECT_EQ(Value("SELECT lake_version FROM raw._keelboat_ledger"), "0") << fail_at;
  }
  EXPECT_EQ(Value("SELECT count(*) FROM raw.orders"), "20");
}

TEST_F(DuckdbWarehouseTest, StopsALongStatement) {
  LoadRequest request = Numbers("orders", 200000, 0);
  // A thousand times the same file: long enough to be stopped in the middle, anywhere.
  request.files.assign(1000, request.files[0]);
  request.rows *= 1000;
  std::stop_source source;
  std::jthread stopper;
  auto warehouse = Make([&](std::string_view sql) {
    if (sql.starts_with("INSERT INTO \"raw\".\"orders\"")) {
      stopper = std::jthread([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(30));
        source.request_stop();
      });
    }
    return arrow::Status::OK();
  });
  auto result = warehouse->Apply(request, source.get_token());
  EXPECT_EQ(KindOf(result.status()), ErrorKind::kCancelled) << result.status();
  EXPECT_TRUE(warehouse->ReadLedger().ValueOrDie().empty());
  stopper.join();
  // The warehouse is usable afterwards.
  auto again = warehouse->Apply(Numbers("orders", 5, 0), never_);
  ASSERT_TRUE(again.ok()) << again.status();
}

TEST_F(DuckdbWarehouseTest, GivesLongValuesMoreMemory) {
  auto schema = arrow::schema({LakeField("text", arrow::utf8())});
  const std::string value(24 << 20, 'x');
  auto file = WriteParquet(Path("long.parquet"), schema, {"[\"" + value + "\"]"});
  DuckdbOptions options = OptionsFor(DatabasePath());
  options.memory_limit = "32MB";
  LoadRequest request = RequestFor("t", schema, {file}, 0);
  options.more_memory = {"33MB", "1GB"};
  auto loaded = MakeDuckdbWarehouse(options).ValueOrDie()->Apply(request, never_);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_THAT(loaded->warning, HasSubstr("DuckDB had up to 1GB; leave out columns"));
  EXPECT_EQ(Value("SELECT max(length(text)) FROM raw.t"), std::to_string(value.size()));

  options.more_memory = {"33MB"};
  request.lake_version = 1;
  auto result = MakeDuckdbWarehouse(options).ValueOrDie()->Apply(request, never_);
  EXPECT_EQ(KindOf(result.status()), ErrorKind::kUnsupported) << result.status();
  EXPECT_THAT(result.status().message(), HasSubstr("more memory"));
  EXPECT_EQ(Value("SELECT lake_version FROM raw._keelboat_ledger"), "0");
}

TEST_F(DuckdbWarehouseTest, GivesHundredsOfColumnsMoreMemory) {
  arrow::FieldVector fields;
  std::string numbers;
  for (int i = 0; i < 500; ++i) {
    fields.push_back(LakeField("c" + std::to_string(i), arrow::int32()));
    numbers += (i == 0 ? "[" : ", ") + std::to_string(i);
  }
  auto schema = arrow::schema(fields);
  const std::vector<std::string> columns(fields.size(), numbers + "]");
  auto file = WriteParquet(Path("wide.parquet"), schema, columns);
  LoadRequest request = RequestFor("wide", schema, {file}, 0);
  // The second load replaces the first: only its commit finds that memory is short.
  for (request.lake_version = 0; request.lake_version < 3; ++request.lake_version) {
    auto result = Make()->Apply(request, never_);
    ASSERT_TRUE(result.ok()) << request.lake_version << ": " << result.status();
    EXPECT_EQ(Value("SELECT count(*) FROM raw.wide WHERE c499 = 499"), "1");
  }
}

}  // namespace
}  // namespace keelboat::duckdb
