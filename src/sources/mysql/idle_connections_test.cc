// Calls that need a connection for a moment share it.

#include "sources/mysql/idle_connections.h"

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"
#include "support/mysql_fixture.h"

namespace keelboat::mysql {
namespace {

using namespace std::chrono_literals;
using testing::MariadbServer;

// Connections that the server has ever taken, but for the one that asks.
int64_t TakenConnections() {
  auto rows = MariadbServer::Shared().Run("SHOW GLOBAL STATUS LIKE 'Connections'");
  return std::stoll(rows.at(0).at(1).value_or("0"));
}

// How many connections `work` opened.
template <typename Work>
int64_t OpenedBy(const Work& work) {
  const int64_t before = TakenConnections();
  work();
  return TakenConnections() - before - 1;
}

std::string OpenNow() {
  return MariadbServer::Shared()
      .Run("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = 'shop'")
      .at(0)
      .at(0)
      .value_or("");
}

void AwaitNoneOpen() {
  const auto patience = std::chrono::steady_clock::now() + 60s;
  while (OpenNow() != "0" && std::chrono::steady_clock::now() < patience) {
    std::this_thread::sleep_for(20ms);
  }
}

std::string IdOf(const ConnectionPtr& connection) {
  return connection->Query("SELECT CONNECTION_ID()")
      .ValueOrDie()
      .at(0)
      .at(0)
      .value_or("");
}

class IdleConnectionsTest : public ::testing::Test {
 protected:
  IdleConnectionsTest() {
    MariadbServer::Shared().Run(
        "CREATE OR REPLACE TABLE few (id INT PRIMARY KEY, day DATETIME(6), KEY (day)); "
        "INSERT INTO few VALUES (1, '2024-01-01'), (2, '2024-01-02')");
  }
};

TEST_F(IdleConnectionsTest, EveryQuestionOfAPlanUsesOneConnection) {
  auto source = MakeMysqlSource(ServerOptions()).ValueOrDie();
  EXPECT_EQ(OpenedBy([&] {
              ASSERT_TRUE(source->Check({}).ok());
              ASSERT_TRUE(source->ListTables({}).ok());
              for (int i = 0; i < 5; ++i) {
                Relation relation = source->DescribeTable("few", {}).ValueOrDie();
                ASSERT_TRUE(source->DescribeQuery("SELECT 1 AS one", {}).ok());
                ASSERT_TRUE(source->CountDuplicates("few", {"id"}, {}).ok());
                ASSERT_TRUE(source->SplitRelation(relation, {}, {}).ok());
                ASSERT_FALSE(source->DescribeTable("fewer", {}).ok());
                ASSERT_FALSE(source->DescribeQuery("SELECT no", {}).ok());
              }
            }),
            1);
}

TEST_F(IdleConnectionsTest, AViewBeginsOnTheConnectionThatIsThere) {
  auto source = MakeMysqlSource(ServerOptions()).ValueOrDie();
  Relation relation;
  // Two that read, the first of which described the table before; a spare; and one that
  // tries a lock, because this server has no binary log to prove the moment by.
  EXPECT_EQ(OpenedBy([&] {
              relation = source->DescribeTable("few", {}).ValueOrDie();
              ASSERT_TRUE(source->OpenSnapshot({2, true}, {}).ok());
            }),
            4);
  // Where the view is opened at the first read, questions before it share a connection.
  SnapshotRequest later{2, true, true};
  EXPECT_EQ(OpenedBy([&] {
              for (int i = 0; i < 4; ++i) {
                auto view = source->OpenSnapshot(later, {}).ValueOrDie();
                ASSERT_TRUE(view->MeasureCursor(relation, "day", "", {}).ok());
              }
            }),
            1);
  // A transaction that stayed open would hold this up until lock_wait_timeout.
  MariadbServer::Shared().Run(
      "SET lock_wait_timeout = 1; ALTER TABLE few ADD COLUMN more INT");
}

TEST_F(IdleConnectionsTest, CallsAtOnceHaveConnectionsOfTheirOwn) {
  auto idle = IdleConnections::Make(ServerOptions());
  auto first = idle->Lend({}).ValueOrDie();
  auto second = idle->Lend({}).ValueOrDie();
  EXPECT_NE(IdOf(first), IdOf(second));
  EXPECT_EQ(OpenedBy([&] {
              first.reset();
              second.reset();
              first = idle->Lend({}).ValueOrDie();
              second = idle->Lend({}).ValueOrDie();
            }),
            0);
}

TEST_F(IdleConnectionsTest, AnIdleConnectionThatWasLostCostsNobodyACall) {
  auto source = MakeMysqlSource(ServerOptions()).ValueOrDie();
  ASSERT_TRUE(source->DescribeTable("few", {}).ok());
  MariadbServer::Shared().Run("KILL USER shop");
  auto again = source->DescribeTable("few", {});
  ASSERT_TRUE(again.ok()) << again.status().ToString();
}

TEST_F(IdleConnectionsTest, AStopEndsItsOwnCallOnly) {
  auto source = MakeMysqlSource(ServerOptions()).ValueOrDie();
  std::stop_source early;
  ASSERT_TRUE(source->DescribeTable("few", early.get_token()).ok());
  // Nothing that was lent under this token is left.
  EXPECT_EQ(OpenedBy([&] {
              early.request_stop();
              ASSERT_TRUE(source->DescribeTable("few", {}).ok());
            }),
            0);
  EXPECT_EQ(KindOf(source->DescribeTable("few", early.get_token()).status()),
            ErrorKind::kCancelled);

  std::stop_source stop;
  std::jthread stopper([&] {
    std::this_thread::sleep_for(300ms);
    stop.request_stop();
  });
  auto idle = IdleConnections::Make(ServerOptions());
  auto lent = idle->Lend(stop.get_token()).ValueOrDie();
  auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(KindOf(lent->Query("SELECT SLEEP(600)").status()), ErrorKind::kCancelled);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 60s);
  // It is of no more use and is not lent again.
  EXPECT_EQ(OpenedBy([&] {
              lent.reset();
              ASSERT_TRUE(idle->Lend({}).ok());
            }),
            1);
}

TEST_F(IdleConnectionsTest, WhatNobodyAsksForIsClosed) {
  MariadbServer::Shared().Run("KILL USER shop");
  AwaitNoneOpen();
  auto idle = IdleConnections::Make(ServerOptions(), 3s);
  idle->Lend({}).ValueOrDie().reset();
  EXPECT_EQ(OpenNow(), "1");
  AwaitNoneOpen();
  EXPECT_EQ(OpenNow(), "0");
  EXPECT_EQ(OpenedBy([&] { ASSERT_TRUE(idle->Lend({}).ok()); }), 1);
}

TEST_F(IdleConnectionsTest, EndsWithItsOwnerAtOnce) {
  auto begin = std::chrono::steady_clock::now();
  {
    auto idle = IdleConnections::Make(ServerOptions(), 600s);
    auto lent = idle->Lend({}).ValueOrDie();
    idle->Lend({}).ValueOrDie().reset();
    // The last one to hold it is the connection on loan.
    idle.reset();
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 60s);
}

}  // namespace
}  // namespace keelboat::mysql
