// What needs another process: the file's lock, kill -9 at every step, a full disk. The
// executable calls itself; `main` at the end tells the child what to do.

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <random>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"
#include "support/duckdb_fixture.h"
#include "warehouses/duckdb/table_in_pieces.h"

namespace keelboat::duckdb {
namespace {

using ::testing::HasSubstr;

/// A child process of this executable, killed with its owner.
class Child {
 public:
  explicit Child(std::vector<std::string> arguments) {
    EXPECT_EQ(pipe(to_child_), 0);
    EXPECT_EQ(pipe(from_child_), 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, to_child_[0], 0);
    posix_spawn_file_actions_adddup2(&actions, from_child_[1], 1);
    for (int end : {to_child_[1], from_child_[0]}) {
      posix_spawn_file_actions_addclose(&actions, end);
    }
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    EXPECT_EQ(posix_spawnp(&pid_, argv[0], &actions, nullptr, argv.data(), environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(to_child_[0]);
    close(from_child_[1]);
  }
  ~Child() {
    close(to_child_[1]);
    close(from_child_[0]);
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
  }

  pid_t pid() const { return pid_; }
  void Kill() const { kill(pid_, SIGKILL); }
  /// Waits until the child has written something.
  bool WaitForSign() const {
    char sign;
    return read(from_child_[0], &sign, 1) == 1;
  }
  /// The exit code, or minus the signal.
  int Wait() {
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
  }

 private:
  pid_t pid_ = -1;
  int to_child_[2];
  int from_child_[2];
};

std::string Self() { return std::filesystem::read_symlink("/proc/self/exe").string(); }

class DuckdbProcessTest : public WarehouseTest {
 protected:
  static constexpr int64_t kOldRows = 100;
  static constexpr int64_t kNewRows = 150000;
  static constexpr int64_t kLargeRows = 15;
  static constexpr int64_t kLargeGroup = 5;

  void SetUp() override {
    WarehouseTest::SetUp();
    old_ = WriteNumbers(Path("old.parquet"), 0, kOldRows);
    new_ = WriteNumbers(Path("new.parquet"), 0, kNewRows);
  }

  LoadRequest Request(int64_t version) const {
    return RequestFor("orders", NumbersSchema(), {version == 0 ? old_ : new_}, version);
  }

  /// A child that loads version 1 and kills itself before its n-th statement.
  std::vector<std::string> LoadArguments(int kill_at) const {
    return {Self(),
            "load",
            DatabasePath(),
            new_.uri,
            std::to_string(new_.rows),
            std::to_string(kill_at)};
  }

  /// The table is wholly at one version, and the ledger says the same. Returns it.
  int64_t ExpectWholeVersion(const std::string& when) {
    auto rows =
        Sql("SELECT (SELECT count(*) FROM raw.orders), "
            "(SELECT count(DISTINCT _keelboat_run_id) FROM raw.orders), "
            "(SELECT min(_keelboat_run_id) FROM raw.orders), "
            "(SELECT lake_version FROM raw._keelboat_ledger), "
            "(SELECT rows FROM raw._keelboat_ledger)");
    if (rows.empty()) return -1;
    const int64_t version = std::stoll(rows[0][3].value_or("-1"));
    EXPECT_EQ(rows[0][0], std::to_string(version == 0 ? kOldRows : new_rows_)) << when;
    EXPECT_EQ(rows[0][0], rows[0][4]) << when;
    EXPECT_EQ(rows[0][1], "1") << when;
    EXPECT_EQ(rows[0][2], "run-" + std::to_string(version)) << when;
    return version;
  }

  /// Version 1 has few rows in a row group from here on, so that it comes in pieces.
  void UseLargeRows() {
    new_rows_ = kLargeRows;
    std::string ids;
    std::string names;
    for (int64_t id = 0; id < kLargeRows; ++id) {
      ids += (ids.empty() ? "[" : ", ") + std::to_string(id);
      names += (names.empty() ? "[\"" : "\", \"") + std::string(20'000, 'x') +
               std::to_string(id);
    }
    new_ = WriteParquet(Path("large.parquet"), NumbersSchema(),
                        {ids + "]", names + "\"]"}, kLargeGroup);
  }

  void BeginAtVersion0() {
    std::filesystem::remove(DatabasePath());
    std::filesystem::remove(DatabasePath() + ".wal");
    auto result = Make()->Apply(Request(0), std::stop_token());
    ASSERT_TRUE(result.ok()) << result.status();
  }

  /// Rows that a load in pieces has left; -1: no table of them.
  int64_t PiecesLeft() const {
    const std::string pieces = kPiecesTable;
    const bool there = Value("SELECT count(*) FROM duckdb_tables() WHERE table_name = '" +
                             pieces + "'") == "1";
    return there ? std::stoll(Value("SELECT count(*) FROM raw." + pieces)) : -1;
  }

  /// The next load of version 1 ends well and leaves no pieces behind.
  void ExpectLoadedAgain(bool nothing_new) {
    auto again = Make()->Apply(Request(1), std::stop_token());
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(again->nothing_new, nothing_new);
    EXPECT_EQ(ExpectWholeVersion("after the rerun"), 1);
    EXPECT_EQ(PiecesLeft(), -1);
  }

  int64_t new_rows_ = kNewRows;
  LoadFile old_;
  LoadFile new_;
};

TEST_F(DuckdbProcessTest, SaysWhoHoldsTheFileAndGoesOnAfterwards) {
  Child holder({Self(), "hold", DatabasePath(), old_.uri, std::to_string(old_.rows)});
  ASSERT_TRUE(holder.WaitForSign());
  auto warehouse = Make();
  auto started = std::chrono::steady_clock::now();
  for (const arrow::Status& status :
       {warehouse->Apply(Request(1), std::stop_token()).status(),
        warehouse->ReadLedger().status(), warehouse->Check(std::stop_token()).status(),
        warehouse->DropSchema()}) {
    EXPECT_EQ(KindOf(status), ErrorKind::kUnavailable) << status;
    EXPECT_EQ(DetailOf(status, "pid"), std::to_string(holder.pid()));
    EXPECT_THAT(status.message(), HasSubstr(DatabasePath()));
    EXPECT_THAT(status.message(), HasSubstr("duckdb_process_test, pid"));
  }
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(30));
  holder.Kill();
  holder.Wait();
  auto result = warehouse->Apply(Request(1), std::stop_token());
  ASSERT_TRUE(result.ok()) << result.status();
}

TEST_F(DuckdbProcessTest, CloseHandsTheFileToTheNextProcess) {
  auto warehouse = Make();
  ASSERT_TRUE(warehouse->Apply(Request(0), std::stop_token()).ok());
  Child refused(LoadArguments(-1));
  EXPECT_EQ(refused.Wait(), 3);
  ASSERT_TRUE(warehouse->Close().ok());
  ASSERT_TRUE(warehouse->Close().ok());
  ASSERT_TRUE(warehouse->ReadLedger().ok());
  Child granted(LoadArguments(-1));
  EXPECT_EQ(granted.Wait(), 0);
  EXPECT_EQ(warehouse->ReadLedger().ValueOrDie().at(0).lake_version, 1);
}

TEST_F(DuckdbProcessTest, KilledBeforeAnyStatementLeavesOneWholeVersion) {
  int kills = 0;
  bool survived = false;
  for (int kill_at = 0; !survived; ++kill_at) {
    ASSERT_LT(kill_at, 50);
    std::filesystem::remove(DatabasePath());
    std::filesystem::remove(DatabasePath() + ".wal");
    {
      auto warehouse = Make();
      ASSERT_TRUE(warehouse->Apply(Request(0), std::stop_token()).ok());
    }
    Child child(LoadArguments(kill_at));
    const int code = child.Wait();
    survived = code == 0;
    kills += code == -SIGKILL ? 1 : 0;
    ASSERT_TRUE(survived || code == -SIGKILL) << code;
    EXPECT_EQ(ExpectWholeVersion("killed at " + std::to_string(kill_at)),
              survived ? 1 : 0);
    auto again = Make()->Apply(Request(1), std::stop_token());
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(again->nothing_new, survived);
    EXPECT_EQ(ExpectWholeVersion("after the rerun"), 1);
  }
  EXPECT_GE(kills, 5);
}

TEST_F(DuckdbProcessTest, KilledBeforeAnyStatementOfAnIncrementLeavesOneWholeVersion) {
  // Version 1 takes away the upper half of version 0 and brings 100000 rows.
  const LoadFile arrived = WriteNumbers(Path("arrived.parquet"), kOldRows / 2, 100000);
  const std::map<std::string, std::string> expected = {
      {"0", std::to_string(kOldRows)}, {"1", std::to_string(kOldRows / 2 + 100000)}};
  int kills = 0;
  bool survived = false;
  for (int kill_at = 0; !survived; ++kill_at) {
    ASSERT_LT(kill_at, 50);
    std::filesystem::remove(DatabasePath());
    std::filesystem::remove(DatabasePath() + ".wal");
    {
      auto warehouse = Make();
      ASSERT_TRUE(warehouse->Apply(Request(0), std::stop_token()).ok());
    }
    Child child({Self(), "increment", DatabasePath(), old_.uri, std::to_string(old_.rows),
                 arrived.uri, std::to_string(arrived.rows), std::to_string(kill_at)});
    const int code = child.Wait();
    survived = code == 0;
    kills += code == -SIGKILL ? 1 : 0;
    ASSERT_TRUE(survived || code == -SIGKILL) << code;
    auto rows =
        Sql("SELECT (SELECT count(*) FROM raw.orders), lake_version, rows, "
            "(SELECT count(DISTINCT id) FROM raw.orders) FROM raw._keelboat_ledger");
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows[0][1], survived ? "1" : "0") << kill_at;
    for (int column : {0, 2, 3}) {
      EXPECT_EQ(rows[0][column], expected.at(*rows[0][1])) << kill_at;
    }
  }
  EXPECT_GE(kills, 6);
}

TEST_F(DuckdbProcessTest, KilledBeforeAnyStatementOfALoadInPiecesLeavesOneWholeVersion) {
  UseLargeRows();
  int pieces = 0;
  bool survived = false;
  for (int kill_at = 0; !survived; ++kill_at) {
    ASSERT_LT(kill_at, 100);
    BeginAtVersion0();
    Child child(LoadArguments(kill_at));
    const int code = child.Wait();
    survived = code == 0;
    ASSERT_TRUE(survived || code == -SIGKILL) << code;
    EXPECT_EQ(ExpectWholeVersion("killed at " + std::to_string(kill_at)),
              survived ? 1 : 0);
    if (PiecesLeft() >= 0) ++pieces;
    ExpectLoadedAgain(survived);
  }
  EXPECT_GE(pieces, kLargeRows / kLargeGroup);
}

TEST_F(DuckdbProcessTest, KilledAtAnyMomentOfALoadInPiecesLeavesOneWholeVersion) {
  UseLargeRows();
  BeginAtVersion0();
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(Child(LoadArguments(-1)).Wait(), 0);
  const auto whole = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - begin);
  std::minstd_rand random(11);
  for (int round = 0; round < 12; ++round) {
    BeginAtVersion0();
    Child child(LoadArguments(-1));
    const std::chrono::microseconds moment(whole.count() * (random() % 100) / 100);
    std::this_thread::sleep_for(moment);
    child.Kill();
    child.Wait();
    const int64_t version =
        ExpectWholeVersion("killed after " + std::to_string(moment.count()) + " us");
    ExpectLoadedAgain(version == 1);
  }
}

TEST_F(DuckdbProcessTest, KilledRightAfterTheCommitOfALoadInPiecesKeepsTheNewVersion) {
  UseLargeRows();
  BeginAtVersion0();
  Child child(
      {Self(), "load-and-die", DatabasePath(), new_.uri, std::to_string(new_.rows)});
  EXPECT_EQ(child.Wait(), -SIGKILL);
  EXPECT_EQ(ExpectWholeVersion("after the kill"), 1);
  EXPECT_EQ(PiecesLeft(), -1);
  ExpectLoadedAgain(true);
}

TEST_F(DuckdbProcessTest, KilledRightAfterTheCommitKeepsTheNewVersion) {
  ASSERT_TRUE(Make()->Apply(Request(0), std::stop_token()).ok());
  Child child(
      {Self(), "load-and-die", DatabasePath(), new_.uri, std::to_string(new_.rows)});
  EXPECT_EQ(child.Wait(), -SIGKILL);
  // The ledger is read without a right to write, from a file that was not closed.
  EXPECT_EQ(Make()->ReadLedger().ValueOrDie().at(0).lake_version, 1);
  EXPECT_EQ(ExpectWholeVersion("after the kill"), 1);
}

TEST_F(DuckdbProcessTest, KilledAtAnyMomentLeavesOneWholeVersion) {
  std::minstd_rand random(7);
  for (int round = 0; round < 12; ++round) {
    std::filesystem::remove(DatabasePath());
    std::filesystem::remove(DatabasePath() + ".wal");
    {
      auto warehouse = Make();
      ASSERT_TRUE(warehouse->Apply(Request(0), std::stop_token()).ok());
    }
    Child child(LoadArguments(-1));
    const auto moment = std::chrono::milliseconds(5 + random() % 150);
    std::this_thread::sleep_for(moment);
    child.Kill();
    child.Wait();
    ExpectWholeVersion("killed after " + std::to_string(moment.count()) + " ms");
  }
}

TEST_F(DuckdbProcessTest, AFullDiskIsSaidAndLeavesTheOldVersion) {
  // In a mount namespace of its own, a file system of 12 MB.
  const std::string mount = Path("small");
  std::filesystem::create_directories(mount);
  const LoadFile big = WriteNumbers(Path("big.parquet"), 0, 4000000);
  std::vector<std::string> command = {"unshare", "--mount"};
  // Root may mount as it is, also where making a user namespace is forbidden.
  if (geteuid() != 0) command.insert(command.end(), {"--user", "--map-root-user"});
  command.insert(
      command.end(),
      {"sh", "-c", "mount -t tmpfs -o size=12m keelboat \"$1\" && shift && exec \"$@\"",
       "sh", mount, Self(), "fill", mount + "/warehouse.duckdb", old_.uri,
       std::to_string(old_.rows), big.uri, std::to_string(big.rows)});
  Child child(command);
  EXPECT_EQ(child.Wait(), 0);
}

TEST_F(DuckdbProcessTest, AFileOfANewerDuckdbIsRefused) {
  ASSERT_TRUE(Make()->Apply(Request(0), std::stop_token()).ok());
  // The first block: checksum, "DUCK", version; the checksum covers the rest of the
  // block.
  std::vector<uint64_t> block(4096 / sizeof(uint64_t));
  auto* bytes = reinterpret_cast<char*>(block.data());
  std::fstream file(DatabasePath(), std::ios::in | std::ios::out | std::ios::binary);
  ASSERT_TRUE(file.read(bytes, 4096).good());
  const uint64_t newer = 9999;
  std::memcpy(bytes + 12, &newer, sizeof(newer));
  block[0] = 5381;
  for (std::size_t i = 1; i < block.size(); ++i)
    block[0] ^= block[i] * 0xbf58476d1ce4e5b9U;
  ASSERT_TRUE(file.seekp(0).write(bytes, 4096).good());
  file.close();
  for (const arrow::Status& status :
       {Make()->Apply(Request(1), std::stop_token()).status(),
        Make()->ReadLedger().status()}) {
    EXPECT_EQ(KindOf(status), ErrorKind::kUnsupported) << status;
    EXPECT_THAT(status.message(), HasSubstr("another version of DuckDB"));
  }
}

int Fail(const std::string& what, const arrow::Status& status) {
  std::cerr << what << ": " << status << "\n";
  return 1;
}

LoadRequest ChildRequest(char** argument, int64_t version) {
  return RequestFor("orders", NumbersSchema(), {{argument[0], std::stoll(argument[1])}},
                    version);
}

int LoadMain(char** argument, bool die_after) {
  const int kill_at = die_after ? -1 : std::stoi(argument[3]);
  int statement = 0;
  auto warehouse = MakeDuckdbWarehouse(OptionsFor(argument[0]), [&](std::string_view) {
                     if (statement++ == kill_at) raise(SIGKILL);
                     return arrow::Status::OK();
                   }).ValueOrDie();
  auto result = warehouse->Apply(ChildRequest(argument + 1, 1), std::stop_token());
  if (die_after && result.ok()) raise(SIGKILL);
  if (!result.ok()) {
    return KindOf(result.status()) == ErrorKind::kUnavailable
               ? 3
               : Fail("loading", result.status());
  }
  return 0;
}

int IncrementMain(char** argument) {
  const int kill_at = std::stoi(argument[5]);
  int statement = 0;
  auto warehouse = MakeDuckdbWarehouse(OptionsFor(argument[0]), [&](std::string_view) {
                     if (statement++ == kill_at) raise(SIGKILL);
                     return arrow::Status::OK();
                   }).ValueOrDie();
  const LoadFile old_file{argument[1], std::stoll(argument[2])};
  const LoadFile arrived{argument[3], std::stoll(argument[4]), 1};
  LoadRequest request = RequestFor("orders", NumbersSchema(), {old_file, arrived}, 1);
  request.key = {"id"};
  request.increment = LoadIncrement{
      0, {old_file}, "id", std::to_string(old_file.rows / 2), false, {arrived}};
  auto result = warehouse->Apply(request, std::stop_token());
  return result.ok() ? 0 : Fail("applying", result.status());
}

int HoldMain(char** argument) {
  auto warehouse = MakeDuckdbWarehouse(OptionsFor(argument[0])).ValueOrDie();
  auto result = warehouse->Apply(ChildRequest(argument + 1, 0), std::stop_token());
  if (!result.ok()) return Fail("holding", result.status());
  std::cout << "held" << std::endl;
  std::cin.get();
  return 0;
}

int FillMain(char** argument) {
  const std::string path = argument[0];
  auto warehouse = MakeDuckdbWarehouse(OptionsFor(path)).ValueOrDie();
  const LoadRequest small = ChildRequest(argument + 1, 0);
  const LoadRequest big = ChildRequest(argument + 3, 1);
  auto first = warehouse->Apply(small, std::stop_token());
  if (!first.ok()) return Fail("loading the small table", first.status());
  arrow::Status full = warehouse->Apply(big, std::stop_token()).status();
  if (KindOf(full) != ErrorKind::kUnavailable || DetailOf(full, "errno") != "ENOSPC" ||
      full.message().find(path) == std::string::npos) {
    return Fail("expected a full disk", full);
  }
  auto ledger = warehouse->ReadLedger();
  if (!ledger.ok()) return Fail("reading the ledger", ledger.status());
  if (ledger->size() != 1 || ledger->at(0).lake_version != 0) {
    return Fail("the ledger moved", arrow::Status::OK());
  }
  auto again = warehouse->Apply(small, std::stop_token());
  if (!again.ok()) return Fail("checking the small table", again.status());
  if (!again->nothing_new) return Fail("the small table was harmed", arrow::Status::OK());
  LoadRequest next = small;
  next.lake_version = 2;
  auto after = warehouse->Apply(next, std::stop_token());
  if (!after.ok()) return Fail("loading after the full disk", after.status());
  return 0;
}

}  // namespace
}  // namespace keelboat::duckdb

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  if (mode == "load") return keelboat::duckdb::LoadMain(argv + 2, false);
  if (mode == "load-and-die") return keelboat::duckdb::LoadMain(argv + 2, true);
  if (mode == "increment") return keelboat::duckdb::IncrementMain(argv + 2);
  if (mode == "hold") return keelboat::duckdb::HoldMain(argv + 2);
  if (mode == "fill") return keelboat::duckdb::FillMain(argv + 2);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
