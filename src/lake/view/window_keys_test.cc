#include "lake/view/window_keys.h"

#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <arrow/builder.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lake/view/latest.h"
#include "lake/view/rewrite.h"
#include "support/lake_fixture.h"

namespace keelboat {
namespace {

const std::vector<std::string> kKey = {"id"};
using Row = std::pair<int64_t, int64_t>;  // Key and cursor.

std::shared_ptr<arrow::Schema> RowSchema() {
  return arrow::schema({arrow::field("cursor", arrow::int64(), false),
                        arrow::field("id", arrow::int64(), false)});
}

class WindowKeysTest : public LakeFixture {
 protected:
  Receipt WriteRows(const std::vector<Row>& rows, bool open_tail = false) {
    arrow::Int64Builder ids;
    arrow::Int64Builder cursors;
    for (const auto& [id, cursor] : rows) {
      EXPECT_TRUE(ids.Append(id).ok() && cursors.Append(cursor).ok());
    }
    SinkOptions options;
    options.schema = RowSchema();
    options.run_id = "run";
    options.open_tail = open_tail;
    auto sink = table().NewSink(options).ValueOrDie();
    auto batch = arrow::RecordBatch::Make(
        RowSchema(), static_cast<int64_t>(rows.size()),
        {cursors.Finish().ValueOrDie(), ids.Finish().ValueOrDie()});
    EXPECT_TRUE(sink->Write(*batch).ok());
    return sink->Finish().ValueOrDie();
  }

  LakeSnapshot Commit(LakeCommit::Mode mode, std::vector<Receipt> receipts,
                      std::vector<std::string> removed = {}) {
    auto before = table().Latest().ValueOrDie();
    LakeCommit commit;
    commit.mode = mode;
    commit.schema = RowSchema();
    commit.receipts = std::move(receipts);
    commit.removed = std::move(removed);
    commit.predicate = "cursor";
    commit.run_id = "run";
    if (before.has_value()) commit.read_version = before->version;
    return table().Commit(commit).ValueOrDie();
  }

  static CursorWindow Window(int64_t from, int64_t to) {
    return CursorWindow::Make(*arrow::field("cursor", arrow::int64()),
                              std::to_string(from), std::to_string(to))
        .ValueOrDie();
  }

  std::set<std::string> Keys(const LakeSnapshot& lake, const CursorWindow& window,
                             const std::vector<DataFile>& arrived,
                             int64_t keys_in_memory = 4'000'000) {
    auto keys = WindowKeys(table(), *lake.schema, lake.files, window, arrived, kKey,
                           never_, {.keys_in_memory = keys_in_memory})
                    .ValueOrDie();
    std::set<std::string> found;
    for (const auto& texts : keys.texts()) found.insert(texts[0]);
    return found;
  }

  std::stop_token never_;
};

TEST_F(WindowKeysTest, FindsTheKeysWhoseNewestRowIsInTheWindow) {
  Commit(LakeCommit::Mode::kReplace, {WriteRows({{1, 5}, {2, 15}, {3, 16}, {4, 17}})});
  Commit(LakeCommit::Mode::kAdvance, {WriteRows({{3, 25}, {1, 18}})});
  const auto lake = Commit(LakeCommit::Mode::kAdvance, {WriteRows({{4, 90}}, true)});
  // 3 went beyond the window since, 4 into the tail; 1 came in and has an older row.
  EXPECT_EQ(Keys(lake, Window(10, 20), {}), (std::set<std::string>{"1", "2"}));
  EXPECT_EQ(Keys(lake, Window(10, 20), WriteRows({{2, 11}}).files),
            std::set<std::string>{"1"});
  EXPECT_TRUE(Keys(lake, Window(30, 40), {}).empty());
}

TEST_F(WindowKeysTest, AnOlderRowInTheTailCountsAsOld) {
  Commit(LakeCommit::Mode::kReplace, {WriteRows({{1, 5}}), WriteRows({{2, 90}}, true)});
  const auto lake = Commit(LakeCommit::Mode::kPatch, {WriteRows({{2, 15}})});
  EXPECT_EQ(Keys(lake, Window(10, 20), {}), std::set<std::string>{"2"});
}

TEST_F(WindowKeysTest, ARewriteTakesOutTheWindowAndTheKeys) {
  Commit(LakeCommit::Mode::kReplace,
         {WriteRows({{1, 5}, {2, 15}, {3, 30}}), WriteRows({{7, 40}}),
          WriteRows({{8, 90}, {1, 91}}, true)});
  const auto before = table().Latest().ValueOrDie().value();
  const CursorWindow window = Window(10, 20);
  ASSERT_OK_AND_ASSIGN(
      const KeySet keys,
      VanishedKeys(table(), *before.schema, WriteRows({{1, 0}}).files, {}, kKey, never_));
  ASSERT_OK_AND_ASSIGN(auto rewritten, RewriteWithout(table(), before.files,
                                                      {.keys = &keys, .window = &window},
                                                      {"run", 9}, never_));
  EXPECT_EQ(rewritten.rows_gone, 3);
  EXPECT_EQ(rewritten.removed.size(), 2u);
  const auto after =
      Commit(LakeCommit::Mode::kPatch, rewritten.receipts, rewritten.removed);
  EXPECT_EQ(after.rows, 3);
  int tails = 0;
  for (const DataFile& file : after.files) tails += file.open_tail ? 1 : 0;
  EXPECT_EQ(tails, 1) << "what is left of the tail is of the tail";
}

// Random tables against a plain model, with few keys in memory at once.
TEST_F(WindowKeysTest, IsTheModelsOnRandomTables) {
  std::mt19937 random(3);
  auto below = [&](int64_t bound) {
    return static_cast<int64_t>(random() % static_cast<uint64_t>(bound));
  };
  for (int round = 0; round < 20; ++round) {
    std::map<int64_t, int64_t> newest;
    LakeSnapshot lake;
    for (int version = 0; version < 4; ++version) {
      std::map<int64_t, int64_t> rows;
      for (int i = 0; i < 30; ++i) rows[below(60)] = below(100);
      const auto mode =
          version == 0 ? LakeCommit::Mode::kReplace : LakeCommit::Mode::kPatch;
      if (version == 0) newest.clear();
      for (const auto& [id, cursor] : rows) newest[id] = cursor;
      lake = Commit(mode, {WriteRows({rows.begin(), rows.end()}, version == 2)});
    }
    const int64_t from = below(100);
    const int64_t to = from + 1 + below(40);
    std::vector<Row> arrived;
    for (int64_t id = 0; id < 60; id += 7) arrived.emplace_back(id, from);
    std::set<std::string> expected;
    for (const auto& [id, cursor] : newest) {
      if (cursor >= from && cursor < to && id % 7 != 0) {
        expected.insert(std::to_string(id));
      }
    }
    EXPECT_EQ(Keys(lake, Window(from, to), WriteRows(arrived).files,
                   round % 2 == 0 ? 6 : 4'000'000),
              expected)
        << round;
  }
}

}  // namespace
}  // namespace keelboat
