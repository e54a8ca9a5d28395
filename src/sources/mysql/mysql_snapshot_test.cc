// Every rung of the ladder on real servers, and what becomes of a snapshot that loses
// connections.

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"
#include "sources/mysql/connection_pool.h"
#include "support/mysql_fixture.h"

namespace keelboat::mysql {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::MariadbServer;
using ::testing::MatchesRegex;
using ::testing::Not;

// Impatient on purpose, and with an isolation under which a server takes no snapshot.
std::vector<std::string> Impatient(std::vector<std::string> settings) {
  for (const char* setting :
       {"--transaction-isolation=READ-COMMITTED", "--wait-timeout=2",
        "--idle-readonly-transaction-timeout=2", "--idle-transaction-timeout=2"}) {
    settings.emplace_back(setting);
  }
  return settings;
}

MariadbServer& Logging() {
  static MariadbServer server(Impatient({"--log-bin", "--server-id=1"}));
  return server;
}

MariadbServer& Silent() {
  static MariadbServer server(Impatient({}));
  return server;
}

// The account `locker` may lock, `shop` may not.
MysqlOptions LockerOptions(const MariadbServer& server) {
  server.Run(
      "CREATE USER IF NOT EXISTS locker IDENTIFIED BY 'secret'; GRANT ALL ON shop.* TO "
      "locker; GRANT RELOAD ON *.* TO locker");
  MysqlOptions options = ServerOptions(server);
  options.user = "locker";
  return options;
}

void FillOrders(const MariadbServer& server) {
  server.Run(
      "DROP TABLE IF EXISTS orders; CREATE TABLE orders (id INT PRIMARY KEY, pad "
      "CHAR(200)); INSERT INTO orders SELECT seq, REPEAT('p', 200) FROM seq_1_to_6000");
}

// More than a batch and what fits into the buffers of a connection.
void FillVisits(const MariadbServer& server) {
  server.Run(
      "CREATE TABLE IF NOT EXISTS visits (id INT PRIMARY KEY, pad CHAR(200)); INSERT "
      "IGNORE INTO visits SELECT seq, REPEAT('p', 200) FROM seq_1_to_200000");
}

arrow::Result<int64_t> CountRows(SourceSnapshot* snapshot, const Relation& relation) {
  ARROW_ASSIGN_OR_RAISE(auto reader, snapshot->Read(relation, WholeOf(relation), {}));
  int64_t rows = 0;
  std::shared_ptr<arrow::RecordBatch> batch;
  while (true) {
    ARROW_RETURN_NOT_OK(reader->ReadNext(&batch));
    if (batch == nullptr) return rows;
    rows += batch->num_rows();
  }
}

// Connections of the account that are open on the server.
std::vector<std::string> Sessions(const MariadbServer& server, const std::string& user) {
  std::vector<std::string> ids;
  for (const auto& row : server.Run("SELECT ID FROM information_schema.PROCESSLIST "
                                    "WHERE USER = '" +
                                    user + "' ORDER BY ID")) {
    ids.push_back(*row[0]);
  }
  return ids;
}

void WaitForSessions(const MariadbServer& server, std::size_t count) {
  for (int i = 0; i < 6000 && Sessions(server, "shop").size() != count; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ASSERT_EQ(Sessions(server, "shop").size(), count);
}

TEST(MysqlSnapshot, ABinaryLogProvesOneMomentWithoutALock) {
  FillOrders(Logging());
  auto source = MakeMysqlSource(ServerOptions(Logging())).ValueOrDie();
  Relation relation = source->DescribeTable("orders", {}).ValueOrDie();
  auto snapshot = source->OpenSnapshot({3, true}, {}).ValueOrDie();
  const SnapshotInfo& info = snapshot->info();
  EXPECT_EQ(info.consistency, Consistency::kSnapshot) << info.note;
  EXPECT_THAT(info.position, MatchesRegex(".+-bin\\.0+[0-9]+:[0-9]+ gtid 0-1-[0-9]+"));
  EXPECT_THAT(info.taken_at,
              MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}\\.[0-9]{6}"));
  EXPECT_THAT(info.note, IsEmpty());
  EXPECT_THAT(info.id, HasSubstr("shop-"));
  Logging().Run("DELETE FROM orders WHERE id > 10");
  // Three at once, so that each connection is asked.
  std::vector<std::shared_ptr<SourceReader>> readers;
  for (int i = 0; i < 3; ++i) {
    readers.push_back(snapshot->Read(relation, WholeOf(relation), {}).ValueOrDie());
  }
  for (auto& reader : readers) {
    int64_t rows = 0;
    std::shared_ptr<arrow::RecordBatch> batch;
    do {
      ASSERT_TRUE(reader->ReadNext(&batch).ok());
      rows += batch == nullptr ? 0 : batch->num_rows();
    } while (batch != nullptr);
    EXPECT_EQ(rows, 6000);
  }
}

TEST(MysqlSnapshot, WithoutABinaryLogAShortLockGivesOneMoment) {
  FillOrders(Silent());
  auto source = MakeMysqlSource(LockerOptions(Silent())).ValueOrDie();
  auto snapshot = source->OpenSnapshot({2, true}, {}).ValueOrDie();
  EXPECT_EQ(snapshot->info().consistency, Consistency::kLocked) << snapshot->info().note;
  EXPECT_THAT(snapshot->info().note, HasSubstr("the binary log is off"));
  EXPECT_THAT(snapshot->info().position, IsEmpty());
  // Nothing is left of the lock.
  Silent().Run("SET SESSION lock_wait_timeout = 1; DELETE FROM orders WHERE id > 10");
  Relation relation = source->DescribeTable("orders", {}).ValueOrDie();
  EXPECT_EQ(CountRows(snapshot.get(), relation).ValueOrDie(), 6000);
}

TEST(MysqlSnapshot, ALockThatIsTakenByAnotherIsNotWaitedForLong) {
  auto holder = Connection::Open(LockerOptions(Silent()), {}).ValueOrDie();
  ASSERT_TRUE(holder->Execute("SET SESSION wait_timeout = 600").ok());
  ASSERT_TRUE(holder->Execute("BACKUP STAGE START").ok());
  auto source = MakeMysqlSource(LockerOptions(Silent())).ValueOrDie();
  auto before = std::chrono::steady_clock::now();
  auto snapshot = source->OpenSnapshot({2, true}, {}).ValueOrDie();
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(60));
  EXPECT_EQ(snapshot->info().consistency, Consistency::kCursor);
  EXPECT_THAT(snapshot->info().note, HasSubstr("no lock: "));
}

TEST(MysqlSnapshot, WithoutBothOneConnectionReadsAndOthersWait) {
  FillOrders(Silent());
  auto source = MakeMysqlSource(ServerOptions(Silent())).ValueOrDie();
  Relation relation = source->DescribeTable("orders", {}).ValueOrDie();
  auto snapshot = source->OpenSnapshot({4, true}, {}).ValueOrDie();
  EXPECT_EQ(snapshot->info().consistency, Consistency::kCursor);
  EXPECT_THAT(snapshot->info().note, HasSubstr("the binary log is off"));
  EXPECT_THAT(snapshot->info().note, HasSubstr("RELOAD"));
  auto first = snapshot->Read(relation, WholeOf(relation), {}).ValueOrDie();
  auto second =
      std::async(std::launch::async, [&] { return CountRows(snapshot.get(), relation); });
  EXPECT_EQ(second.wait_for(std::chrono::milliseconds(200)), std::future_status::timeout);
  // A stop ends the waiting of the one that asked for it.
  std::stop_source stop;
  auto third = std::async(std::launch::async, [&] {
    return snapshot->Read(relation, WholeOf(relation), stop.get_token()).status();
  });
  stop.request_stop();
  EXPECT_EQ(KindOf(third.get()), ErrorKind::kCancelled);
  Silent().Run("DELETE FROM orders WHERE id > 10");
  ASSERT_TRUE(first->Close().ok());
  EXPECT_EQ(second.get().ValueOrDie(), 6000);
}

TEST(MysqlSnapshot, PerTableEveryReadIsItsOwnMoment) {
  FillOrders(Logging());
  auto source = MakeMysqlSource(ServerOptions(Logging())).ValueOrDie();
  Relation relation = source->DescribeTable("orders", {}).ValueOrDie();
  auto snapshot = source->OpenSnapshot({2, false}, {}).ValueOrDie();
  EXPECT_EQ(snapshot->info().consistency, Consistency::kStatement);
  EXPECT_THAT(snapshot->info().taken_at, Not(IsEmpty()));
  Logging().Run("DELETE FROM orders WHERE id > 10");
  EXPECT_EQ(CountRows(snapshot.get(), relation).ValueOrDie(), 10);
}

TEST(MysqlSnapshot, PerTableTheFirstReadIsTheMoment) {
  FillOrders(Logging());
  auto source = MakeMysqlSource(ServerOptions(Logging())).ValueOrDie();
  Relation relation = source->DescribeTable("orders", {}).ValueOrDie();
  WaitForSessions(Logging(), 0);
  auto snapshot = source->OpenSnapshot({2, true, true}, {}).ValueOrDie();
  EXPECT_EQ(snapshot->info().consistency, Consistency::kStatement);
  EXPECT_THAT(snapshot->info().taken_at, Not(IsEmpty()));
  WaitForSessions(Logging(), 0);
  EXPECT_EQ(snapshot->MeasureCursor(relation, "id", "", {}).ValueOrDie().max, "6000");
  Logging().Run("DELETE FROM orders WHERE id > 10");
  EXPECT_EQ(CountRows(snapshot.get(), relation).ValueOrDie(), 10);
  Logging().Run("DELETE FROM orders WHERE id > 5");
  auto first = snapshot->Read(relation, WholeOf(relation), {}).ValueOrDie();
  EXPECT_EQ(CountRows(snapshot.get(), relation).ValueOrDie(), 10);
}

TEST(MysqlSnapshot, TablesWithoutTransactionsAreNamed) {
  Logging().Run("CREATE OR REPLACE TABLE pages (id INT) ENGINE = MyISAM");
  auto source = MakeMysqlSource(ServerOptions(Logging())).ValueOrDie();
  auto snapshot = source->OpenSnapshot({1, true}, {}).ValueOrDie();
  EXPECT_THAT(snapshot->info().note, HasSubstr("pages (MyISAM)"));
  EXPECT_EQ(snapshot->info().consistency, Consistency::kSnapshot);
  Logging().Run("DROP TABLE pages");
}

TEST(MysqlSnapshot, IdleConnectionsOutliveTheServersPatience) {
  FillOrders(Logging());
  auto source = MakeMysqlSource(ServerOptions(Logging())).ValueOrDie();
  Relation relation = source->DescribeTable("orders", {}).ValueOrDie();
  auto snapshot = source->OpenSnapshot({1, true}, {}).ValueOrDie();
  std::this_thread::sleep_for(std::chrono::seconds(4));
  WaitForSessions(Logging(), 2);
  EXPECT_EQ(CountRows(snapshot.get(), relation).ValueOrDie(), 6000);
}

TEST(MysqlSnapshot, ARegularSignOfLifeKeepsConnectionsFromBeingTakenForDead) {
  auto connection = Connection::Open(ServerOptions(Logging()), {}).ValueOrDie();
  ASSERT_TRUE(connection->Execute("SET SESSION wait_timeout = 4").ok());
  ASSERT_TRUE(connection
                  ->Execute("SET SESSION idle_transaction_timeout = 0, "
                            "idle_readonly_transaction_timeout = 0")
                  .ok());
  ASSERT_TRUE(connection->Execute("START TRANSACTION READ ONLY").ok());
  std::vector<std::unique_ptr<Connection>> connections;
  connections.push_back(std::move(connection));
  auto pool = ConnectionPool::Make(std::move(connections), 1, "shop-1",
                                   std::chrono::milliseconds(200));
  std::this_thread::sleep_for(std::chrono::seconds(6));
  EXPECT_TRUE(pool->Lend({}).ok());
}

TEST(MysqlSnapshot, ASessionWhoseTransactionIsGoneIsOfNoUse) {
  auto connection = Connection::Open(ServerOptions(Logging()), {}).ValueOrDie();
  std::vector<std::unique_ptr<Connection>> connections;
  connections.push_back(std::move(connection));
  auto pool = ConnectionPool::Make(std::move(connections), 1, "shop-1");
  auto lent = pool->Lend({});
  ASSERT_FALSE(lent.ok());
  EXPECT_EQ(DetailOf(lent.status(), kSnapshotLost), "shop-1");
}

TEST(MysqlSnapshot, SparesTakeOverUntilNoneIsLeft) {
  FillOrders(Logging());
  auto source = MakeMysqlSource(ServerOptions(Logging())).ValueOrDie();
  Relation relation = source->DescribeTable("orders", {}).ValueOrDie();
  WaitForSessions(Logging(), 0);
  auto snapshot = source->OpenSnapshot({2, true}, {}).ValueOrDie();
  Logging().Run("DELETE FROM orders WHERE id > 10");
  auto sessions = Sessions(Logging(), "shop");
  ASSERT_EQ(sessions.size(), 3U);
  for (const std::string& session : sessions) {
    EXPECT_EQ(CountRows(snapshot.get(), relation).ValueOrDie(), 6000);
    Logging().Run("KILL " + session);
  }
  auto lost = CountRows(snapshot.get(), relation);
  ASSERT_FALSE(lost.ok());
  EXPECT_EQ(KindOf(lost.status()), ErrorKind::kUnavailable);
  EXPECT_EQ(DetailOf(lost.status(), kSnapshotLost), snapshot->info().id);
  auto facts = snapshot->MeasureCursor(relation, "id", "", {});
  ASSERT_FALSE(facts.ok());
  EXPECT_EQ(DetailOf(facts.status(), kSnapshotLost), snapshot->info().id);
}

TEST(MysqlSnapshot, AReadThatLosesItsConnectionCanBeMadeAgain) {
  FillOrders(Logging());
  FillVisits(Logging());
  auto source = MakeMysqlSource(ServerOptions(Logging())).ValueOrDie();
  Relation relation = source->DescribeTable("orders", {}).ValueOrDie();
  Relation visits = source->DescribeTable("visits", {}).ValueOrDie();
  WaitForSessions(Logging(), 0);
  auto snapshot = source->OpenSnapshot({1, true}, {}).ValueOrDie();
  Logging().Run("DELETE FROM orders WHERE id > 10");
  for (int left = 1; left >= 0; --left) {
    auto reader = snapshot->Read(visits, WholeOf(visits), {}).ValueOrDie();
    std::shared_ptr<arrow::RecordBatch> batch;
    ASSERT_TRUE(reader->ReadNext(&batch).ok());
    Logging().Run("KILL " + *Logging()
                                 .Run("SELECT ID FROM information_schema.PROCESSLIST "
                                      "WHERE INFO LIKE '%keelboat-%' AND USER = 'shop'")
                                 .at(0)
                                 .at(0));
    arrow::Status status;
    do {
      status = reader->ReadNext(&batch);
    } while (status.ok() && batch != nullptr);
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(KindOf(status), ErrorKind::kUnavailable) << status.ToString();
    EXPECT_EQ(DetailOf(status, kSnapshotLost), left > 0 ? "" : snapshot->info().id);
    if (left > 0) {
      EXPECT_EQ(CountRows(snapshot.get(), relation).ValueOrDie(), 6000);
    }
  }
}

TEST(MysqlSnapshot, AReaderThatIsClosedEarlyLeavesItsViewBehind) {
  FillOrders(Logging());
  FillVisits(Logging());
  auto source = MakeMysqlSource(ServerOptions(Logging())).ValueOrDie();
  Relation relation = source->DescribeTable("orders", {}).ValueOrDie();
  Relation visits = source->DescribeTable("visits", {}).ValueOrDie();
  WaitForSessions(Logging(), 0);
  auto snapshot = source->OpenSnapshot({1, true}, {}).ValueOrDie();
  Logging().Run("DELETE FROM orders WHERE id > 10");
  auto before = Sessions(Logging(), "shop");
  for (int i = 0; i < 5; ++i) {
    auto reader = snapshot->Read(visits, WholeOf(visits), {}).ValueOrDie();
    std::shared_ptr<arrow::RecordBatch> batch;
    if (i > 0) {
      ASSERT_TRUE(reader->ReadNext(&batch).ok());
    }
    if (i % 2 == 0) {
      ASSERT_TRUE(reader->Close().ok());
    }
  }
  WaitForSessions(Logging(), 2);
  EXPECT_EQ(Sessions(Logging(), "shop"), before);
  EXPECT_EQ(CountRows(snapshot.get(), relation).ValueOrDie(), 6000);
}

TEST(MysqlSnapshot, AFailedStatementCostsNoConnection) {
  FillOrders(Logging());
  auto source = MakeMysqlSource(ServerOptions(Logging())).ValueOrDie();
  Relation relation = source->DescribeTable("orders", {}).ValueOrDie();
  WaitForSessions(Logging(), 0);
  auto snapshot = source->OpenSnapshot({1, true}, {}).ValueOrDie();
  auto before = Sessions(Logging(), "shop");
  Partition wrong = WholeOf(relation);
  wrong.where = "no_such_column = 1";
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(KindOf(snapshot->Read(relation, wrong, {}).status()), ErrorKind::kConfig);
  }
  EXPECT_EQ(Sessions(Logging(), "shop"), before);
  EXPECT_EQ(CountRows(snapshot.get(), relation).ValueOrDie(), 6000);
}

TEST(MysqlSnapshot, ATableAlteredAfterTheSnapshotIsAConflict) {
  FillOrders(Logging());
  auto source = MakeMysqlSource(ServerOptions(Logging())).ValueOrDie();
  Relation relation = source->DescribeTable("orders", {}).ValueOrDie();
  auto snapshot = source->OpenSnapshot({1, true}, {}).ValueOrDie();
  Logging().Run("ALTER TABLE orders ADD COLUMN more INT, FORCE");
  auto rows = CountRows(snapshot.get(), relation);
  ASSERT_FALSE(rows.ok());
  EXPECT_EQ(KindOf(rows.status()), ErrorKind::kConflict) << rows.status().ToString();
}

TEST(MysqlSnapshot, AFullServerGivesFewerConnections) {
  Logging().Run(
      "CREATE USER IF NOT EXISTS few IDENTIFIED BY 'secret' WITH MAX_USER_CONNECTIONS "
      "3; GRANT SELECT ON shop.* TO few");
  MysqlOptions options = ServerOptions(Logging());
  options.user = "few";
  auto source = MakeMysqlSource(options).ValueOrDie();
  auto snapshot = source->OpenSnapshot({4, true}, {}).ValueOrDie();
  EXPECT_EQ(snapshot->info().consistency, Consistency::kSnapshot);
  EXPECT_THAT(snapshot->info().note,
              HasSubstr("the server takes no more connections: 2 instead of 6"));
  EXPECT_EQ(Sessions(Logging(), "few").size(), 2U);
}

TEST(MysqlSnapshot, NothingIsWrittenIntoTheBinaryLogAndNothingIsLeftOpen) {
  FillOrders(Logging());
  auto source = MakeMysqlSource(LockerOptions(Logging())).ValueOrDie();
  Relation relation = source->DescribeTable("orders", {}).ValueOrDie();
  const auto before = Logging().Run("SHOW MASTER STATUS");
  for (int i = 0; i < 3; ++i) {
    auto snapshot = source->OpenSnapshot({2, true}, {}).ValueOrDie();
    EXPECT_EQ(CountRows(snapshot.get(), relation).ValueOrDie(), 6000);
  }
  EXPECT_EQ(Logging().Run("SHOW MASTER STATUS"), before);
  for (int i = 0; i < 6000 && !Sessions(Logging(), "locker").empty(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_THAT(Sessions(Logging(), "locker"), IsEmpty());
}

}  // namespace
}  // namespace keelboat::mysql
