#include "warehouses/adbc.h"

#include <chrono>
#include <thread>

#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"

namespace keelboat::adbc {
namespace {

using ::testing::HasSubstr;

/// Keeps the driver's words and says that they went through the mapper.
arrow::Status Mapped(const DriverError& error) {
  return MakeError(ErrorKind::kData, "mapped: " + error.message,
                   {{"code", std::to_string(error.code)}});
}

arrow::Result<std::shared_ptr<Database>> OpenMemory() {
  return Database::Open({{"driver", KEELBOAT_LIBDUCKDB},
                         {"entrypoint", "duckdb_adbc_init"},
                         {"path", ":memory:"}},
                        Mapped);
}

TEST(AdbcTest, RunsStatementsAndCountsTheRowsTheyChange) {
  auto connection = OpenMemory().ValueOrDie()->Connect().ValueOrDie();
  ASSERT_TRUE(connection->Execute("CREATE TABLE t (a INTEGER, b VARCHAR)").ok());
  EXPECT_EQ(connection->Execute("INSERT INTO t VALUES (1, 'x'), (2, NULL)").ValueOrDie(),
            2);
  EXPECT_EQ(connection->Execute("UPDATE t SET b = 'y' WHERE a = 1").ValueOrDie(), 1);
  EXPECT_EQ(connection->Execute("UPDATE t SET b = 'y' WHERE a = 9").ValueOrDie(), -1);
  auto rows = connection->Fetch("SELECT * FROM t ORDER BY a").ValueOrDie();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0], (Row{"1", "y"}));
  EXPECT_EQ(rows[1], (Row{"2", std::nullopt}));
}

TEST(AdbcTest, StreamsResultsInBatches) {
  auto connection = OpenMemory().ValueOrDie()->Connect().ValueOrDie();
  auto reader = connection->Query("SELECT range AS n FROM range(100000)").ValueOrDie();
  EXPECT_EQ(reader->schema()->num_fields(), 1);
  int64_t rows = 0;
  int batches = 0;
  for (std::shared_ptr<arrow::RecordBatch> batch;; ++batches) {
    ASSERT_TRUE(reader->ReadNext(&batch).ok());
    if (batch == nullptr) break;
    rows += batch->num_rows();
  }
  EXPECT_EQ(rows, 100000);
  EXPECT_GT(batches, 1);
}

TEST(AdbcTest, SendsEveryErrorThroughTheMapper) {
  EXPECT_THAT(
      Database::Open({{"driver", "/no/such/driver.so"}}, Mapped).status().message(),
      HasSubstr("mapped: "));
  auto connection = OpenMemory().ValueOrDie()->Connect().ValueOrDie();
  for (const arrow::Status& status :
       {connection->Execute("SELEC 1").status(), connection->Query("SELEC 1").status(),
        connection->Fetch("SELECT no_such_column").status(),
        // This one fails while rows are read, not when the query begins.
        connection
            ->Fetch(
                "SELECT CAST(CASE WHEN range = 90000 THEN 'x' ELSE '1' END AS INTEGER) "
                "FROM range(100000)")
            .status()}) {
    EXPECT_EQ(KindOf(status), ErrorKind::kData);
    EXPECT_THAT(status.message(), HasSubstr("mapped: "));
  }
}

TEST(AdbcTest, KeepsTheDatabaseWhileAConnectionLives) {
  auto database = OpenMemory().ValueOrDie();
  auto connection = database->Connect().ValueOrDie();
  database.reset();
  EXPECT_EQ(connection->Fetch("SELECT 42").ValueOrDie()[0][0], "42");
}

TEST(AdbcTest, CancelsAStatementOnAStopRequest) {
  auto connection = OpenMemory().ValueOrDie()->Connect().ValueOrDie();
  const std::string endless =
      "SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000) b";
  std::stop_source source;
  const auto started = std::chrono::steady_clock::now();
  {
    CancelOnStop cancel(connection.get(), source.get_token());
    std::jthread stopper([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      source.request_stop();
    });
    EXPECT_FALSE(connection->Fetch(endless).ok());
    // Already stopped: what begins now is cancelled too.
    EXPECT_FALSE(connection->Fetch(endless).ok());
  }
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(60));
  EXPECT_EQ(connection->Fetch("SELECT 1").ValueOrDie()[0][0], "1");
}

}  // namespace
}  // namespace keelboat::adbc
