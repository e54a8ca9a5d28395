#include "lake/delta/table.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/field_metadata.h"
#include "keelboat/error.h"
#include "support/lake_fixture.h"

namespace keelboat::delta {
namespace {

using std::chrono::hours;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;
using testing::UnorderedElementsAre;

constexpr auto kAppend = LakeCommit::Mode::kAppend;

class TableTest : public LakeFixture {
 protected:
  arrow::Result<Receipt> Rows(int64_t first, int64_t count) {
    ARROW_ASSIGN_OR_RAISE(auto rows, MakeRows(first, count));
    return WriteBatch(table(), *rows);
  }

  std::vector<std::string> DataFilesOnDisk() const {
    std::vector<std::string> files;
    for (const std::string& path : FilesOnDisk()) {
      if (path.find("_delta_log") == std::string::npos) files.push_back(path);
    }
    return files;
  }

  // Sets when a file was last written, for vacuum to see.
  void Age(const std::string& path, hours by) {
    std::filesystem::last_write_time(path,
                                     std::filesystem::file_time_type::clock::now() - by);
  }
};

TEST_F(TableTest, ATableThatIsNotThereHasNoSnapshot) {
  ASSERT_OK_AND_ASSIGN(auto latest, table().Latest());
  EXPECT_FALSE(latest.has_value());
  EXPECT_EQ(KindOf(table().At(0).status()), ErrorKind::kNotFound);
  EXPECT_THAT(FilesOnDisk(), IsEmpty());
}

TEST_F(TableTest, AFullLoadIsReadBack) {
  ASSERT_OK_AND_ASSIGN(auto written, CommitRows(std::nullopt, 0, 1000));
  EXPECT_EQ(written.version, 0);
  ASSERT_OK_AND_ASSIGN(auto latest, table().Latest());
  ASSERT_TRUE(latest.has_value());
  EXPECT_EQ(latest->version, 0);
  EXPECT_EQ(latest->rows, 1000);
  ASSERT_THAT(latest->files, SizeIs(1));
  EXPECT_EQ(latest->files[0].rows, 1000);
  EXPECT_THAT(latest->files[0].checksum, HasSubstr("sha256:"));
  EXPECT_EQ(latest->bytes,
            static_cast<int64_t>(std::filesystem::file_size(latest->files[0].uri)));
  EXPECT_EQ(latest->files[0].uri, table().uri() + "/" + latest->files[0].path);
  EXPECT_THAT(latest->commit_info, HasSubstr("\"sourcePosition\":\"shop.orders\""));
  EXPECT_EQ(latest->committed_at,
            std::chrono::floor<std::chrono::milliseconds>(clock_.Now()));
  // What Commit returns is what anyone reads.
  EXPECT_EQ(written.files[0].path, latest->files[0].path);
  EXPECT_EQ(written.files[0].stats, latest->files[0].stats);
  EXPECT_EQ(written.commit_info, latest->commit_info);
  EXPECT_EQ(written.committed_at, latest->committed_at);
  EXPECT_TRUE(written.schema->Equals(*latest->schema, /*check_metadata=*/true));
}

TEST_F(TableTest, ColumnsKeepTheirMetadata) {
  auto metadata = arrow::key_value_metadata(
      {kSourceTypeKey, kCommentKey, kLogicalTypeKey}, {"longtext", "As JSON", "json"});
  auto schema = arrow::schema({arrow::field("doc", arrow::utf8(), false, metadata)});
  ASSERT_OK(table().Commit(MakeCommit(std::nullopt, {}, schema)).status());
  ASSERT_OK_AND_ASSIGN(auto latest, table().Latest());
  EXPECT_TRUE(latest->schema->Equals(*schema, /*check_metadata=*/true))
      << latest->schema->ToString();
}

TEST_F(TableTest, UncommittedFilesAreNotSeen) {
  ASSERT_OK_AND_ASSIGN(auto first, CommitRows(std::nullopt, 0, 10));
  ASSERT_OK_AND_ASSIGN(auto receipt, Rows(10, 10));
  EXPECT_EQ(table().Latest().ValueOrDie()->rows, 10);
  EXPECT_THAT(DataFilesOnDisk(), SizeIs(2));
  ASSERT_OK(table().Discard({receipt}));
  EXPECT_THAT(DataFilesOnDisk(), ElementsAre(first.files[0].uri));
}

TEST_F(TableTest, ASinkThatIsDroppedLeavesNothing) {
  ASSERT_OK_AND_ASSIGN(auto rows, MakeRows(0, 300'000));
  SinkOptions options;
  options.schema = rows->schema();
  options.run_id = "run";
  options.target_file_bytes = 1;
  {
    ASSERT_OK_AND_ASSIGN(auto sink, table().NewSink(options));
    ASSERT_OK(sink->Write(*rows));
    EXPECT_THAT(FilesOnDisk(), SizeIs(3));
  }
  EXPECT_THAT(FilesOnDisk(), IsEmpty());
}

TEST_F(TableTest, AFileOfThousandsOfColumnsEndsBeforeItsFooterIsLarge) {
  constexpr int kColumns = 4'096;
  constexpr int64_t kRows = 8'000;
  ASSERT_OK_AND_ASSIGN(auto column,
                       arrow::MakeArrayFromScalar(arrow::Int8Scalar(7), kRows));
  arrow::FieldVector fields;
  for (int i = 0; i < kColumns; ++i) {
    fields.push_back(arrow::field("c" + std::to_string(i), arrow::int8()));
  }
  SinkOptions options;
  options.schema = arrow::schema(fields);
  options.run_id = "run";
  ASSERT_OK_AND_ASSIGN(auto sink, table().NewSink(options));
  ASSERT_OK(sink->Write(*arrow::RecordBatch::Make(options.schema, kRows,
                                                  arrow::ArrayVector(kColumns, column))));
  ASSERT_OK_AND_ASSIGN(Receipt receipt, sink->Finish());
  EXPECT_EQ(receipt.rows, kRows);
  EXPECT_THAT(receipt.files, SizeIs(2));
}

TEST_F(TableTest, ABatchOfOtherColumnsIsABug) {
  SinkOptions options;
  options.schema = arrow::schema({arrow::field("other", arrow::int64())});
  ASSERT_OK_AND_ASSIGN(auto rows, MakeRows(0, 1));
  ASSERT_OK_AND_ASSIGN(auto sink, table().NewSink(options));
  EXPECT_EQ(KindOf(sink->Write(*rows)), ErrorKind::kInternal);
}

TEST_F(TableTest, ATableThatSomeoneElseMadeIsAConflictAndOurFilesGo) {
  ASSERT_OK_AND_ASSIGN(auto theirs, CommitRows(std::nullopt, 0, 10));
  arrow::Status status = CommitRows(std::nullopt, 10, 10).status();
  EXPECT_EQ(KindOf(status), ErrorKind::kConflict);
  EXPECT_THAT(status.message(), HasSubstr("someone else made the table"));
  EXPECT_THAT(DataFilesOnDisk(), ElementsAre(theirs.files[0].uri));
}

TEST_F(TableTest, DataChangedSinceTheReadVersionIsAConflict) {
  ASSERT_OK(CommitRows(std::nullopt, 0, 10).status());
  ASSERT_OK(CommitRows(0, 10, 10, kAppend).status());
  for (auto mode : {kAppend, LakeCommit::Mode::kReplace}) {
    arrow::Status status = CommitRows(0, 20, 10, mode).status();
    EXPECT_EQ(KindOf(status), ErrorKind::kConflict);
    EXPECT_THAT(status.message(), HasSubstr("since version 0 (it is at version 1 now)"));
  }
  EXPECT_THAT(DataFilesOnDisk(), SizeIs(2));
  EXPECT_EQ(table().Latest().ValueOrDie()->version, 1);
}

TEST_F(TableTest, ADroppedTableIsAConflict) {
  ASSERT_OK(CommitRows(std::nullopt, 0, 10).status());
  ASSERT_OK(table().Drop());
  EXPECT_EQ(KindOf(CommitRows(0, 0, 10).status()), ErrorKind::kConflict);
  EXPECT_THAT(FilesOnDisk(), IsEmpty());
}

// Compaction rewrites files and changes no row.
TEST_F(TableTest, ACommitThatChangedNoDataIsNoConflict) {
  ASSERT_OK_AND_ASSIGN(auto first, CommitRows(std::nullopt, 0, 10));
  ASSERT_OK_AND_ASSIGN(auto copy, Rows(0, 10));
  const std::string text = R"({"remove":{"path":")" + first.files[0].path +
                           R"(","dataChange":false,"deletionTimestamp":1}})"
                           "\n"
                           R"({"add":{"path":")" +
                           copy.files[0].path + R"(","size":)" +
                           std::to_string(copy.files[0].bytes) +
                           R"(,"dataChange":false,"stats":"{\"numRecords\":10}"}})"
                           "\n";
  ASSERT_OK(store_->PutIfAbsent("orders/_delta_log/00000000000000000001.json", text));
  ASSERT_OK_AND_ASSIGN(auto second, CommitRows(0, 10, 5, kAppend));
  EXPECT_EQ(second.version, 2);
  EXPECT_EQ(second.rows, 15);
  // Replacing takes the compacted file, not the one that was there at the read version.
  ASSERT_OK_AND_ASSIGN(auto third, CommitRows(2, 0, 1));
  EXPECT_EQ(third.rows, 1);
  EXPECT_THAT(third.files, SizeIs(1));
}

TEST_F(TableTest, ACommitMadeAgainIsTheSameCommit) {
  ASSERT_OK_AND_ASSIGN(auto receipt, Rows(0, 10));
  const LakeCommit commit = MakeCommit(std::nullopt, {receipt});
  ASSERT_OK_AND_ASSIGN(auto first, table().Commit(commit));
  ASSERT_OK(CommitRows(0, 10, 10, kAppend).status());
  ASSERT_OK_AND_ASSIGN(auto again, table().Commit(commit));
  EXPECT_EQ(again.version, 0);
  EXPECT_EQ(again.rows, 10);
  EXPECT_EQ(table().Latest().ValueOrDie()->rows, 20);
  EXPECT_THAT(DataFilesOnDisk(), SizeIs(2));
}

TEST_F(TableTest, AnApplicationTransactionHappensOnce) {
  auto commit_once = [&](int64_t version, std::optional<int64_t> read) {
    LakeCommit commit = MakeCommit(read, {Rows(0, 10).ValueOrDie()});
    commit.mode = kAppend;
    commit.transaction = {{"keelboat/orders", version}};
    return table().Commit(commit).ValueOrDie();
  };
  EXPECT_EQ(commit_once(1, std::nullopt).version, 0);
  EXPECT_EQ(commit_once(1, 0).version, 0);
  EXPECT_THAT(DataFilesOnDisk(), SizeIs(1));
  EXPECT_EQ(commit_once(2, 0).version, 1);
  EXPECT_EQ(table().Latest().ValueOrDie()->rows, 20);
}

TEST_F(TableTest, ReceiptsThatLieAreRefused) {
  ASSERT_OK_AND_ASSIGN(auto receipt, Rows(0, 10));
  arrow::Status twice =
      table().Commit(MakeCommit(std::nullopt, {receipt, receipt})).status();
  EXPECT_EQ(KindOf(twice), ErrorKind::kData);
  EXPECT_THAT(twice.message(), HasSubstr("name the same file"));

  ASSERT_OK_AND_ASSIGN(receipt, Rows(0, 10));
  std::ofstream(receipt.files[0].uri, std::ios::app) << "more";
  arrow::Status grown = table().Commit(MakeCommit(std::nullopt, {receipt})).status();
  EXPECT_EQ(KindOf(grown), ErrorKind::kData);
  EXPECT_THAT(grown.message(), HasSubstr("its receipt says"));

  ASSERT_OK_AND_ASSIGN(receipt, Rows(0, 10));
  std::filesystem::remove(receipt.files[0].uri);
  arrow::Status gone = table().Commit(MakeCommit(std::nullopt, {receipt})).status();
  EXPECT_EQ(KindOf(gone), ErrorKind::kNotFound);
  EXPECT_FALSE(table().Latest().ValueOrDie().has_value());
  EXPECT_THAT(FilesOnDisk(), IsEmpty());
}

TEST_F(TableTest, ConfigurationIsReplacedWithTheRowsAndKeptWhereRowsAreAdded) {
  LakeCommit commit = MakeCommit(std::nullopt, {});
  commit.description = "All orders";
  commit.configuration = {{"keelboat.watermark", "10"}, {"keelboat.source", "shop"}};
  ASSERT_OK(table().Commit(commit).status());
  commit.mode = kAppend;
  commit.read_version = 0;
  commit.description = "";
  commit.configuration = {{"keelboat.watermark", "20"}};
  ASSERT_OK_AND_ASSIGN(auto added, table().Commit(commit));
  EXPECT_EQ(added.description, "All orders");
  EXPECT_THAT(added.configuration, UnorderedElementsAre(Pair("keelboat.watermark", "20"),
                                                        Pair("keelboat.source", "shop"),
                                                        Pair(kBaseVersionKey, "0")));
  commit.mode = LakeCommit::Mode::kReplace;
  commit.read_version = 1;
  ASSERT_OK_AND_ASSIGN(auto replaced, table().Commit(commit));
  EXPECT_EQ(replaced.description, "");
  EXPECT_THAT(
      replaced.configuration,
      UnorderedElementsAre(Pair("keelboat.watermark", "20"), Pair(kBaseVersionKey, "2")));
  commit.read_version = 2;
  commit.configuration = {{"delta.columnMapping.mode", "name"}};
  EXPECT_EQ(KindOf(table().Commit(commit).status()), ErrorKind::kInternal);
}

TEST_F(TableTest, TheTablesIdStaysTheSame) {
  auto id_of = [&](int64_t version) {
    char name[32];
    std::snprintf(name, sizeof name, "%020d.json", static_cast<int>(version));
    std::string text = store_->Get("orders/_delta_log/" + std::string(name)).ValueOrDie();
    const std::size_t at = text.find("\"id\":\"", text.find("metaData"));
    return text.substr(at + 6, 36);
  };
  ASSERT_OK(CommitRows(std::nullopt, 0, 1).status());
  auto text_only = arrow::schema({arrow::field("t", arrow::utf8())});
  ASSERT_OK(table().Commit(MakeCommit(0, {}, text_only)).status());
  EXPECT_EQ(id_of(0), id_of(1));
}

// 4 writers, 25 commits each: as many versions, and no row lost or doubled.
TEST_F(TableTest, WritersInARaceLoseNothing) {
  constexpr int kWriters = 4;
  constexpr int kCommits = 25;
  std::vector<arrow::Status> failed(kWriters);
  auto write_all = [&](int writer) -> arrow::Status {
    ARROW_ASSIGN_OR_RAISE(auto lake, MakeDeltaLake(store_, clock_));
    ARROW_ASSIGN_OR_RAISE(auto own_table, lake->Table("orders"));
    for (int done = 0; done < kCommits;) {
      ARROW_ASSIGN_OR_RAISE(auto latest, own_table->Latest());
      ARROW_ASSIGN_OR_RAISE(auto rows, MakeRows(writer * 1000 + done, 1));
      ARROW_ASSIGN_OR_RAISE(Receipt receipt, WriteBatch(*own_table, *rows));
      std::optional<int64_t> read_version;
      if (latest) read_version = latest->version;
      LakeCommit commit = MakeCommit(read_version, {std::move(receipt)});
      commit.mode = kAppend;
      arrow::Status status = own_table->Commit(commit).status();
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
  ASSERT_OK_AND_ASSIGN(auto latest, table().Latest());
  EXPECT_EQ(latest->version, kWriters * kCommits - 1);
  EXPECT_EQ(latest->rows, kWriters * kCommits);
  EXPECT_THAT(latest->files, SizeIs(kWriters * kCommits));
  // Those who lost a race have deleted their files.
  EXPECT_THAT(DataFilesOnDisk(), SizeIs(kWriters * kCommits));
  for (int64_t version : {0, 9, 10, 11, 57}) {
    EXPECT_EQ(table().At(version).ValueOrDie().rows, version + 1);
  }
}

TEST_F(TableTest, VacuumDeletesWhatNoKeptVersionNames) {
  ASSERT_OK_AND_ASSIGN(auto first, CommitRows(std::nullopt, 0, 10));
  ASSERT_OK_AND_ASSIGN(auto second, CommitRows(0, 0, 20));
  ASSERT_OK_AND_ASSIGN(auto orphan, Rows(0, 1));
  ASSERT_OK_AND_ASSIGN(auto young_orphan, Rows(0, 1));
  Age(first.files[0].uri, hours(48));
  Age(second.files[0].uri, hours(48));
  Age(orphan.files[0].uri, hours(48));
  Age(folder_.path() + "/lake/orders/_delta_log/00000000000000000001.json", hours(1));
  std::ofstream(folder_.path() + "/lake/orders/notes.txt") << "by hand";
  Age(folder_.path() + "/lake/orders/notes.txt", hours(48));
  const SystemTime now = Clock::System().Now();

  // The first version's file was still current within the last day.
  ASSERT_OK_AND_ASSIGN(auto listed, table().Vacuum(now - hours(24), /*dry_run=*/true));
  ASSERT_THAT(listed, SizeIs(1));
  EXPECT_EQ(listed[0].path, orphan.files[0].path);
  EXPECT_EQ(listed[0].bytes, orphan.files[0].bytes);
  EXPECT_THAT(DataFilesOnDisk(), SizeIs(5));
  ASSERT_OK_AND_ASSIGN(auto deleted, table().Vacuum(now - hours(24), /*dry_run=*/false));
  EXPECT_THAT(deleted, SizeIs(1));
  EXPECT_EQ(table().At(0).ValueOrDie().files.size(), 1u);
  EXPECT_TRUE(std::filesystem::exists(first.files[0].uri));

  // With everything aged, only the newest version stays, and what is no table's file.
  clock_.Advance(hours(72));
  ASSERT_OK_AND_ASSIGN(deleted, table().Vacuum(now + hours(1), /*dry_run=*/false));
  EXPECT_THAT(deleted, SizeIs(2));
  EXPECT_THAT(DataFilesOnDisk(),
              UnorderedElementsAre(second.files[0].uri,
                                   folder_.path() + "/lake/orders/notes.txt"));
}

TEST_F(TableTest, VacuumRemovesWhatADeadWriterLeft) {
  ASSERT_OK_AND_ASSIGN(auto first, CommitRows(std::nullopt, 0, 10));
  const std::string temporary = folder_.path() + "/lake/orders/.keelboat-tmp-1-0-0";
  std::ofstream(temporary) << "half";
  Age(temporary, hours(2));
  const SystemTime now = Clock::System().Now();
  ASSERT_OK(table().Vacuum(now - hours(3), false).status());
  EXPECT_TRUE(std::filesystem::exists(temporary));
  ASSERT_OK(table().Vacuum(now - hours(1), true).status());
  EXPECT_TRUE(std::filesystem::exists(temporary));
  ASSERT_OK(table().Vacuum(now - hours(1), false).status());
  EXPECT_FALSE(std::filesystem::exists(temporary));
  EXPECT_THAT(DataFilesOnDisk(), ElementsAre(first.files[0].uri));
}

TEST_F(TableTest, VacuumWorksWhereTheFirstLoadDied) {
  ASSERT_OK(Rows(0, 10).status());
  const SystemTime later = Clock::System().Now() + hours(1);
  ASSERT_OK_AND_ASSIGN(auto deleted, table().Vacuum(later, false));
  EXPECT_THAT(deleted, SizeIs(1));
  EXPECT_THAT(FilesOnDisk(), IsEmpty());
}

TEST_F(TableTest, VacuumTouchesNothingItDoesNotUnderstand) {
  ASSERT_OK(Rows(0, 10).status());
  ASSERT_OK(store_->Put("orders/_delta_log/00000000000000000000.json",
                        R"({"protocol":{"minReaderVersion":1,"minWriterVersion":4}})"
                        "\n"
                        R"({"metaData":{"id":"i","schemaString":"{\"fields\":[]}"}})"));
  const SystemTime later = Clock::System().Now() + hours(1);
  EXPECT_EQ(KindOf(table().Vacuum(later, false).status()), ErrorKind::kUnsupported);
  EXPECT_THAT(DataFilesOnDisk(), SizeIs(1));
}

TEST_F(TableTest, DropLeavesNothingAndTheNextLoadStartsAnew) {
  for (int64_t version = 0; version < 12; ++version) {
    ASSERT_OK(CommitRows(version == 0 ? std::nullopt : std::optional(version - 1), 0, 3)
                  .status());
  }
  ASSERT_OK(Rows(0, 10).status());
  ASSERT_OK(table().Drop());
  EXPECT_FALSE(std::filesystem::exists(folder_.path() + "/lake/orders"));
  EXPECT_FALSE(table().Latest().ValueOrDie().has_value());
  EXPECT_EQ(CommitRows(std::nullopt, 0, 1).ValueOrDie().version, 0);
  ASSERT_OK(table().Drop());
  ASSERT_OK(table().Drop());
}

TEST_F(TableTest, AnAppendOnlyTableIsNotReplaced) {
  LakeCommit commit = MakeCommit(std::nullopt, {Rows(0, 5).ValueOrDie()});
  ASSERT_OK(table().Commit(commit).status());
  std::string text =
      store_->Get("orders/_delta_log/00000000000000000000.json").ValueOrDie();
  text.replace(text.find("\"configuration\":{"), 17,
               "\"configuration\":{\"delta.appendOnly\":\"true\",");
  ASSERT_OK(store_->Put("orders/_delta_log/00000000000000000000.json", text));
  arrow::Status status = CommitRows(0, 0, 1).status();
  EXPECT_EQ(KindOf(status), ErrorKind::kUnsupported);
  EXPECT_THAT(status.message(), HasSubstr("append-only"));
  EXPECT_EQ(CommitRows(0, 5, 5, kAppend).ValueOrDie().rows, 10);
}

TEST_F(TableTest, FilesWithoutStatisticsAreCounted) {
  ASSERT_OK_AND_ASSIGN(auto receipt, Rows(0, 17));
  receipt.files[0].stats.clear();
  ASSERT_OK_AND_ASSIGN(auto snapshot,
                       table().Commit(MakeCommit(std::nullopt, {receipt})));
  EXPECT_EQ(snapshot.rows, 17);
}

TEST_F(TableTest, ErrorsNameTheTable) {
  ASSERT_OK(store_->Put("orders/_delta_log/00000000000000000000.json", "not json"));
  EXPECT_THAT(table().Latest().status().message(),
              AllOf(HasSubstr("reading lake table orders"), HasSubstr("line 1")));
}

class LakeTest : public LakeFixture {};

TEST_F(LakeTest, TablesThatExistAreListed) {
  for (const char* name : {"orders", "order items", ".x"}) {
    ASSERT_OK_AND_ASSIGN(auto one, lake_->Table(name));
    ASSERT_OK(one->Commit(MakeCommit(std::nullopt, {})).status());
    EXPECT_EQ(one->name(), name);
  }
  ASSERT_OK(store_->Put("no_table/part-1.parquet", "x"));
  ASSERT_OK(store_->Put("nested/orders/_delta_log/00000000000000000000.json", "x"));
  EXPECT_THAT(lake_->ListTables().ValueOrDie(),
              ElementsAre(".x", "order items", "orders"));
  EXPECT_EQ(KindOf(lake_->Table("").status()), ErrorKind::kConfig);
}

TEST_F(LakeTest, CheckLeavesNothing) {
  ASSERT_OK(lake_->Check().status());
  EXPECT_THAT(FilesOnDisk(), IsEmpty());
}

TEST_F(LakeTest, CheckNamesTheMissingRight) {
  std::ofstream(folder_.path() + "/lake") << "in the way";
  arrow::Status status = lake_->Check().status();
  EXPECT_EQ(KindOf(status), ErrorKind::kConfig);
  EXPECT_THAT(status.message(),
              HasSubstr("checking the lake " + folder_.path() + "/lake"));
}

}  // namespace
}  // namespace keelboat::delta
