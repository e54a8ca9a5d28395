// Every call to the store, and every call to the system below it, fails once. After each,
// the table is the old or the new one, a second try works, and a vacuum leaves no orphan.

#include <cerrno>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"
#include "lake/delta/delta_lake.h"
#include "support/faulty_posix.h"
#include "support/faulty_store.h"
#include "support/lake_fixture.h"

namespace keelboat::delta {
namespace {

constexpr int64_t kOldRows = 50;
constexpr int64_t kNewRows = 70;
// The commit that is disturbed is the one that brings a checkpoint along.
constexpr int64_t kOldVersion = 9;

// Loads that replace everything, and loads that replace the open tail, here all rows.
class FaultTest : public testing::TestWithParam<LakeCommit::Mode> {
 protected:
  // A table of kOldRows rows at version kOldVersion, in a new folder.
  void MakeTable() {
    const std::string model = folder_.path() + "/model";
    if (!std::filesystem::exists(model)) {
      root_ = model;
      auto table = OpenLake()->Table("orders").ValueOrDie();
      for (int64_t version = 0; version <= kOldVersion; ++version) {
        std::optional<int64_t> read_version;
        if (version > 0) read_version = version - 1;
        ASSERT_OK(Load(*table, read_version, kOldRows));
      }
    }
    root_ = NextRoot();
    std::filesystem::copy(model, root_, std::filesystem::copy_options::recursive);
  }

  std::shared_ptr<Lake> OpenLake() {
    return MakeDeltaLake(MakeLocalStore(root_).ValueOrDie()).ValueOrDie();
  }

  // What a run does with a table: writes, commits, gives up what it wrote on an error.
  static arrow::Status Load(LakeTable& table, std::optional<int64_t> read_version,
                            int64_t count) {
    ARROW_ASSIGN_OR_RAISE(auto rows, MakeRows(0, count));
    ARROW_ASSIGN_OR_RAISE(Receipt receipt, WriteBatch(table, *rows));
    receipt.files[0].open_tail = GetParam() == LakeCommit::Mode::kAdvance;
    LakeCommit commit = MakeCommit(read_version, {std::move(receipt)});
    commit.mode = GetParam();
    return table.Commit(commit).status();
  }

  // Old or new, never between; and all files that the version names are there and whole.
  void ExpectOldOrNew(const arrow::Status& status, const std::string& where) {
    auto lake = OpenLake();
    auto table = lake->Table("orders").ValueOrDie();
    auto latest = table->Latest();
    ASSERT_TRUE(latest.ok()) << where << ": " << latest.status().ToString();
    ASSERT_TRUE(latest->has_value()) << where;
    const LakeSnapshot& snapshot = **latest;
    const bool is_new = snapshot.version == kOldVersion + 1;
    EXPECT_TRUE(is_new || snapshot.version == kOldVersion) << where;
    EXPECT_EQ(snapshot.rows, is_new ? kNewRows : kOldRows) << where;
    if (status.ok()) {
      EXPECT_TRUE(is_new) << where;
    }
    for (const DataFile& file : snapshot.files) {
      std::error_code error;
      EXPECT_EQ(std::filesystem::file_size(file.uri, error),
                static_cast<uintmax_t>(file.bytes))
          << where;
    }
  }

  // A run afterwards works, and then a vacuum leaves only what the table names.
  void ExpectSound(const std::string& where) {
    auto lake = OpenLake();
    auto table = lake->Table("orders").ValueOrDie();
    auto latest = table->Latest();
    ASSERT_TRUE(latest.ok() && latest->has_value()) << where;
    arrow::Status again = Load(*table, (*latest)->version, kNewRows);
    EXPECT_TRUE(again.ok()) << where << ": " << again.ToString();
    const SystemTime later = Clock::System().Now() + std::chrono::hours(1);
    auto vacuumed = table->Vacuum(later, /*dry_run=*/false);
    EXPECT_TRUE(vacuumed.ok()) << where << ": " << vacuumed.status().ToString();
    std::vector<std::string> data_files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root_)) {
      const std::string path = entry.path().string();
      EXPECT_EQ(path.find(".keelboat-tmp-"), std::string::npos) << where;
      if (entry.is_regular_file() && path.find("_delta_log") == std::string::npos) {
        data_files.push_back(path);
      }
    }
    EXPECT_EQ(data_files.size(), 1u) << where;
    EXPECT_EQ(table->Latest().ValueOrDie()->rows, kNewRows) << where;
  }

  std::string NextRoot() { return folder_.path() + "/lake" + std::to_string(++roots_); }

  TemporaryFolder folder_;
  std::string root_;
  int roots_ = 0;
};

TEST_P(FaultTest, EveryStoreCallMayFail) {
  for (auto fault : {FaultyStore::Fault::kBefore, FaultyStore::Fault::kAfter,
                     FaultyStore::Fault::kFromHere}) {
    int call = 1;
    for (;; ++call) {
      const std::string where = "fault " + std::to_string(static_cast<int>(fault)) +
                                " at call " + std::to_string(call);
      ASSERT_NO_FATAL_FAILURE(MakeTable());
      auto store = std::make_shared<FaultyStore>(MakeLocalStore(root_).ValueOrDie());
      auto table = MakeDeltaLake(store).ValueOrDie()->Table("orders").ValueOrDie();
      store->FailAt(call, fault);
      arrow::Status status = Load(*table, kOldVersion, kNewRows);
      const bool faulted = store->calls() >= call;
      ASSERT_NO_FATAL_FAILURE(ExpectOldOrNew(status, where));
      ASSERT_NO_FATAL_FAILURE(ExpectSound(where));
      if (!faulted) {
        ASSERT_OK(status);
        break;
      }
    }
    EXPECT_GT(call, 10);
  }
}

TEST_P(FaultTest, TheDiskMayFillUpAtAnyCall) {
  int call = 1;
  for (;; ++call) {
    const std::string where = "disk full at call " + std::to_string(call);
    ASSERT_NO_FATAL_FAILURE(MakeTable());
    FaultyPosix posix;
    auto store = MakeLocalStore(root_, posix).ValueOrDie();
    auto table = MakeDeltaLake(store).ValueOrDie()->Table("orders").ValueOrDie();
    posix.FailAt(call, ENOSPC);
    arrow::Status status = Load(*table, kOldVersion, kNewRows);
    if (!status.ok()) {
      EXPECT_EQ(KindOf(status), ErrorKind::kUnavailable) << where;
      EXPECT_EQ(DetailOf(status, "errno"), "ENOSPC") << where;
    }
    const bool faulted = posix.faulted();
    ASSERT_NO_FATAL_FAILURE(ExpectOldOrNew(status, where));
    ASSERT_NO_FATAL_FAILURE(ExpectSound(where));
    if (!faulted) {
      ASSERT_OK(status);
      break;
    }
  }
  EXPECT_GT(call, 10);
}

TEST_P(FaultTest, ThePowerMayGoAtAnyCall) {
  int call = 1;
  for (;; ++call) {
    const std::string where = "power cut at call " + std::to_string(call);
    ASSERT_NO_FATAL_FAILURE(MakeTable());
    FaultyPosix posix;
    auto store = MakeLocalStore(root_, posix).ValueOrDie();
    auto table = MakeDeltaLake(store).ValueOrDie()->Table("orders").ValueOrDie();
    posix.CutPowerAt(call);
    arrow::Status status = Load(*table, kOldVersion, kNewRows);
    const bool faulted = posix.faulted();
    posix.LoseUnsynced();
    ASSERT_NO_FATAL_FAILURE(ExpectOldOrNew(status, where));
    ASSERT_NO_FATAL_FAILURE(ExpectSound(where));
    if (!faulted) {
      ASSERT_OK(status);
      break;
    }
  }
  EXPECT_GT(call, 10);
}

TEST_P(FaultTest, ACommitWhoseOutcomeIsUnknownMayBeMadeAgain) {
  ASSERT_NO_FATAL_FAILURE(MakeTable());
  auto store = std::make_shared<FaultyStore>(MakeLocalStore(root_).ValueOrDie());
  auto table = MakeDeltaLake(store).ValueOrDie()->Table("orders").ValueOrDie();
  ASSERT_OK_AND_ASSIGN(auto rows, MakeRows(0, kNewRows));
  ASSERT_OK_AND_ASSIGN(Receipt receipt, WriteBatch(*table, *rows));
  LakeCommit commit = MakeCommit(kOldVersion, {receipt});
  // The connection goes right after the commit's bytes arrived: what did the store do?
  int call = 1;
  for (;; ++call) {
    store->FailAt(call, FaultyStore::Fault::kFromHere);
    auto first = table->Commit(commit);
    store->Heal();
    ASSERT_OK_AND_ASSIGN(auto latest, table->Latest());
    if (latest->version > kOldVersion) break;
    ASSERT_LT(call, 100);
    ASSERT_FALSE(first.ok());
  }
  ASSERT_OK_AND_ASSIGN(auto second, table->Commit(commit));
  EXPECT_EQ(second.version, kOldVersion + 1);
  EXPECT_EQ(second.rows, kNewRows);
  ASSERT_OK_AND_ASSIGN(auto latest, table->Latest());
  EXPECT_EQ(latest->version, kOldVersion + 1);
  // Giving the files up now would take the table's own.
  ASSERT_OK(table->Discard({receipt}));
  EXPECT_TRUE(std::filesystem::exists(receipt.files[0].uri));
}

TEST_P(FaultTest, ASinkThatFailsLeavesNothing) {
  root_ = NextRoot();
  int call = 1;
  for (;; ++call) {
    auto store = std::make_shared<FaultyStore>(MakeLocalStore(root_).ValueOrDie());
    auto table = MakeDeltaLake(store).ValueOrDie()->Table("orders").ValueOrDie();
    ASSERT_OK_AND_ASSIGN(auto rows, MakeRows(0, 300'000));
    store->FailAt(call, FaultyStore::Fault::kBefore);
    SinkOptions options;
    options.schema = rows->schema();
    options.run_id = "run";
    options.target_file_bytes = 1;  // A file for each row group.
    ASSERT_OK_AND_ASSIGN(auto sink, table->NewSink(options));
    arrow::Status status = sink->Write(*rows);
    if (status.ok()) status = sink->Finish().status();
    if (status.ok()) break;
    EXPECT_EQ(KindOf(status), ErrorKind::kUnavailable);
    EXPECT_FALSE(sink->Write(*rows).ok());
    EXPECT_FALSE(sink->Finish().ok());
    sink.reset();
    EXPECT_FALSE(std::filesystem::exists(root_ + "/orders")) << "call " << call;
  }
  EXPECT_GT(call, 9);
}

INSTANTIATE_TEST_SUITE_P(Modes, FaultTest,
                         testing::Values(LakeCommit::Mode::kReplace,
                                         LakeCommit::Mode::kAdvance));

}  // namespace
}  // namespace keelboat::delta
