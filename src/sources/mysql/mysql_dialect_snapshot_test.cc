// The rungs of the snapshot ladder that only MySQL takes, on a real MySQL 5.6: the proof
// by GTIDs and FLUSH TABLES WITH READ LOCK; and what a server without views is told.

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <arrow/array.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sources/mysql/connection.h"
#include "support/dialect_fixture.h"

namespace keelboat::mysql {
namespace {

using testing::DialectServer;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;

void MakeAccounts(const DialectServer& server) {
  server.Run(
      "GRANT SELECT ON shop.* TO reader@'127.0.0.1' IDENTIFIED BY 'secret'; GRANT SELECT "
      "ON shop.* TO locker@'127.0.0.1' IDENTIFIED BY 'secret'; GRANT RELOAD ON *.* TO "
      "locker@'127.0.0.1'");
}

const DialectServer& WithGtids() {
  static DialectServer& server = []() -> DialectServer& {
    static DialectServer made(DialectServer::Kind::kMysql56,
                              {"--server-id=1", "--log-bin=binlog", "--log-slave-updates",
                               "--gtid-mode=ON", "--enforce-gtid-consistency"});
    MakeAccounts(made);
    return made;
  }();
  return server;
}

const DialectServer& WithoutGtids() {
  static DialectServer& server = []() -> DialectServer& {
    static DialectServer made(DialectServer::Kind::kMysql56,
                              {"--server-id=1", "--log-bin=binlog"});
    MakeAccounts(made);
    return made;
  }();
  return server;
}

std::unique_ptr<Source> SourceOf(const DialectServer& server, const std::string& user) {
  MysqlOptions options = DialectOptions(server);
  options.user = user;
  options.password = "secret";
  return MakeMysqlSource(options).ValueOrDie();
}

// Two accounts, and 100 coins on each.
void FillAccounts(const DialectServer& server) {
  server.Run(
      "DROP TABLE IF EXISTS lefts, rights; CREATE TABLE lefts (coins BIGINT); CREATE "
      "TABLE rights (coins BIGINT); INSERT INTO lefts VALUES (100); INSERT INTO rights "
      "VALUES (100)");
}

int64_t CoinsIn(SourceReader* reader) {
  std::shared_ptr<arrow::RecordBatch> batch;
  if (!reader->ReadNext(&batch).ok() || batch == nullptr) return -1;
  return static_cast<const arrow::Int64Array&>(*batch->column(0)).Value(0);
}

// What both hold, read at the same time on two connections of a snapshot.
int64_t AllCoins(Source* source, SourceSnapshot* snapshot) {
  Relation left = source->DescribeTable("lefts", {}).ValueOrDie();
  Relation right = source->DescribeTable("rights", {}).ValueOrDie();
  auto of_left = snapshot->Read(left, WholeOf(left), {}).ValueOrDie();
  auto of_right = snapshot->Read(right, WholeOf(right), {}).ValueOrDie();
  return CoinsIn(of_left.get()) + CoinsIn(of_right.get());
}

TEST(DialectSnapshot, QuietGtidsProveOneMomentWithoutALock) {
  FillAccounts(WithGtids());
  auto source = SourceOf(WithGtids(), "reader");
  auto snapshot = source->OpenSnapshot({2, true}, {}).ValueOrDie();
  const SnapshotInfo& info = snapshot->info();
  EXPECT_EQ(info.consistency, Consistency::kSnapshot) << info.note;
  EXPECT_THAT(info.position, MatchesRegex("gtid [0-9a-f-]{36}:1-[0-9]+"));
  EXPECT_THAT(info.note, IsEmpty());
  WithGtids().Run("UPDATE lefts SET coins = 0; UPDATE rights SET coins = 0");
  EXPECT_EQ(AllCoins(source.get(), snapshot.get()), 200);
}

TEST(DialectSnapshot, ATransactionOnItsWayIsNoQuietMoment) {
  FillAccounts(WithGtids());
  auto committer = Connection::Open(DialectOptions(WithGtids()), {}).ValueOrDie();
  ASSERT_TRUE(
      committer->Execute("SET gtid_next = '6d0b7a1e-0000-11ee-8c99-0242ac120002:1'")
          .ok());
  auto reader = SourceOf(WithGtids(), "reader");
  auto alone = reader->OpenSnapshot({2, true}, {}).ValueOrDie();
  EXPECT_EQ(alone->info().consistency, Consistency::kCursor);
  EXPECT_THAT(alone->info().note, HasSubstr("no proof without a lock: transactions"));
  EXPECT_THAT(alone->info().note, HasSubstr("RELOAD"));
  auto locker = SourceOf(WithGtids(), "locker");
  auto locked = locker->OpenSnapshot({2, true}, {}).ValueOrDie();
  EXPECT_EQ(locked->info().consistency, Consistency::kLocked) << locked->info().note;
  ASSERT_TRUE(committer->Execute("ROLLBACK").ok());
  ASSERT_TRUE(committer->Execute("SET gtid_next = 'AUTOMATIC'").ok());
  auto proven = reader->OpenSnapshot({2, true}, {}).ValueOrDie();
  EXPECT_EQ(proven->info().consistency, Consistency::kSnapshot) << proven->info().note;
}

TEST(DialectSnapshot, WithoutGtidsAShortLockGivesOneMoment) {
  FillAccounts(WithoutGtids());
  auto source = SourceOf(WithoutGtids(), "locker");
  auto snapshot = source->OpenSnapshot({2, true}, {}).ValueOrDie();
  const SnapshotInfo& info = snapshot->info();
  EXPECT_EQ(info.consistency, Consistency::kLocked) << info.note;
  EXPECT_THAT(info.note, HasSubstr("gtid_mode is not ON"));
  // Nothing is left of the lock.
  WithoutGtids().Run("UPDATE lefts SET coins = 0; UPDATE rights SET coins = 0");
  EXPECT_EQ(AllCoins(source.get(), snapshot.get()), 200);
}

TEST(DialectSnapshot, WithoutGtidsAndRightsOneConnectionReads) {
  FillAccounts(WithoutGtids());
  auto source = SourceOf(WithoutGtids(), "reader");
  auto snapshot = source->OpenSnapshot({2, true}, {}).ValueOrDie();
  EXPECT_EQ(snapshot->info().consistency, Consistency::kCursor);
  EXPECT_THAT(snapshot->info().note, HasSubstr("RELOAD"));
}

TEST(DialectSnapshot, NoMomentIsSplitWhileCoinsAreMoved) {
  for (const DialectServer* server : {&WithGtids(), &WithoutGtids()}) {
    FillAccounts(*server);
    std::atomic<bool> done = false;
    std::thread mover([&] {
      // One connection, as fast as it can.
      std::string moves;
      for (int i = 0; i < 50; ++i) {
        moves +=
            "BEGIN; UPDATE lefts SET coins = coins - 1; UPDATE rights SET coins = coins "
            "+ 1; COMMIT;";
      }
      while (!done) server->Run(moves);
    });
    auto source = SourceOf(*server, "locker");
    int together = 0;
    for (int i = 0; i < 15; ++i) {
      auto snapshot = source->OpenSnapshot({2, true}, {}).ValueOrDie();
      const Consistency consistency = snapshot->info().consistency;
      if (consistency == Consistency::kCursor) continue;
      ++together;
      EXPECT_EQ(AllCoins(source.get(), snapshot.get()), 200)
          << ConsistencyName(consistency) << " " << snapshot->info().position;
    }
    done = true;
    mover.join();
    EXPECT_GT(together, 0);
  }
}

TEST(DialectSnapshot, AServerWithoutViewsIsReadStatementByStatement) {
  const DialectServer& server = DialectServer::Shared(DialectServer::Kind::kGoMysql);
  server.Run("DROP TABLE IF EXISTS lefts");
  server.Run("CREATE TABLE lefts (coins BIGINT)");
  server.Run("INSERT INTO lefts VALUES (100)");
  auto source = MakeMysqlSource(DialectOptions(server)).ValueOrDie();
  auto snapshot = source->OpenSnapshot({2, true}, {}).ValueOrDie();
  EXPECT_EQ(snapshot->info().consistency, Consistency::kStatement);
  EXPECT_THAT(snapshot->info().note, HasSubstr("opens no views of one moment"));
  Relation left = source->DescribeTable("lefts", {}).ValueOrDie();
  auto reader = snapshot->Read(left, WholeOf(left), {}).ValueOrDie();
  EXPECT_EQ(CoinsIn(reader.get()), 100);
}

}  // namespace
}  // namespace keelboat::mysql
