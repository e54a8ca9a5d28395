// The latest-per-key view of random histories, against a plain model of them.

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/parquet/reader.h"
#include "keelboat/error.h"
#include "lake/view/key_set.h"
#include "lake/view/latest.h"
#include "lake/view/latest_rows.h"
#include "lake/view/rewrite.h"
#include "support/lake_fixture.h"

namespace keelboat {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

const std::vector<std::string> kKey = {"shop", "id"};

// A key of two columns, and what an update changes.
struct Row {
  std::string shop;
  uint64_t id = 0;
  int64_t value = 0;
};
using Rows = std::map<std::pair<std::string, uint64_t>, int64_t>;

std::shared_ptr<arrow::Schema> KeyedSchema() {
  return arrow::schema({arrow::field("value", arrow::int64(), false),
                        arrow::field("shop", arrow::utf8(), false),
                        arrow::field("id", arrow::uint64(), false)});
}

std::shared_ptr<arrow::RecordBatch> BatchOf(const Rows& rows) {
  arrow::Int64Builder values;
  arrow::StringBuilder shops;
  arrow::UInt64Builder ids;
  for (const auto& [key, value] : rows) {
    EXPECT_TRUE(values.Append(value).ok() && shops.Append(key.first).ok() &&
                ids.Append(key.second).ok());
  }
  return arrow::RecordBatch::Make(
      KeyedSchema(), static_cast<int64_t>(rows.size()),
      {values.Finish().ValueOrDie(), shops.Finish().ValueOrDie(),
       ids.Finish().ValueOrDie()});
}

class ViewTest : public LakeFixture {
 protected:
  Receipt WriteRows(const Rows& rows, bool open_tail = false,
                    int64_t rows_version = kOwnVersion) {
    SinkOptions options;
    options.schema = KeyedSchema();
    options.run_id = "run";
    options.open_tail = open_tail;
    options.rows_version = rows_version;
    auto sink = table().NewSink(options).ValueOrDie();
    EXPECT_TRUE(sink->Write(*BatchOf(rows)).ok());
    return sink->Finish().ValueOrDie();
  }

  LakeSnapshot Commit(LakeCommit::Mode mode, std::vector<Receipt> receipts,
                      std::vector<std::string> removed = {}) {
    std::optional<int64_t> version;
    if (auto latest = table().Latest().ValueOrDie()) version = latest->version;
    LakeCommit commit = MakeCommit(version, std::move(receipts), KeyedSchema());
    commit.mode = mode;
    commit.removed = std::move(removed);
    return table().Commit(commit).ValueOrDie();
  }

  LakeSnapshot Now() { return *table().Latest().ValueOrDie(); }

  // As the engine adds up the keys of the source.
  KeyDigest DigestOf(const Rows& rows) {
    KeyDigest digest;
    auto batch = table().ToLakeTypes(*BatchOf(rows)).ValueOrDie();
    EXPECT_TRUE(digest.Add(*batch, kKey).ok());
    return digest;
  }

  // Latest row of each key, read in the plainest way.
  Rows Latest(const LakeSnapshot& snapshot) {
    std::map<std::pair<std::string, uint64_t>, std::pair<int64_t, int64_t>> found;
    for (const DataFile& file : snapshot.files) {
      auto reader =
          ParquetReader::Make(table().OpenFile(file).ValueOrDie(), {}).ValueOrDie();
      while (auto batch = reader->Next().ValueOrDie()) {
        const auto& values = static_cast<const arrow::Int64Array&>(*batch->column(0));
        const auto& shops = static_cast<const arrow::StringArray&>(*batch->column(1));
        const auto& ids = static_cast<const arrow::Decimal128Array&>(*batch->column(2));
        for (int64_t row = 0; row < batch->num_rows(); ++row) {
          const auto key =
              std::pair(shops.GetString(row), std::stoull(ids.FormatValue(row)));
          auto [place, fresh] =
              found.emplace(key, std::pair(file.rows_version, values.Value(row)));
          if (!fresh && place->second.first < file.rows_version) {
            place->second = {file.rows_version, values.Value(row)};
          }
        }
      }
    }
    Rows rows;
    for (const auto& [key, version_and_value] : found) {
      rows[key] = version_and_value.second;
    }
    return rows;
  }

  // The same through LatestRows; a key that comes twice shows.
  Rows Visited(const LakeSnapshot& snapshot, const ViewOptions& options) {
    auto view = LatestRows::Make(table(), snapshot.files, kKey, never_, options);
    EXPECT_TRUE(view.ok()) << view.status().ToString();
    Rows rows;
    auto visit = [&](const DataFile&, const arrow::RecordBatch& batch,
                     const std::vector<bool>& superseded) {
      const auto& values = static_cast<const arrow::Int64Array&>(*batch.column(0));
      const auto& shops = static_cast<const arrow::StringArray&>(*batch.column(1));
      const auto& ids = static_cast<const arrow::Decimal128Array&>(*batch.column(2));
      for (int64_t row = 0; row < batch.num_rows(); ++row) {
        if (!superseded.empty() && superseded[row]) continue;
        const bool fresh = rows.emplace(std::pair(shops.GetString(row),
                                                  std::stoull(ids.FormatValue(row))),
                                        values.Value(row))
                               .second;
        EXPECT_TRUE(fresh);
      }
      return arrow::Status::OK();
    };
    EXPECT_TRUE(view->Visit(never_, visit).ok());
    return rows;
  }

  const std::stop_token never_;
};

std::vector<DataFile> FilesOf(const std::vector<Receipt>& receipts) {
  std::vector<DataFile> files;
  for (const Receipt& receipt : receipts) {
    files.insert(files.end(), receipt.files.begin(), receipt.files.end());
  }
  return files;
}

std::vector<DataFile> TailOf(const LakeSnapshot& snapshot, bool open_tail) {
  std::vector<DataFile> files;
  for (const DataFile& file : snapshot.files) {
    if (file.open_tail == open_tail) files.push_back(file);
  }
  return files;
}

// A source whose rows have a cursor, loaded as an incremental load does: from open_from
// on, vanished keys looked up, gone ones rewritten away. After each run the view is the
// source.
TEST_F(ViewTest, TheViewOfARandomHistoryIsTheSource) {
  for (const uint32_t seed : {1U, 2U, 3U, 4U, 5U, 6U}) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    ASSERT_OK(table().Drop());
    std::mt19937 random(seed);
    // The cursor is the value; it only grows, but for those set back.
    Rows source;
    int64_t clock = 0;
    int64_t open_from = 0;
    Rows in_lake;
    Rows in_tail;
    const ViewOptions options{1 + static_cast<int64_t>(random() % 20)};
    for (int run = 0; run < 14; ++run) {
      for (int change = 0; change < 12; ++change) {
        const std::pair<std::string, uint64_t> key(random() % 2 == 0 ? "a" : "ção",
                                                   random() % 40);
        const uint32_t what = random() % 8;
        // What leaves the cursor's window unseen is beyond an incremental load: only keys
        // of the tail may go, or have their cursor set back.
        if (what < 5 || source.count(key) == 0) {
          source[key] = ++clock;
        } else if (what < 7 && (in_tail.count(key) != 0 || in_lake.count(key) == 0)) {
          source.erase(key);
        } else if (in_tail.count(key) != 0) {
          source[key] = random() % (open_from + 1);
        }
      }
      const bool full = run == 0 || random() % 6 == 0;
      const int64_t next =
          std::max(open_from, clock - static_cast<int64_t>(random() % 15));
      Rows closed;
      Rows tail;
      for (const auto& [key, value] : source) {
        if (value >= next) {
          tail[key] = value;
        } else if (full || value >= open_from) {
          closed[key] = value;
        }
      }
      std::vector<Receipt> receipts = {WriteRows(closed), WriteRows(tail, true)};
      std::vector<std::string> removed;
      if (!full) {
        const LakeSnapshot before = Now();
        auto vanished = VanishedKeys(table(), *before.schema, TailOf(before, true),
                                     FilesOf(receipts), kKey, never_, options)
                            .ValueOrDie();
        // The plain model of what vanished.
        std::set<std::vector<std::string>> expected;
        for (const DataFile& file : TailOf(before, true)) {
          LakeSnapshot one;
          one.files = {file};
          for (const auto& [key, value] : Latest(one)) {
            if (closed.count(key) == 0 && tail.count(key) == 0) {
              expected.insert({key.first, std::to_string(key.second)});
            }
          }
        }
        EXPECT_EQ(std::set(vanished.texts().begin(), vanished.texts().end()), expected);
        EXPECT_EQ(vanished.size(), static_cast<int64_t>(expected.size()));
        Rows set_back;
        for (const auto& texts : vanished.texts()) {
          auto found = source.find({texts[0], std::stoull(texts[1])});
          if (found != source.end()) set_back.insert(*found);
        }
        ASSERT_OK(vanished.Erase(*table().ToLakeTypes(*BatchOf(set_back)).ValueOrDie()));
        EXPECT_EQ(vanished.size() + static_cast<int64_t>(set_back.size()),
                  static_cast<int64_t>(expected.size()));
        receipts.push_back(WriteRows(set_back));
        ASSERT_OK_AND_ASSIGN(Rewritten rewritten,
                             RewriteWithout(table(), TailOf(before, false),
                                            {.keys = &vanished}, {"run", 3}, never_));
        removed = rewritten.removed;
        for (Receipt& receipt : rewritten.receipts)
          receipts.push_back(std::move(receipt));
        // Before the commit: what stays, and the receipts.
        std::vector<DataFile> files = FilesOf(receipts);
        for (const DataFile& file : TailOf(before, false)) {
          if (std::find(removed.begin(), removed.end(), file.path) == removed.end()) {
            files.push_back(file);
          }
        }
        EXPECT_EQ(DigestLatest({{&table(), files}}, kKey, never_, options).ValueOrDie(),
                  DigestOf(source));
      }
      open_from = next;
      in_lake = source;
      in_tail = tail;
      const LakeSnapshot after =
          Commit(full ? LakeCommit::Mode::kReplace : LakeCommit::Mode::kAdvance,
                 std::move(receipts), std::move(removed));
      EXPECT_EQ(Latest(after), source) << "run " << run;
      EXPECT_EQ(CountLatest(table(), after.files, kKey, never_, options).ValueOrDie(),
                static_cast<int64_t>(source.size()));
      for (const ViewOptions& some : {options, ViewOptions()}) {
        EXPECT_EQ(
            DigestLatest({{&table(), after.files}}, kKey, never_, some).ValueOrDie(),
            DigestOf(source));
        EXPECT_EQ(Visited(after, some), source);
      }
    }
  }
}

TEST_F(ViewTest, KeysOfAllTablesCountOnce) {
  const LakeSnapshot main =
      Commit(LakeCommit::Mode::kReplace, {WriteRows({{{"a", 1}, 1}, {{"a", 2}, 1}})});
  auto quarantine = lake_->Table("orders__quarantine").ValueOrDie();
  std::swap(table_, quarantine);
  const LakeSnapshot bad =
      Commit(LakeCommit::Mode::kReplace,
             {WriteRows({{{"a", 2}, 0}, {{"b", 7}, 0}, {{"c", 1}, 0}})});
  EXPECT_EQ(
      DigestLatest({{quarantine.get(), main.files}, {&table(), bad.files}}, kKey, never_)
          .ValueOrDie(),
      DigestOf({{{"a", 1}, 0}, {{"a", 2}, 0}, {{"b", 7}, 0}, {{"c", 1}, 0}}));
  EXPECT_EQ(DigestLatest({}, kKey, never_).ValueOrDie(), KeyDigest());
}

TEST_F(ViewTest, CountingFilesOfOneVersionReadsNothing) {
  const LakeSnapshot snapshot =
      Commit(LakeCommit::Mode::kReplace, {WriteRows({{{"a", 1}, 1}, {{"a", 2}, 1}})});
  std::filesystem::remove(snapshot.files[0].uri);
  EXPECT_EQ(CountLatest(table(), snapshot.files, kKey, never_).ValueOrDie(), 2);
  EXPECT_EQ(CountLatest(table(), {}, kKey, never_).ValueOrDie(), 0);
  // Without a key every row counts, whatever its version.
  std::vector<DataFile> files = {snapshot.files[0], snapshot.files[0]};
  files[1].rows_version = 5;
  EXPECT_EQ(CountLatest(table(), files, {}, never_).ValueOrDie(), 4);
  arrow::Status gone = CountLatest(table(), files, kKey, never_).status();
  EXPECT_EQ(KindOf(gone), ErrorKind::kNotFound) << gone.ToString();
  EXPECT_THAT(gone.message(), HasSubstr(snapshot.files[0].uri));
}

// Nobody knows which rows of such a file are the same.
TEST_F(ViewTest, KeysWithinAFileOfMixedVersionsMayComeAgain) {
  const Receipt once = WriteRows({{{"a", 1}, 1}, {{"a", 2}, 1}});
  const Receipt again = WriteRows({{{"a", 1}, 2}});
  std::vector<DataFile> files = {once.files[0], again.files[0]};
  for (DataFile& file : files) file.rows_version = kMixedVersions;
  EXPECT_EQ(CountLatest(table(), files, kKey, never_).ValueOrDie(), 2);
}

TEST_F(ViewTest, OnlyFilesThatHoldAKeyAreRewritten) {
  Rows first;
  Rows second;
  Rows third;
  for (uint64_t id = 0; id < 1000; ++id) first[{"a", id}] = 1;
  for (uint64_t id = 1000; id < 2000; id += 2) second[{"a", id}] = 1;
  for (uint64_t id = 3000; id < 4000; ++id) third[{"a", id}] = 1;
  Commit(LakeCommit::Mode::kReplace, {WriteRows(first), WriteRows(second)});
  const LakeSnapshot before = Commit(LakeCommit::Mode::kAdvance, {WriteRows(third)});
  // 1001 is within the bounds of the second file, and not in it; 3999 is in the third.
  const Receipt gone = WriteRows({{{"a", 1001}, 0}, {{"a", 3999}, 0}, {{"b", 2500}, 0}});
  ASSERT_OK_AND_ASSIGN(
      auto keys, VanishedKeys(table(), *before.schema, gone.files, {}, kKey, never_));
  EXPECT_THAT(keys.texts(), UnorderedElementsAre(std::vector<std::string>{"a", "1001"},
                                                 std::vector<std::string>{"a", "3999"},
                                                 std::vector<std::string>{"b", "2500"}));
  for (const DataFile& file : before.files) {
    if (file.stats.find("\"id\":0,") == std::string::npos) continue;
    std::filesystem::remove(file.uri);  // Not read: its statistics say enough.
  }
  ASSERT_OK_AND_ASSIGN(
      Rewritten rewritten,
      RewriteWithout(table(), before.files, {.keys = &keys}, {"run", 4}, never_));
  EXPECT_EQ(rewritten.rows_gone, 1);
  ASSERT_THAT(rewritten.receipts, SizeIs(1));
  ASSERT_THAT(rewritten.removed, SizeIs(1));
  EXPECT_EQ(rewritten.receipts[0].rows, 999);
  EXPECT_EQ(rewritten.receipts[0].ordinal, 4);
  EXPECT_EQ(rewritten.receipts[0].files[0].rows_version, 1);
  EXPECT_THAT(rewritten.receipts[0].files[0].path, HasSubstr("part-00004-run"));
}

TEST_F(ViewTest, AFileWithoutAnyRowLeftGoes) {
  const LakeSnapshot before =
      Commit(LakeCommit::Mode::kReplace, {WriteRows({{{"a", 1}, 1}, {{"a", 2}, 1}})});
  ASSERT_OK_AND_ASSIGN(
      auto keys, VanishedKeys(table(), *before.schema, before.files, {}, kKey, never_));
  ASSERT_OK_AND_ASSIGN(
      Rewritten rewritten,
      RewriteWithout(table(), before.files, {.keys = &keys}, {"run", 0}, never_));
  EXPECT_EQ(rewritten.rows_gone, 2);
  EXPECT_THAT(rewritten.receipts[0].files, IsEmpty());
  const LakeSnapshot after =
      Commit(LakeCommit::Mode::kAdvance, rewritten.receipts, rewritten.removed);
  EXPECT_THAT(after.files, IsEmpty());
}

TEST_F(ViewTest, ARewriteThatFailsLeavesNoFile) {
  const Receipt first = WriteRows({{{"a", 1}, 1}, {{"a", 2}, 1}});
  const Receipt second = WriteRows({{{"a", 1}, 1}, {{"a", 3}, 1}});
  Commit(LakeCommit::Mode::kReplace, {first});
  const LakeSnapshot before = Commit(LakeCommit::Mode::kAdvance, {second});
  const Receipt gone = WriteRows({{{"a", 1}, 0}});
  ASSERT_OK_AND_ASSIGN(
      auto keys, VanishedKeys(table(), *before.schema, gone.files, {}, kKey, never_));
  std::vector<DataFile> files = {first.files[0], second.files[0]};
  for (DataFile& file : files) file.rows_version = 0;
  std::filesystem::resize_file(files[1].uri, 100);
  const std::size_t on_disk = FilesOnDisk().size();
  arrow::Status status =
      RewriteWithout(table(), files, {.keys = &keys}, {"run", 0}, never_).status();
  EXPECT_EQ(KindOf(status), ErrorKind::kData);
  EXPECT_THAT(status.message(),
              AllOf(HasSubstr(files[1].uri), HasSubstr("load the table in full")));
  EXPECT_EQ(FilesOnDisk().size(), on_disk);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(
      KindOf(RewriteWithout(table(), files, {.keys = &keys}, {"run", 0}, stop.get_token())
                 .status()),
      ErrorKind::kCancelled);
}

TEST_F(ViewTest, AFileOfOtherRowsThanItsReceiptSaysIsAnError) {
  Receipt receipt = WriteRows({{{"a", 1}, 1}, {{"a", 2}, 1}});
  receipt.files[0].rows = 3;
  arrow::Status status = DigestLatest({{&table(), receipt.files}}, kKey, never_).status();
  EXPECT_EQ(KindOf(status), ErrorKind::kData);
  EXPECT_THAT(status.message(), HasSubstr("2 rows of 3"));
}

TEST_F(ViewTest, AKeyWithANullCannotBeLookedUp) {
  auto schema = arrow::schema({arrow::field("name", arrow::utf8())});
  ASSERT_OK_AND_ASSIGN(auto rows, MakeRows(0, 3));  // 0 has no name.
  ASSERT_OK_AND_ASSIGN(Receipt receipt, WriteBatch(table(), *rows));
  arrow::Status status =
      VanishedKeys(table(), *schema, receipt.files, {}, {"name"}, never_).status();
  EXPECT_EQ(KindOf(status), ErrorKind::kData);
  EXPECT_THAT(status.message(), AllOf(HasSubstr("'name'"), HasSubstr("primary_key")));
  EXPECT_EQ(KindOf(VanishedKeys(table(), *schema, {}, {}, {"id"}, never_).status()),
            ErrorKind::kNotFound);
}

int64_t KibibytesOf(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    int64_t value = 0;
    if (word == name && status >> value) return value;
  }
  return -1;
}

// 3 M keys twice, half of them the same: at most 300,000 are held at a time.
TEST_F(ViewTest, MillionsOfKeysTakeLittleMemory) {
  constexpr int64_t kRows = 3'000'000;
  constexpr int64_t kBatch = 100'000;
  auto write = [&](int64_t first, LakeCommit::Mode mode) {
    SinkOptions options;
    options.schema = arrow::schema({arrow::field("id", arrow::int64(), false)});
    options.run_id = "run";
    auto sink = table().NewSink(options).ValueOrDie();
    for (int64_t at = first; at < first + kRows; at += kBatch) {
      arrow::Int64Builder ids;
      for (int64_t id = at; id < at + kBatch; ++id) EXPECT_TRUE(ids.Append(id * 7).ok());
      EXPECT_TRUE(sink->Write(*arrow::RecordBatch::Make(options.schema, kBatch,
                                                        {ids.Finish().ValueOrDie()}))
                      .ok());
    }
    std::optional<int64_t> version;
    if (auto latest = table().Latest().ValueOrDie()) version = latest->version;
    LakeCommit commit =
        MakeCommit(version, {sink->Finish().ValueOrDie()}, options.schema);
    commit.mode = mode;
    return table().Commit(commit).ValueOrDie();
  };
  write(0, LakeCommit::Mode::kReplace);
  const LakeSnapshot now = write(kRows / 2, LakeCommit::Mode::kAdvance);
  arrow::default_memory_pool()->ReleaseUnused();
  const int64_t before = KibibytesOf("VmRSS:");
  std::ofstream("/proc/self/clear_refs") << "5";  // The peak begins anew.
  ASSERT_OK_AND_ASSIGN(
      KeyDigest digest,
      DigestLatest({{&table(), now.files}}, {"id"}, never_, {.keys_in_memory = 300'000}));
  const int64_t peak = KibibytesOf("VmHWM:");
  EXPECT_EQ(digest.count, kRows * 3 / 2);
  ASSERT_GT(before, 0);
  // Of all keys the hashes alone would be 46 MiB.
  EXPECT_LT(peak - before, 30 * 1024);
  KeyDigest expected;
  for (int64_t at = 0; at < kRows * 3 / 2; at += kBatch) {
    arrow::Int64Builder ids;
    for (int64_t id = at; id < at + kBatch; ++id) EXPECT_TRUE(ids.Append(id * 7).ok());
    auto schema = arrow::schema({arrow::field("id", arrow::int64())});
    ASSERT_OK(expected.Add(
        *arrow::RecordBatch::Make(schema, kBatch, {ids.Finish().ValueOrDie()}), {"id"}));
  }
  EXPECT_EQ(digest, expected);
}

}  // namespace
}  // namespace keelboat
