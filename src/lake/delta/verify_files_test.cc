// Damage is planted, and found; sound tables have no finding.

#include "lake/delta/verify_files.h"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/type.h>
#include <arrow/util/decimal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"
#include "support/lake_fixture.h"

namespace keelboat::delta {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

class VerifyFilesTest : public LakeFixture {
 protected:
  std::vector<FileFinding> Verify(const LakeSnapshot& snapshot) {
    return VerifyFiles(table(), snapshot, never_).ValueOrDie();
  }
  std::vector<FileFinding> Verify() { return Verify(*table().Latest().ValueOrDie()); }

  static auto Finds(const DataFile& file, const std::string& what) {
    return ElementsAre(AllOf(Field(&FileFinding::path, file.path),
                             Field(&FileFinding::what, HasSubstr(what))));
  }

  // A file of other rows, put where `file` is.
  void Overwrite(const DataFile& file, const arrow::RecordBatch& rows) {
    const Receipt other = WriteBatch(table(), rows).ValueOrDie();
    std::filesystem::rename(other.files[0].uri, file.uri);
  }

  const std::stop_token never_;
};

template <typename Builder, typename Value>
std::shared_ptr<arrow::Array> ArrayOf(const std::vector<Value>& values,
                                      Builder builder = Builder()) {
  for (const Value& value : values) EXPECT_TRUE(builder.Append(value).ok());
  EXPECT_TRUE(builder.AppendNull().ok());
  return builder.Finish().ValueOrDie();
}

TEST_F(VerifyFilesTest, ASoundTableHasNoFinding) {
  ASSERT_OK(CommitRows(std::nullopt, 0, 300'000).status());
  ASSERT_OK(CommitRows(0, 300'000, 10, LakeCommit::Mode::kAppend).status());
  std::vector<std::pair<int64_t, int64_t>> told;
  ASSERT_OK_AND_ASSIGN(auto latest, table().Latest());
  ASSERT_OK_AND_ASSIGN(auto findings, VerifyFiles(table(), *latest, never_,
                                                  [&](int64_t files, int64_t bytes) {
                                                    told.emplace_back(files, bytes);
                                                  }));
  EXPECT_THAT(findings, IsEmpty());
  EXPECT_THAT(told, ElementsAre(std::pair(int64_t{1}, latest->files[0].bytes),
                                std::pair(int64_t{2}, latest->bytes)));
}

// The statistics taken from the values are those of the writer, for all types, and at
// the edges of each.
TEST_F(VerifyFilesTest, AllTypesAreComparedExactly) {
  const double infinity = std::numeric_limits<double>::infinity();
  const auto micro = arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
  const auto decimal = arrow::decimal128(38, 4);
  const std::string is_long(5000, 'z');
  const std::vector<arrow::ArrayVector> columns = {
      {ArrayOf<arrow::BooleanBuilder, bool>({true, false})},
      {ArrayOf<arrow::Int8Builder, int8_t>({-128, 127})},
      {ArrayOf<arrow::Int64Builder, int64_t>({std::numeric_limits<int64_t>::min(), 5})},
      {ArrayOf<arrow::UInt64Builder, uint64_t>({0, ~uint64_t{0}})},
      {ArrayOf<arrow::FloatBuilder, float>({0.1F, -0.0F})},
      {ArrayOf<arrow::DoubleBuilder, double>({0.0, 0.0})},
      {ArrayOf<arrow::DoubleBuilder, double>({-infinity, infinity})},
      {ArrayOf<arrow::DoubleBuilder, double>({std::nan(""), 1.0})},
      {ArrayOf<arrow::StringBuilder, std::string>({"", is_long})},
      {ArrayOf<arrow::BinaryBuilder, std::string>({"a", is_long})},
      {ArrayOf<arrow::Date32Builder, int32_t>({-719'162, 2'932'896})},
      {ArrayOf<arrow::Int32Builder, int32_t>({})},
  };
  auto add_more = [&] {
    std::vector<arrow::ArrayVector> all = columns;
    arrow::TimestampBuilder times(micro, arrow::default_memory_pool());
    arrow::Decimal128Builder decimals(decimal);
    EXPECT_TRUE(times.Append(-1).ok() && times.Append(1'706'695'200'123'999).ok());
    EXPECT_TRUE(
        decimals.Append(arrow::Decimal128("-99999999999999999999999999999999999999"))
            .ok() &&
        decimals.Append(arrow::Decimal128("1")).ok());
    all.push_back({times.Finish().ValueOrDie()});
    all.push_back({decimals.Finish().ValueOrDie()});
    return all;
  };
  int64_t version = -1;
  for (const arrow::ArrayVector& column : add_more()) {
    auto schema = arrow::schema({arrow::field("c", column[0]->type())});
    auto batch = arrow::RecordBatch::Make(schema, column[0]->length(), column);
    ASSERT_OK_AND_ASSIGN(Receipt receipt, WriteBatch(table(), *batch));
    std::optional<int64_t> read_version;
    if (version >= 0) read_version = version;
    ASSERT_OK(table().Commit(MakeCommit(read_version, {receipt}, schema)).status());
    ++version;
    for (const FileFinding& finding : Verify()) {
      ADD_FAILURE() << column[0]->type()->ToString() << ": " << finding.what;
    }
  }
}

TEST_F(VerifyFilesTest, AFlippedBitIsFoundWhereverItIs) {
  ASSERT_OK_AND_ASSIGN(auto snapshot, CommitRows(std::nullopt, 0, 100));
  const DataFile& file = snapshot.files[0];
  for (int64_t at = 0; at < file.bytes; at += 7) {
    std::fstream stream(file.uri, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekg(at);
    const char old = static_cast<char>(stream.get());
    stream.seekp(at);
    stream.put(static_cast<char>(old ^ 1));
    stream.flush();
    EXPECT_THAT(Verify(), Finds(file, "its bytes are not those that were committed"))
        << at;
    stream.seekp(at);
    stream.put(old);
  }
  EXPECT_THAT(Verify(), IsEmpty());
}

TEST_F(VerifyFilesTest, AFileThatIsCutOffOrLostIsFound) {
  ASSERT_OK_AND_ASSIGN(auto snapshot, CommitRows(std::nullopt, 0, 100));
  const DataFile& file = snapshot.files[0];
  std::filesystem::resize_file(file.uri, 40);
  EXPECT_THAT(Verify(), Finds(file, "it has 40 bytes"));
  std::filesystem::remove(file.uri);
  EXPECT_THAT(Verify(), Finds(file, "it is missing"));
}

// Someone wrote the file anew, with a footer and pages that are right for it.
TEST_F(VerifyFilesTest, OtherValuesInAProperFileAreFound) {
  ASSERT_OK_AND_ASSIGN(auto snapshot, CommitRows(std::nullopt, 0, 100));
  ASSERT_OK_AND_ASSIGN(auto other, MakeRows(1, 100));
  Overwrite(snapshot.files[0], *other);
  EXPECT_THAT(Verify(), Finds(snapshot.files[0], "committed"));
}

// And made the log's size and checksum fit: the statistics still know the values.
TEST_F(VerifyFilesTest, StatisticsAreComparedWithTheValues) {
  ASSERT_OK_AND_ASSIGN(auto snapshot, CommitRows(std::nullopt, 0, 100));
  struct Case {
    int64_t first;
    int64_t count;
    const char* what;
  };
  for (const Case& one :
       {Case{7, 100, "minValues of column 'id' is 7, the log says 0"},
        Case{0, 99, "its footer says 99 rows, 100 were committed"},
        Case{-1, 100, "minValues of column 'id' is -1, the log says 0"}}) {
    ASSERT_OK_AND_ASSIGN(auto other, MakeRows(one.first, one.count));
    ASSERT_OK_AND_ASSIGN(Receipt receipt, WriteBatch(table(), *other));
    LakeSnapshot forged = snapshot;
    forged.files[0].bytes = receipt.files[0].bytes;
    forged.files[0].checksum = receipt.files[0].checksum;
    std::filesystem::rename(receipt.files[0].uri, forged.files[0].uri);
    EXPECT_THAT(Verify(forged), Finds(forged.files[0], one.what));
  }
  ASSERT_OK_AND_ASSIGN(LakeSnapshot forged, CommitRows(0, 0, 100));
  std::string& stats = forged.files[0].stats;
  stats.replace(stats.find("\"name\":15"), 9, "\"name\":14");
  EXPECT_THAT(Verify(forged), Finds(forged.files[0],
                                    "nullCount of column 'name' is 15, the log says 14"));
}

TEST_F(VerifyFilesTest, AFileUnderTwoNamesIsFound) {
  ASSERT_OK_AND_ASSIGN(auto snapshot, CommitRows(std::nullopt, 0, 100));
  DataFile copy = snapshot.files[0];
  copy.path = "part-99999-copy.parquet";
  copy.uri = table().uri() + "/" + copy.path;
  std::filesystem::copy_file(snapshot.files[0].uri, copy.uri);
  copy.rows_version = kOwnVersion;
  LakeCommit commit = MakeCommit(0, {{0, {copy}, copy.rows, copy.bytes}});
  commit.mode = LakeCommit::Mode::kAppend;
  ASSERT_OK(table().Commit(commit).status());
  EXPECT_THAT(Verify(), Finds(copy, "same as " + snapshot.files[0].path));
}

TEST_F(VerifyFilesTest, VersionsThatCannotBeAreFound) {
  ASSERT_OK(CommitRows(std::nullopt, 0, 10).status());
  ASSERT_OK_AND_ASSIGN(LakeSnapshot snapshot, CommitRows(0, 0, 10));
  for (const int64_t version : {int64_t{0}, int64_t{2}, int64_t{-1}}) {
    snapshot.files[0].rows_version = version;
    EXPECT_THAT(Verify(snapshot),
                Finds(snapshot.files[0], "the table's are of versions 1 to 1"));
  }
  snapshot.files[0].rows_version = kMixedVersions;
  EXPECT_THAT(Verify(snapshot), Finds(snapshot.files[0], "--full-refresh"));
}

// Another program's file: no checksum, statistics as that program writes them.
TEST_F(VerifyFilesTest, FilesOfOthersAreComparedAsFarAsTheyTell) {
  ASSERT_OK_AND_ASSIGN(LakeSnapshot snapshot, CommitRows(std::nullopt, 0, 10));
  DataFile& file = snapshot.files[0];
  file.checksum.clear();
  for (const char* stats :
       {"", R"({"numRecords":10})",
        R"({"numRecords":10,"minValues":{"id":-5},"nullCount":{"name":2}})"}) {
    file.stats = stats;
    EXPECT_THAT(Verify(snapshot), IsEmpty()) << stats;
  }
  file.stats = R"({"numRecords":10,"nullCount":{"id":0,"name":3}})";
  EXPECT_THAT(Verify(snapshot), Finds(file, "column 'name' has 2 nulls, the log says 3"));
  file.stats = "not json";
  EXPECT_THAT(Verify(snapshot), Finds(file, "not JSON"));
  file.rows = 11;
  EXPECT_THAT(Verify(snapshot), Finds(file, "10 rows, 11 were committed"));
}

TEST_F(VerifyFilesTest, AStopEndsIt) {
  ASSERT_OK_AND_ASSIGN(auto snapshot, CommitRows(std::nullopt, 0, 10));
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(KindOf(VerifyFiles(table(), snapshot, stop.get_token()).status()),
            ErrorKind::kCancelled);
}

}  // namespace
}  // namespace keelboat::delta
