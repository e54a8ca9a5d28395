// The database's file: who shares it, what it is made as, and what it must not be.

#include <filesystem>
#include <future>

#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"
#include "support/duckdb_fixture.h"
#include "warehouses/duckdb/database_file.h"
#include "warehouses/duckdb/duckdb_warehouse.h"

namespace keelboat::duckdb {
namespace {

using ::testing::HasSubstr;

class DuckdbFileTest : public WarehouseTest {
 protected:
  std::stop_token never_;
};

TEST_F(DuckdbFileTest, SharesOneInstanceAmongWarehousesOfTheSameFile) {
  auto first = Make();
  ASSERT_TRUE(first->Apply(Numbers("a", 10, 0), never_).ok());
  std::filesystem::create_symlink(DatabasePath(), Path("link.duckdb"));
  auto second = MakeDuckdbWarehouse(OptionsFor(Path("link.duckdb"))).ValueOrDie();
  ASSERT_TRUE(second->Apply(Numbers("b", 20, 0), never_).ok());
  EXPECT_EQ(first->ReadLedger().ValueOrDie().size(), 2u);
  ASSERT_TRUE(first->Close().ok());
  ASSERT_TRUE(second->Close().ok());
  EXPECT_EQ(Value("SELECT count(*) FROM raw.b"), "20");
}

TEST_F(DuckdbFileTest, MakesFilesOfAFixedFormatAndKeepsThatOfOthers) {
  const std::string format =
      "SELECT tags['storage_version'] FROM duckdb_databases() WHERE path IS NOT NULL";
  auto plain = adbc::Database::Open({{"driver", OptionsFor("").library},
                                     {"entrypoint", "duckdb_adbc_init"},
                                     {"path", DatabasePath()}},
                                    [](const adbc::DriverError& error) {
                                      return arrow::Status::IOError(error.message);
                                    })
                   .ValueOrDie();
  plain.reset();
  ASSERT_TRUE(Make()->Apply(Numbers("orders", 10, 0), never_).ok());
  const std::string kept = Value(format);
  std::filesystem::remove(DatabasePath());
  ASSERT_TRUE(Make()->Apply(Numbers("orders", 10, 0), never_).ok());
  EXPECT_EQ(Value(format), "v1.3.0+");
  EXPECT_NE(kept, "v1.3.0+");
}

TEST_F(DuckdbFileTest, LoadsFromManyThreadsOneAfterAnother) {
  auto warehouse = Make();
  std::vector<LoadRequest> requests;
  for (int i = 0; i < 8; ++i)
    requests.push_back(Numbers("t" + std::to_string(i), 1000, 0));
  std::vector<std::future<arrow::Status>> loads;
  for (const LoadRequest& request : requests) {
    loads.push_back(std::async(std::launch::async, [&warehouse, &request] {
      return warehouse->Apply(request, std::stop_token()).status();
    }));
  }
  for (auto& load : loads) {
    arrow::Status status = load.get();
    EXPECT_TRUE(status.ok()) << status;
  }
  EXPECT_EQ(warehouse->ReadLedger().ValueOrDie().size(), 8u);
}

TEST_F(DuckdbFileTest, ChecksWithoutMakingTheFile) {
  auto info = Make()->Check(never_);
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_EQ(info->product, "DuckDB");
  EXPECT_THAT(info->version, HasSubstr("v1."));
  EXPECT_FALSE(std::filesystem::exists(DatabasePath()));
  EXPECT_TRUE(Make()->ReadLedger().ValueOrDie().empty());
  ASSERT_TRUE(Make()->DropSchema().ok());
  EXPECT_FALSE(std::filesystem::exists(DatabasePath()));
  ASSERT_TRUE(Make()->Apply(Numbers("orders", 1, 0), never_).ok());
  EXPECT_TRUE(Make()->Check(never_).ok());
}

TEST_F(DuckdbFileTest, RefusesPlacesThatCannotHoldAWarehouse) {
  auto kind_at = [&](const std::string& path) {
    return KindOf(MakeDuckdbWarehouse(OptionsFor(path))
                      .ValueOrDie()
                      ->Apply(Numbers("orders", 1, 0), never_)
                      .status());
  };
  EXPECT_EQ(kind_at(Path("none/w.duckdb")), ErrorKind::kNotFound);
  EXPECT_EQ(kind_at(folder_.string()), ErrorKind::kConfig);
  EXPECT_EQ(kind_at(""), ErrorKind::kConfig);
  EXPECT_EQ(kind_at(":memory:"), ErrorKind::kConfig);
  std::string path = WriteNumbers(Path("not-a-database"), 0, 10).uri;
  EXPECT_EQ(kind_at(path), ErrorKind::kConfig);
  DuckdbOptions options = OptionsFor(DatabasePath());
  options.library = Path("no-such-library.so");
  EXPECT_EQ(KindOf(MakeDuckdbWarehouse(options).ValueOrDie()->Check(never_).status()),
            ErrorKind::kNotFound);
  options.schema = "information_schema";
  EXPECT_EQ(KindOf(MakeDuckdbWarehouse(options).status()), ErrorKind::kConfig);
}

TEST_F(DuckdbFileTest, RefusesTheLedgerOfANewerKeelboat) {
  auto warehouse = Make();
  ASSERT_TRUE(warehouse->Apply(Numbers("orders", 1, 0), never_).ok());
  Sql("UPDATE raw._keelboat_ledger SET format = 2");
  EXPECT_EQ(KindOf(warehouse->ReadLedger().status()), ErrorKind::kUnsupported);
  EXPECT_EQ(KindOf(warehouse->Apply(Numbers("orders", 2, 1), never_).status()),
            ErrorKind::kUnsupported);
}

}  // namespace
}  // namespace keelboat::duckdb
