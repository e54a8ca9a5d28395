// Commits that replace the open tail of a table, and which commit brought which rows.

#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"
#include "support/lake_fixture.h"

namespace keelboat::delta {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Key;
using testing::Not;
using testing::Pair;
using testing::UnorderedElementsAre;

std::string LogPath(int64_t version) {
  char name[48];
  std::snprintf(name, sizeof name, "orders/_delta_log/%020d.json",
                static_cast<int>(version));
  return name;
}

std::string AddLine(const DataFile& file, bool data_change) {
  return R"({"add":{"path":")" + file.path + R"(","size":)" + std::to_string(file.bytes) +
         R"(,"dataChange":)" + (data_change ? "true" : "false") +
         R"(,"stats":"{\"numRecords\":)" + std::to_string(file.rows) + "}\"}}\n";
}

std::string RemoveLine(const std::string& path, bool data_change) {
  return R"({"remove":{"path":")" + path + R"(","deletionTimestamp":1,"dataChange":)" +
         (data_change ? "true" : "false") + "}}\n";
}

class AdvanceTest : public LakeFixture {
 protected:
  arrow::Result<Receipt> Rows(int64_t first, int64_t count, bool open_tail = false,
                              int64_t rows_version = kOwnVersion) {
    ARROW_ASSIGN_OR_RAISE(auto rows, MakeRows(first, count));
    SinkOptions options;
    options.schema = rows->schema();
    options.run_id = "run";
    options.open_tail = open_tail;
    options.rows_version = rows_version;
    ARROW_ASSIGN_OR_RAISE(auto sink, table().NewSink(options));
    ARROW_RETURN_NOT_OK(sink->Write(*rows));
    return sink->Finish();
  }

  LakeCommit AdvanceOf(std::optional<int64_t> read_version,
                       std::vector<Receipt> receipts) {
    LakeCommit commit = MakeCommit(read_version, std::move(receipts));
    commit.mode = LakeCommit::Mode::kAdvance;
    commit.strategy = "incremental";
    return commit;
  }

  // Version 0: rows 0-9 closed, 10-14 in the tail.
  void Begin() {
    LakeCommit commit = MakeCommit(
        std::nullopt, {Rows(0, 10).ValueOrDie(), Rows(10, 5, true).ValueOrDie()});
    commit.configuration = {{"keelboat.cursor", "id"},
                            {"keelboat.open_from", "10"},
                            {"keelboat.watermark", "14"}};
    ASSERT_OK_AND_ASSIGN(first_, table().Commit(commit));
  }

  const DataFile& FirstClosed() const {
    return first_.files[first_.files[0].open_tail ? 1 : 0];
  }
  const DataFile& FirstTail() const {
    return first_.files[first_.files[0].open_tail ? 0 : 1];
  }

  // What another program put at the next version.
  arrow::Status PutCommit(int64_t version, const std::string& text) {
    return store_->PutIfAbsent(LogPath(version), text);
  }

  // Rows of a file -> (version, "tail" or "closed").
  static std::multimap<int64_t, std::pair<int64_t, std::string>> Files(
      const LakeSnapshot& snapshot) {
    std::multimap<int64_t, std::pair<int64_t, std::string>> files;
    for (const DataFile& file : snapshot.files) {
      files.emplace(file.rows,
                    std::pair(file.rows_version, file.open_tail ? "tail" : "closed"));
    }
    return files;
  }

  LakeSnapshot Now() { return *table().Latest().ValueOrDie(); }

  LakeSnapshot first_;
};

TEST_F(AdvanceTest, TheOpenTailIsReplacedAndTheRestStays) {
  ASSERT_NO_FATAL_FAILURE(Begin());
  LakeCommit commit =
      AdvanceOf(0, {Rows(10, 7).ValueOrDie(), Rows(17, 3, true).ValueOrDie()});
  commit.configuration = {{"keelboat.open_from", "17"}, {"keelboat.watermark", "19"}};
  ASSERT_OK_AND_ASSIGN(auto written, table().Commit(commit));
  EXPECT_EQ(written.version, 1);
  EXPECT_EQ(written.rows, 20);
  for (const LakeSnapshot& snapshot : {written, Now()}) {
    EXPECT_THAT(Files(snapshot), UnorderedElementsAre(Pair(10, Pair(0, "closed")),
                                                      Pair(7, Pair(1, "closed")),
                                                      Pair(3, Pair(1, "tail"))));
    EXPECT_THAT(snapshot.configuration,
                UnorderedElementsAre(
                    Pair("keelboat.cursor", "id"), Pair("keelboat.open_from", "17"),
                    Pair("keelboat.watermark", "19"), Pair(kBaseVersionKey, "0")));
  }
  EXPECT_THAT(written.commit_info, AllOf(HasSubstr("\"mode\":\"Overwrite\""),
                                         HasSubstr("\"predicate\":\"`id` >= '10'\""),
                                         HasSubstr("\"numRemovedFiles\":\"1\""),
                                         HasSubstr("\"keelboat.watermark\":\"19\"")));
  // The old version is as it was.
  EXPECT_THAT(
      Files(table().At(0).ValueOrDie()),
      UnorderedElementsAre(Pair(10, Pair(0, "closed")), Pair(5, Pair(0, "tail"))));
}

TEST_F(AdvanceTest, AnAdvanceThatReplacesNothingAppends) {
  ASSERT_OK(
      table().Commit(MakeCommit(std::nullopt, {Rows(0, 10).ValueOrDie()})).status());
  ASSERT_OK_AND_ASSIGN(auto written,
                       table().Commit(AdvanceOf(0, {Rows(10, 1).ValueOrDie()})));
  EXPECT_EQ(written.rows, 11);
  EXPECT_THAT(written.commit_info, HasSubstr("\"mode\":\"Append\""));
}

TEST_F(AdvanceTest, AnAdvanceMayBeginATable) {
  ASSERT_OK_AND_ASSIGN(auto written, table().Commit(AdvanceOf(
                                         std::nullopt, {Rows(0, 1, true).ValueOrDie()})));
  EXPECT_THAT(Files(written), ElementsAre(Pair(1, Pair(0, "tail"))));
  EXPECT_THAT(written.configuration, ElementsAre(Pair(kBaseVersionKey, "0")));
}

TEST_F(AdvanceTest, RewrittenFilesKeepTheVersionOfTheirRows) {
  ASSERT_NO_FATAL_FAILURE(Begin());
  ASSERT_OK(table().Commit(AdvanceOf(0, {Rows(12, 2, true).ValueOrDie()})).status());
  LakeCommit commit = AdvanceOf(1, {Rows(0, 9, false, /*rows_version=*/0).ValueOrDie(),
                                    Rows(12, 4, true).ValueOrDie()});
  commit.removed = {FirstClosed().path};
  ASSERT_OK(table().Commit(commit).status());
  EXPECT_THAT(Files(Now()),
              UnorderedElementsAre(Pair(9, Pair(0, "closed")), Pair(4, Pair(2, "tail"))));
}

TEST_F(AdvanceTest, AFileThatIsToBeReplacedMustBeThere) {
  ASSERT_NO_FATAL_FAILURE(Begin());
  const std::size_t before = FilesOnDisk().size();
  LakeCommit commit = AdvanceOf(0, {Rows(0, 9, false, 0).ValueOrDie()});
  commit.removed = {"part-00000-gone.parquet"};
  arrow::Status status = table().Commit(commit).status();
  EXPECT_EQ(KindOf(status), ErrorKind::kConflict);
  EXPECT_THAT(status.message(), HasSubstr("part-00000-gone.parquet"));
  EXPECT_EQ(FilesOnDisk().size(), before);
}

TEST_F(AdvanceTest, CommitsThatContradictThemselvesAreBugs) {
  ASSERT_NO_FATAL_FAILURE(Begin());
  LakeCommit replaces = MakeCommit(0, {});
  replaces.removed = {FirstClosed().path};
  EXPECT_EQ(KindOf(table().Commit(replaces).status()), ErrorKind::kInternal);
  for (int64_t version : {int64_t{1}, kMixedVersions}) {
    LakeCommit commit = AdvanceOf(0, {Rows(0, 1, false, version).ValueOrDie()});
    EXPECT_EQ(KindOf(table().Commit(commit).status()), ErrorKind::kInternal);
  }
  LakeCommit base = AdvanceOf(0, {});
  base.configuration = {{kBaseVersionKey, "7"}};
  EXPECT_EQ(KindOf(table().Commit(base).status()), ErrorKind::kInternal);
  EXPECT_EQ(Now().version, 0);
}

TEST_F(AdvanceTest, TheBaseIsTheVersionThatReplacedAllRows) {
  ASSERT_NO_FATAL_FAILURE(Begin());
  ASSERT_OK(table().Commit(AdvanceOf(0, {})).status());
  ASSERT_OK(table().Commit(MakeCommit(1, {Rows(0, 3).ValueOrDie()})).status());
  EXPECT_THAT(Now().configuration, ElementsAre(Pair(kBaseVersionKey, "2")));
  ASSERT_OK(table().Commit(AdvanceOf(2, {Rows(3, 1, true).ValueOrDie()})).status());
  EXPECT_THAT(Now().configuration, ElementsAre(Pair(kBaseVersionKey, "2")));
}

TEST_F(AdvanceTest, CheckpointsKeepWhatIsKnownOfTheFiles) {
  ASSERT_NO_FATAL_FAILURE(Begin());
  for (int64_t version = 0; version < 11; ++version) {
    ASSERT_OK(table()
                  .Commit(AdvanceOf(version, {Rows(100 + version, 1).ValueOrDie(),
                                              Rows(200, 2, true).ValueOrDie()}))
                  .status());
  }
  const auto expected = Files(Now());
  EXPECT_THAT(expected, AllOf(Contains(Pair(1, Pair(7, "closed"))),
                              Contains(Pair(2, Pair(11, "tail")))));
  ASSERT_OK(store_->Get("orders/_delta_log/_last_checkpoint").status());
  for (int64_t version = 0; version <= 10; ++version) {
    ASSERT_OK(store_->Delete(LogPath(version)));
  }
  EXPECT_EQ(Files(Now()), expected);
  EXPECT_THAT(Now().configuration, Contains(Pair(kBaseVersionKey, "0")));
}

TEST_F(AdvanceTest, SomeoneElsesAdvanceIsAConflict) {
  ASSERT_NO_FATAL_FAILURE(Begin());
  ASSERT_OK_AND_ASSIGN(auto late, Rows(10, 6, true));
  ASSERT_OK(table().Commit(AdvanceOf(0, {Rows(10, 7, true).ValueOrDie()})).status());
  arrow::Status status = table().Commit(AdvanceOf(0, {late})).status();
  EXPECT_EQ(KindOf(status), ErrorKind::kConflict);
  EXPECT_THAT(FilesOnDisk(), Not(Contains(late.files[0].uri)));
  EXPECT_EQ(Now().rows, 17);
}

TEST_F(AdvanceTest, AnAdvanceGoesOnTopOfACompaction) {
  ASSERT_NO_FATAL_FAILURE(Begin());
  ASSERT_OK_AND_ASSIGN(auto ours, Rows(10, 7, true));
  // The tail alone was rewritten, into a file that says nothing of itself.
  ASSERT_OK_AND_ASSIGN(auto theirs, Rows(10, 5));
  ASSERT_OK(PutCommit(
      1, RemoveLine(FirstTail().path, false) + AddLine(theirs.files[0], false)));
  EXPECT_THAT(Files(Now()), UnorderedElementsAre(Pair(10, Pair(0, "closed")),
                                                 Pair(5, Pair(0, "tail"))));
  ASSERT_OK_AND_ASSIGN(auto written, table().Commit(AdvanceOf(0, {ours})));
  EXPECT_EQ(written.version, 2);
  EXPECT_THAT(Files(written), UnorderedElementsAre(Pair(10, Pair(0, "closed")),
                                                   Pair(7, Pair(2, "tail"))));
}

TEST_F(AdvanceTest, RowsOfSeveralCommitsInOneFileCannotBeAdvanced) {
  ASSERT_NO_FATAL_FAILURE(Begin());
  ASSERT_OK_AND_ASSIGN(auto theirs, Rows(0, 15));
  ASSERT_OK(PutCommit(1, RemoveLine(FirstTail().path, false) +
                             RemoveLine(FirstClosed().path, false) +
                             AddLine(theirs.files[0], false)));
  EXPECT_THAT(Files(Now()), ElementsAre(Pair(15, Pair(kMixedVersions, "closed"))));
  arrow::Status status =
      table().Commit(AdvanceOf(1, {Rows(10, 7, true).ValueOrDie()})).status();
  EXPECT_EQ(KindOf(status), ErrorKind::kUnsupported);
  EXPECT_THAT(status.message(), HasSubstr("--full-refresh"));
  ASSERT_OK_AND_ASSIGN(auto full,
                       table().Commit(MakeCommit(1, {Rows(0, 20).ValueOrDie()})));
  EXPECT_THAT(Files(full), ElementsAre(Pair(20, Pair(2, "closed"))));
}

TEST_F(AdvanceTest, RowsOfOthersAreOfTheirCommit) {
  ASSERT_NO_FATAL_FAILURE(Begin());
  ASSERT_OK_AND_ASSIGN(auto appended, Rows(50, 2));
  ASSERT_OK(PutCommit(1, AddLine(appended.files[0], true)));
  EXPECT_THAT(Files(Now()), Contains(Pair(2, Pair(1, "closed"))));
  ASSERT_OK_AND_ASSIGN(auto everything, Rows(60, 4));
  ASSERT_OK(PutCommit(2, RemoveLine(FirstTail().path, true) +
                             RemoveLine(FirstClosed().path, true) +
                             RemoveLine(appended.files[0].path, true) +
                             AddLine(everything.files[0], true)));
  EXPECT_THAT(Files(Now()), ElementsAre(Pair(4, Pair(2, "closed"))));
}

// A commit at version 2 is what it was also in the checkpoint at version 10, and after.
TEST_F(AdvanceTest, OthersFilesAreRememberedInCheckpoints) {
  ASSERT_NO_FATAL_FAILURE(Begin());
  ASSERT_OK(table().Commit(AdvanceOf(0, {})).status());
  ASSERT_OK_AND_ASSIGN(auto appended, Rows(50, 2));
  ASSERT_OK(PutCommit(2, AddLine(appended.files[0], true)));
  for (int64_t version = 2; version < 11; ++version) {
    ASSERT_OK(table().Commit(AdvanceOf(version, {})).status());
  }
  for (int64_t version = 0; version <= 10; ++version) {
    ASSERT_OK(store_->Delete(LogPath(version)));
  }
  EXPECT_THAT(Files(Now()), UnorderedElementsAre(Pair(10, Pair(0, "closed")),
                                                 Pair(2, Pair(2, "closed"))));
}

// Each writer closes a row of its own and leaves one in the tail: all closed rows are
// there in the end, and the tail is the last commit's.
TEST_F(AdvanceTest, WritersInARaceLoseNothing) {
  constexpr int kWriters = 3;
  constexpr int kCommits = 12;
  ASSERT_NO_FATAL_FAILURE(Begin());
  std::vector<arrow::Status> failed(kWriters);
  auto write_all = [&](int writer) -> arrow::Status {
    for (int done = 0; done < kCommits;) {
      ARROW_ASSIGN_OR_RAISE(auto latest, table().Latest());
      ARROW_ASSIGN_OR_RAISE(auto closed, Rows(1000 * (writer + 1) + done, 1));
      ARROW_ASSIGN_OR_RAISE(auto tail, Rows(0, 3, /*open_tail=*/true));
      arrow::Status status =
          table()
              .Commit(AdvanceOf(latest->version, {std::move(closed), std::move(tail)}))
              .status();
      if (status.ok()) {
        ++done;
      } else if (KindOf(status) != ErrorKind::kConflict) {
        return status;
      }
    }
    return arrow::Status::OK();
  };
  {
    std::vector<std::jthread> writers;
    for (int writer = 0; writer < kWriters; ++writer) {
      writers.emplace_back([&, writer] { failed[writer] = write_all(writer); });
    }
  }
  for (const arrow::Status& status : failed) ASSERT_OK(status);
  const LakeSnapshot now = Now();
  EXPECT_EQ(now.version, kWriters * kCommits);
  EXPECT_EQ(now.rows, 10 + kWriters * kCommits + 3);
  std::multimap<int64_t, std::pair<int64_t, std::string>> files = Files(now);
  EXPECT_THAT(files, Contains(Pair(3, Pair(now.version, "tail"))));
  EXPECT_EQ(files.count(1), static_cast<std::size_t>(kWriters * kCommits));
  for (int64_t version = 1; version <= now.version; ++version) {
    EXPECT_THAT(files, Contains(Pair(1, Pair(version, "closed"))));
  }
}

}  // namespace
}  // namespace keelboat::delta
