// Money is moved between two tables while snapshots are taken: the sum never changes.

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <arrow/array.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"
#include "sources/mysql/connection.h"
#include "support/mysql_fixture.h"

namespace keelboat::mysql {
namespace {

using testing::MariadbServer;

constexpr int kAccounts = 200;
constexpr int64_t kSum = 2L * kAccounts * 1000;

// How long each load lasts; a minute or an hour can be asked for.
std::chrono::seconds Duration() {
  const char* seconds = std::getenv("KEELBOAT_LOAD_SECONDS");
  return std::chrono::seconds(seconds == nullptr ? 10 : std::atoi(seconds));
}

// Moves money from one table to the other until it is stopped; each transaction does
// something in between, so that a half of it could be seen.
class Movers {
 public:
  Movers(const MariadbServer& server, int count) {
    server.Run(
        "CREATE OR REPLACE TABLE cash (id INT PRIMARY KEY, amount BIGINT NOT NULL); "
        "CREATE OR REPLACE TABLE bank (id INT PRIMARY KEY, amount BIGINT NOT NULL); "
        "INSERT INTO cash SELECT seq, 1000 FROM seq_1_to_" +
        std::to_string(kAccounts) + "; INSERT INTO bank SELECT * FROM cash");
    for (int i = 0; i < count; ++i) {
      threads_.emplace_back([this, i, options = ServerOptions(server)](
                                const std::stop_token& stop) { Move(options, i, stop); });
    }
  }
  ~Movers() {
    for (auto& thread : threads_) thread.request_stop();
  }
  int64_t moved() const { return moved_; }

 private:
  void Move(const MysqlOptions& options, int number, const std::stop_token& stop) {
    auto connection = Connection::Open(options, {}).ValueOrDie();
    auto run = [&](const std::string& text) {
      arrow::Status status = connection->Execute(text);
      ASSERT_TRUE(status.ok()) << status.ToString();
    };
    run("SET SESSION TRANSACTION READ WRITE");
    for (int step = 0; !stop.stop_requested(); ++step) {
      const std::string id = std::to_string(1 + (step * 7 + number * 50) % kAccounts);
      const std::string amount = std::to_string(step % 50 - 25);
      run("START TRANSACTION");
      run("UPDATE cash SET amount = amount - " + amount + " WHERE id = " + id);
      run("UPDATE bank SET amount = amount + " + amount + " WHERE id = " + id);
      run("COMMIT");
      ++moved_;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  std::atomic<int64_t> moved_ = 0;
  std::vector<std::jthread> threads_;
};

arrow::Result<int64_t> SumOf(SourceReader* reader) {
  int64_t sum = 0;
  std::shared_ptr<arrow::RecordBatch> batch;
  while (true) {
    ARROW_RETURN_NOT_OK(reader->ReadNext(&batch));
    if (batch == nullptr) return sum;
    const auto& amounts = static_cast<const arrow::Int64Array&>(*batch->column(1));
    for (int64_t i = 0; i < amounts.length(); ++i) sum += amounts.Value(i);
  }
}

struct Tally {
  int snapshots = 0;
  int of_several = 0;  // Read on two connections at once.
};

// For at least so long, and until there is enough to judge by on a slow machine.
constexpr int kSnapshots = 4;
constexpr int64_t kMoved = 100;
constexpr auto kPatience = std::chrono::seconds(120);

// Takes snapshots and adds up both tables, side by side where the rung allows it.
Tally AddUp(const MysqlOptions& options, std::chrono::seconds duration,
            const Movers& movers, bool side_by_side = true) {
  auto source = MakeMysqlSource(options).ValueOrDie();
  Relation cash = source->DescribeTable("cash", {}).ValueOrDie();
  Relation bank = source->DescribeTable("bank", {}).ValueOrDie();
  Tally tally;
  const auto begin = std::chrono::steady_clock::now();
  auto is_enough = [&] {
    const auto took = std::chrono::steady_clock::now() - begin;
    const int taken = side_by_side ? tally.of_several : tally.snapshots;
    const bool all = taken >= kSnapshots && movers.moved() >= kMoved;
    return took >= (all ? duration : duration + kPatience);
  };
  while (!is_enough()) {
    auto snapshot = source->OpenSnapshot({2, true}, {}).ValueOrDie();
    auto consistency = snapshot->info().consistency;
    bool several =
        consistency == Consistency::kSnapshot || consistency == Consistency::kLocked;
    auto first = snapshot->Read(cash, WholeOf(cash), {}).ValueOrDie();
    int64_t sum = 0;
    if (several) {
      auto second = snapshot->Read(bank, WholeOf(bank), {}).ValueOrDie();
      sum = SumOf(first.get()).ValueOrDie() + SumOf(second.get()).ValueOrDie();
    } else {
      sum = SumOf(first.get()).ValueOrDie();
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      auto second = snapshot->Read(bank, WholeOf(bank), {}).ValueOrDie();
      sum += SumOf(second.get()).ValueOrDie();
    }
    EXPECT_EQ(sum, kSum) << ConsistencyName(consistency) << " " << snapshot->info().note
                         << " after " << tally.snapshots;
    ++tally.snapshots;
    tally.of_several += several ? 1 : 0;
    if (::testing::Test::HasFailure()) break;
  }
  return tally;
}

MysqlOptions LockerOptions(const MariadbServer& server) {
  server.Run(
      "CREATE USER IF NOT EXISTS locker IDENTIFIED BY 'secret'; GRANT ALL ON shop.* TO "
      "locker; GRANT RELOAD ON *.* TO locker");
  MysqlOptions options = ServerOptions(server);
  options.user = "locker";
  return options;
}

TEST(SnapshotUnderLoad, ProvenByTheBinaryLog) {
  MariadbServer server({"--log-bin", "--server-id=1"});
  Movers movers(server, 2);
  Tally tally = AddUp(ServerOptions(server), Duration(), movers);
  EXPECT_GE(movers.moved(), kMoved);
  EXPECT_GE(tally.of_several, kSnapshots);
  RecordProperty("snapshots", tally.snapshots);
  RecordProperty("of_several", tally.of_several);
}

TEST(SnapshotUnderLoad, UnderALock) {
  MariadbServer server;
  Movers movers(server, 2);
  Tally tally = AddUp(LockerOptions(server), Duration() / 3, movers);
  EXPECT_GE(movers.moved(), kMoved);
  EXPECT_GE(tally.of_several, kSnapshots);
  // And nothing is left of the lock.
  const int64_t before = movers.moved();
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (movers.moved() == before && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_GT(movers.moved(), before);
}

TEST(SnapshotUnderLoad, OnOneConnection) {
  MariadbServer server;
  Movers movers(server, 2);
  Tally tally = AddUp(ServerOptions(server), Duration() / 5, movers, false);
  EXPECT_GE(movers.moved(), kMoved);
  EXPECT_GE(tally.snapshots, kSnapshots);
  EXPECT_EQ(tally.of_several, 0);
}

// What the test above would not notice if it could not notice anything.
TEST(SnapshotUnderLoad, WithoutASnapshotTheSumBreaks) {
  MariadbServer server;
  Movers movers(server, 2);
  auto source = MakeMysqlSource(ServerOptions(server)).ValueOrDie();
  Relation cash = source->DescribeTable("cash", {}).ValueOrDie();
  Relation bank = source->DescribeTable("bank", {}).ValueOrDie();
  auto snapshot = source->OpenSnapshot({2, false}, {}).ValueOrDie();
  auto end = std::chrono::steady_clock::now() + kPatience;
  bool broken = false;
  while (!broken && std::chrono::steady_clock::now() < end) {
    auto first = snapshot->Read(cash, WholeOf(cash), {}).ValueOrDie();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    auto second = snapshot->Read(bank, WholeOf(bank), {}).ValueOrDie();
    broken = SumOf(first.get()).ValueOrDie() + SumOf(second.get()).ValueOrDie() != kSum;
  }
  EXPECT_TRUE(broken);
}

}  // namespace
}  // namespace keelboat::mysql
