#include "lake/view/compact.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"
#include "support/lake_fixture.h"

namespace keelboat {
namespace {

using testing::Each;
using testing::Field;
using testing::HasSubstr;
using testing::SizeIs;

class CompactTest : public LakeFixture {
 protected:
  // A version that replaces all, of files of ten rows each.
  LakeSnapshot Replace(int files) {
    std::vector<Receipt> receipts;
    for (int i = 0; i < files; ++i) {
      auto rows = MakeRows(i * 10, 10).ValueOrDie();
      receipts.push_back(WriteBatch(table(), *rows).ValueOrDie());
      receipts.back().ordinal = i;
    }
    auto latest = table().Latest().ValueOrDie();
    return table()
        .Commit(MakeCommit(latest ? std::optional(latest->version) : std::nullopt,
                           std::move(receipts)))
        .ValueOrDie();
  }

  arrow::Result<LakeSnapshot> CommitCompacted(const LakeSnapshot& snapshot,
                                              Compacted compacted) {
    LakeCommit commit =
        MakeCommit(snapshot.version, std::move(compacted.receipts), snapshot.schema);
    commit.mode = LakeCommit::Mode::kPatch;
    commit.removed = std::move(compacted.removed);
    commit.moves_rows_only = true;
    return table().Commit(commit);
  }

  CompactOptions options_{.run_id = "compact"};
};

TEST_F(CompactTest, SmallFilesOfOneVersionBecomeOne) {
  const LakeSnapshot before = Replace(5);
  ASSERT_OK_AND_ASSIGN(Compacted compacted, CompactFiles(table(), before, options_, {}));
  EXPECT_THAT(compacted.removed, SizeIs(5));
  EXPECT_EQ(compacted.rows, 50);
  ASSERT_OK_AND_ASSIGN(auto after, CommitCompacted(before, compacted));
  EXPECT_EQ(after.version, 1);
  EXPECT_THAT(after.files, SizeIs(1));
  EXPECT_EQ(after.rows, 50);
  EXPECT_EQ(after.files[0].rows_version, 0);
  EXPECT_EQ(after.configuration, before.configuration);
  EXPECT_THAT(after.commit_info, HasSubstr("OPTIMIZE"));
  // Who follows the table sees no change, and no new metadata.
  ASSERT_OK_AND_ASSIGN(std::string log,
                       store_->Get("orders/_delta_log/00000000000000000001.json"));
  EXPECT_THAT(log, testing::Not(HasSubstr("\"dataChange\":true")));
  EXPECT_THAT(log, testing::Not(HasSubstr("metaData")));
  // There is nothing left to do.
  EXPECT_TRUE(CompactFiles(table(), after, options_, {})->empty());
}

TEST_F(CompactTest, VersionsStayApartWhereTheyMatter) {
  ASSERT_OK(CommitRows(std::nullopt, 0, 10).status());
  ASSERT_OK(CommitRows(0, 10, 10, LakeCommit::Mode::kAppend).status());
  ASSERT_OK_AND_ASSIGN(auto before, CommitRows(1, 20, 10, LakeCommit::Mode::kAppend));
  EXPECT_TRUE(CompactFiles(table(), before, options_, {})->empty());
  options_.versions_matter = false;
  ASSERT_OK_AND_ASSIGN(Compacted compacted, CompactFiles(table(), before, options_, {}));
  ASSERT_OK_AND_ASSIGN(auto after, CommitCompacted(before, compacted));
  EXPECT_THAT(after.files, SizeIs(1));
  EXPECT_EQ(after.files[0].rows_version, 2);
  EXPECT_EQ(after.rows, 30);
}

TEST_F(CompactTest, TheOpenTailStaysApart) {
  std::vector<Receipt> receipts;
  for (int i = 0; i < 4; ++i) {
    SinkOptions sink_options;
    sink_options.schema = RowsSchema();
    sink_options.ordinal = i;
    sink_options.open_tail = i >= 2;
    ASSERT_OK_AND_ASSIGN(auto sink, table().NewSink(sink_options));
    ASSERT_OK(sink->Write(*MakeRows(i * 10, 10).ValueOrDie()));
    receipts.push_back(sink->Finish().ValueOrDie());
  }
  ASSERT_OK_AND_ASSIGN(auto before, table().Commit(MakeCommit(std::nullopt, receipts)));
  ASSERT_OK_AND_ASSIGN(Compacted compacted, CompactFiles(table(), before, options_, {}));
  ASSERT_OK_AND_ASSIGN(auto after, CommitCompacted(before, compacted));
  ASSERT_THAT(after.files, SizeIs(2));
  EXPECT_THAT(after.files, Each(Field(&DataFile::rows, 20)));
  EXPECT_NE(after.files[0].open_tail, after.files[1].open_tail);
}

TEST_F(CompactTest, LargeFilesAreLeftAlone) {
  const LakeSnapshot before = Replace(3);
  options_.target_file_bytes = before.files[0].bytes;
  EXPECT_TRUE(CompactFiles(table(), before, options_, {})->empty());
  EXPECT_EQ(table().Latest().ValueOrDie()->version, 0);
}

// A commit made at the same time from the version before goes on; one that changed rows
// stops the compaction.
TEST_F(CompactTest, OnlyChangesOfRowsConflict) {
  const LakeSnapshot before = Replace(3);
  ASSERT_OK_AND_ASSIGN(Compacted first, CompactFiles(table(), before, options_, {}));
  ASSERT_OK(CommitCompacted(before, first).status());
  ASSERT_OK_AND_ASSIGN(auto appended,
                       CommitRows(before.version, 100, 10, LakeCommit::Mode::kAppend));
  EXPECT_EQ(appended.version, 2);
  EXPECT_EQ(appended.rows, 40);
  const LakeSnapshot again = Replace(3);
  ASSERT_OK_AND_ASSIGN(Compacted late, CompactFiles(table(), again, options_, {}));
  ASSERT_OK(CommitRows(again.version, 200, 10, LakeCommit::Mode::kAppend).status());
  EXPECT_EQ(KindOf(CommitCompacted(again, late).status()), ErrorKind::kConflict);
}

TEST_F(CompactTest, ACommitThatLosesRowsIsRefused) {
  const LakeSnapshot before = Replace(3);
  ASSERT_OK_AND_ASSIGN(Compacted compacted, CompactFiles(table(), before, options_, {}));
  ASSERT_OK_AND_ASSIGN(auto few, MakeRows(0, 5));
  compacted.receipts = {WriteBatch(table(), *few).ValueOrDie()};
  EXPECT_EQ(KindOf(CommitCompacted(before, compacted).status()), ErrorKind::kInternal);
  EXPECT_EQ(table().Latest().ValueOrDie()->rows, 30);
}

}  // namespace
}  // namespace keelboat
