#include "lake/delta/log.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"
#include "lake/delta/action.h"
#include "support/lake_fixture.h"

namespace keelboat::delta {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

constexpr const char* kProtocol =
    R"({"protocol":{"minReaderVersion":1,"minWriterVersion":2}})";
constexpr const char* kMetadata =
    R"({"metaData":{"id":"i","format":{"provider":"parquet","options":{}},"schemaString":)"
    R"("{\"type\":\"struct\",\"fields\":[{\"name\":\"id\",\"type\":\"long\",)"
    R"(\"nullable\":true,\"metadata\":{}}]}","partitionColumns":[],"configuration":{}}})";

std::string Add(const std::string& path) {
  return R"({"add":{"path":")" + path +
         R"(","partitionValues":{},"size":7,"modificationTime":1,"dataChange":true,)"
         R"("stats":"{\"numRecords\":3}"}})";
}

std::string Remove(const std::string& path) {
  return R"({"remove":{"path":")" + path +
         R"(","deletionTimestamp":1,"dataChange":true}})";
}

// A log written by hand.
class LogTest : public testing::Test {
 protected:
  void SetUp() override {
    store_ = MakeLocalStore(folder_.path()).ValueOrDie();
    log_ = std::make_unique<Log>(store_, "t");
  }

  void Commit(int64_t version, const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    ASSERT_OK(store_->Put(log_->CommitPath(version), text));
  }

  void BeginTable() { Commit(0, {kProtocol, kMetadata, Add("a"), Add("b")}); }

  arrow::Status LoadError(std::optional<int64_t> version = std::nullopt) {
    return log_->Load(version).status();
  }

  std::vector<std::string> FilesAt(std::optional<int64_t> version = std::nullopt) {
    auto state = log_->Load(version);
    EXPECT_TRUE(state.ok()) << state.status().ToString();
    std::vector<std::string> files;
    if (!state.ok()) return files;
    for (const auto& [path, add] : (*state)->files) files.push_back(path);
    return files;
  }

  TemporaryFolder folder_;
  std::shared_ptr<Store> store_;
  std::unique_ptr<Log> log_;
};

TEST_F(LogTest, NoLogIsNoTable) {
  EXPECT_FALSE(log_->Load(std::nullopt).ValueOrDie().has_value());
}

TEST_F(LogTest, CommitsAddAndRemoveFiles) {
  BeginTable();
  Commit(1, {Remove("a"), Add("c")});
  EXPECT_THAT(FilesAt(), UnorderedElementsAre("b", "c"));
  EXPECT_THAT(FilesAt(0), UnorderedElementsAre("a", "b"));
}

TEST_F(LogTest, WhatNobodyNeedsToKnowIsIgnored) {
  BeginTable();
  Commit(1, {R"({"cdc":{"path":"x"}})", R"({"domainMetadata":{"domain":"d"}})", "",
             R"({"add":{"path":"c","size":1,"futureField":[1]}})"});
  ASSERT_OK(store_->Put("t/_delta_log/00000000000000000001.crc", "{}"));
  ASSERT_OK(store_->Put("t/_delta_log/.00000000000000000001.json.crc", "x"));
  ASSERT_OK(
      store_->Put("t/_delta_log/00000000000000000000.00000000000000000001"
                  ".compacted.json",
                  "x"));
  EXPECT_THAT(FilesAt(), UnorderedElementsAre("a", "b", "c"));
}

TEST_F(LogTest, AGapInTheLogIsAnErrorThatNamesTheVersion) {
  BeginTable();
  Commit(2, {Add("c")});
  arrow::Status status = LoadError();
  EXPECT_EQ(KindOf(status), ErrorKind::kData);
  EXPECT_THAT(status.message(), AllOf(HasSubstr("lacks version 1"),
                                      HasSubstr("00000000000000000001.json")));
}

TEST_F(LogTest, ALogWithoutItsBeginningIsAnError) {
  Commit(3, {Add("c")});
  EXPECT_EQ(KindOf(LoadError()), ErrorKind::kData);
  EXPECT_THAT(LoadError().message(), HasSubstr("lacks version 0"));
}

TEST_F(LogTest, AVersionThatIsNotThereIsNotFound) {
  BeginTable();
  EXPECT_EQ(KindOf(LoadError(1)), ErrorKind::kNotFound);
  EXPECT_THAT(LoadError(1).message(), HasSubstr("versions 0 to 0, not 1"));
}

TEST_F(LogTest, ABrokenLineIsNamed) {
  BeginTable();
  Commit(1, {Add("c"), R"({"add":{"path":"d","si)"});
  arrow::Status status = LoadError();
  EXPECT_EQ(KindOf(status), ErrorKind::kData);
  EXPECT_THAT(status.message(),
              AllOf(HasSubstr("00000000000000000001.json"), HasSubstr("line 2")));
}

TEST_F(LogTest, AMissingOrWrongFieldIsNamed) {
  BeginTable();
  Commit(1, {R"({"add":{"path":"c"}})"});
  EXPECT_THAT(LoadError().message(), AllOf(HasSubstr("line 1"), HasSubstr("size")));
  Commit(1, {R"({"add":{"path":"c","size":"big"}})"});
  EXPECT_EQ(KindOf(LoadError()), ErrorKind::kData);
  Commit(1, {R"([1,2])"});
  EXPECT_EQ(KindOf(LoadError()), ErrorKind::kData);
}

TEST_F(LogTest, AFileNamedTwiceInACommitIsAnError) {
  BeginTable();
  Commit(1, {Add("c"), Add("c")});
  EXPECT_THAT(LoadError().message(), HasSubstr("file c is named twice"));
  Commit(1, {Remove("a"), Add("a")});
  EXPECT_EQ(KindOf(LoadError()), ErrorKind::kData);
}

TEST_F(LogTest, AFileAddedAgainLaterCountsOnce) {
  BeginTable();
  Commit(1, {Add("a")});
  EXPECT_THAT(FilesAt(), UnorderedElementsAre("a", "b"));
}

TEST_F(LogTest, ALogWithoutProtocolOrMetadataIsAnError) {
  Commit(0, {kMetadata});
  EXPECT_THAT(LoadError().message(), HasSubstr("no protocol"));
  Commit(0, {kProtocol});
  EXPECT_THAT(LoadError().message(), HasSubstr("no metaData"));
}

TEST_F(LogTest, FilesThatKeelboatCannotReadAreRefused) {
  BeginTable();
  Commit(1, {R"({"add":{"path":"c","size":1,"deletionVector":{"storageType":"u"}}})"});
  EXPECT_EQ(KindOf(LoadError()), ErrorKind::kUnsupported);
  EXPECT_THAT(LoadError().message(), HasSubstr("deletion vector"));
  Commit(1, {R"({"add":{"path":"s3://other/c","size":1}})"});
  EXPECT_EQ(KindOf(LoadError()), ErrorKind::kUnsupported);
  Commit(1, {R"({"add":{"path":"/elsewhere/c","size":1}})"});
  EXPECT_THAT(LoadError().message(), HasSubstr("outside"));
}

TEST_F(LogTest, NewerProtocolsAreRefusedByName) {
  BeginTable();
  Commit(1, {R"({"protocol":{"minReaderVersion":4,"minWriterVersion":7}})"});
  EXPECT_EQ(KindOf(LoadError()), ErrorKind::kUnsupported);
  EXPECT_THAT(LoadError().message(), HasSubstr("reader version 4"));
  Commit(1,
         {R"({"protocol":{"minReaderVersion":3,"minWriterVersion":7,)"
          R"("readerFeatures":["timestampNtz","v2Checkpoint"],"writerFeatures":[]}})"});
  EXPECT_THAT(LoadError().message(), HasSubstr("v2Checkpoint"));
  EXPECT_EQ(DetailOf(LoadError(), "feature"), "the table feature v2Checkpoint");
}

TEST_F(LogTest, NullsWhereOthersWriteThemAreNothing) {
  BeginTable();
  Commit(1,
         {R"({"add":{"path":"c","size":1,"stats":null,"tags":null,"deletionVector":null,)"
          R"("modificationTime":null}})",
          R"({"metaData":{"id":"i","name":null,"description":null,"schemaString":)"
          R"("{\"type\":\"struct\",\"fields\":[]}","configuration":null}})"});
  EXPECT_THAT(FilesAt(), UnorderedElementsAre("a", "b", "c"));
}

TEST_F(LogTest, ADamagedCheckpointDoesNoHarmWhileTheCommitsAreThere) {
  BeginTable();
  Commit(1, {Add("c")});
  ASSERT_OK(store_->Put(log_->CheckpointPath(1), "PAR1 this is none"));
  EXPECT_THAT(FilesAt(), UnorderedElementsAre("a", "b", "c"));
  ASSERT_OK(store_->Delete(log_->CommitPath(0)));
  arrow::Status status = LoadError();
  EXPECT_EQ(KindOf(status), ErrorKind::kData);
  EXPECT_THAT(status.message(),
              AllOf(HasSubstr("00000000000000000001.checkpoint.parquet"),
                    HasSubstr("not a readable checkpoint")));
}

TEST_F(LogTest, ACheckpointWithAPartMissingIsNotUsed) {
  BeginTable();
  ASSERT_OK(
      store_->Put("t/_delta_log/00000000000000000000.checkpoint."
                  "0000000001.0000000002.parquet",
                  "half"));
  auto listing = log_->List().ValueOrDie();
  EXPECT_TRUE(listing.checkpoints.empty());
  EXPECT_THAT(FilesAt(), UnorderedElementsAre("a", "b"));
}

TEST(ActionTest, EveryActionComesBackAsItWas) {
  const std::string text =
      R"({"protocol":{"minReaderVersion":3,"minWriterVersion":7,)"
      R"("readerFeatures":["timestampNtz"],"writerFeatures":["timestampNtz"]}})"
      "\n"
      R"({"txn":{"appId":"a","lastUpdated":5,"version":3}})"
      "\n"
      R"({"remove":{"dataChange":true,"deletionTimestamp":9,"extendedFileMetadata":true,)"
      R"("partitionValues":{},"path":"a%20b","size":4}})"
      "\n"
      R"({"add":{"dataChange":false,"modificationTime":1,"partitionValues":{},)"
      R"("path":"c","size":2,"stats":"{}","tags":{"k":"v"}}})"
      "\n";
  auto actions = ParseCommit(text).ValueOrDie();
  auto again = ParseCommit(FormatCommit(actions)).ValueOrDie();
  EXPECT_EQ(FormatCommit(again), FormatCommit(actions));
  EXPECT_THAT(FormatCommit(actions), HasSubstr(R"("path":"a%20b")"));
  EXPECT_THAT(FormatCommit(actions), HasSubstr(R"("readerFeatures":["timestampNtz"])"));
}

}  // namespace
}  // namespace keelboat::delta
