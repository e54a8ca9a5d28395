#include "sources/metabase/piece_reader.h"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <random>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "keelboat/error.h"
#include "sources/metabase/answer_description.h"
#include "sources/metabase/fake_api.h"
#include "sources/metabase/question_split.h"

namespace keelboat::metabase {
namespace {

using testing::HasSubstr;
using Rows = std::vector<FakeApi::Row>;

class StillClock final : public Clock {
 public:
  SystemTime Now() const override { return {}; }
  std::chrono::steady_clock::time_point Steady() const override { return {}; }
  void SleepFor(std::chrono::milliseconds, const std::stop_token&) const override {}
};
const StillClock kClock;

PieceOptions Options() {
  PieceOptions options;
  options.clock = &kClock;
  return options;
}

Rows Numbered(int64_t count, int64_t step = 1) {
  Rows rows;
  for (int64_t i = 0; i < count; ++i) rows.push_back({i * step, "n" + std::to_string(i)});
  return rows;
}

struct Read {
  std::vector<std::string> rows;  // "id,note"
  int64_t moved = 0;
  std::vector<std::string> warnings;
  arrow::Status status;
};

Read ReadAll(FakeApi* api, const Relation& relation, const Partition& partition,
             const PieceOptions& options = Options(), std::stop_token stop = {}) {
  Read read;
  auto opened = ReadPiece(*api, relation, partition, options, stop);
  read.status = opened.status();
  if (!opened.ok()) return read;
  while (true) {
    std::shared_ptr<arrow::RecordBatch> batch;
    read.status = (*opened)->ReadNext(&batch);
    if (!read.status.ok() || batch == nullptr) break;
    EXPECT_TRUE(batch->ValidateFull().ok());
    EXPECT_TRUE(batch->schema()->Equals((*opened)->schema()));
    const auto& ids = static_cast<const arrow::Int64Array&>(*batch->column(0));
    const auto& notes = static_cast<const arrow::StringArray&>(*batch->column(1));
    for (int64_t row = 0; row < batch->num_rows(); ++row) {
      read.rows.push_back((ids.IsNull(row) ? "null" : std::to_string(ids.Value(row))) +
                          "," + notes.GetString(row));
    }
  }
  read.moved = (*opened)->MovedRows();
  read.warnings = (*opened)->Warnings();
  return read;
}

std::vector<std::string> Texts(const Rows& rows) {
  std::vector<std::string> texts;
  for (const auto& row : rows) {
    texts.push_back((row.id.has_value() ? std::to_string(*row.id) : "null") + "," +
                    row.note);
  }
  return texts;
}

Relation Describe(FakeApi* api, const std::string& sql = "SELECT id, note FROM t") {
  Question question;
  question.sql = sql;
  return DescribeAnswer(*api, question, {}).ValueOrDie();
}

Partition Whole(const Relation& relation) {
  Partition partition;
  partition.sql = relation.sql;
  partition.columns = relation.schema->field_names();
  return partition;
}

TEST(PieceReader, ReadsAPieceOnce) {
  FakeApi api(Numbered(1000));
  auto relation = Describe(&api);
  auto partition = Whole(relation);
  partition.estimated_rows = 1000;
  auto read = ReadAll(&api, relation, partition);
  ASSERT_TRUE(read.status.ok()) << read.status.ToString();
  EXPECT_EQ(read.rows, Texts(Numbered(1000)));
  EXPECT_EQ(api.exports(), 1);
  EXPECT_EQ(api.asks(), 1) << "described; what was counted agrees";
  EXPECT_EQ(read.moved, 0);
}

TEST(PieceReader, AnEarlierCountIsNoProof) {
  for (int64_t earlier : {0, 1, 999, 5000}) {
    FakeApi api(Numbered(1000));
    auto relation = Describe(&api);
    auto partition = Whole(relation);
    partition.estimated_rows = earlier;
    auto read = ReadAll(&api, relation, partition);
    ASSERT_TRUE(read.status.ok()) << read.status.ToString();
    EXPECT_EQ(read.rows.size(), 1000u) << earlier;
    EXPECT_EQ(read.moved, earlier == 0 ? 0 : std::abs(1000 - earlier));
  }
}

TEST(PieceReader, AsksAgainForWhatWasCut) {
  auto reset = MakeError(ErrorKind::kUnavailable, "the connection was reset");
  for (const arrow::Status& end : {arrow::Status::OK(), reset}) {
    FakeApi api(Numbered(1000));
    api.set_fault([&](std::size_t, int exports) {
      FakeApi::Fate fate;
      if (exports == 0) fate = {.rows = {}, .bytes = 5000, .end = end};
      return fate;
    });
    auto relation = Describe(&api);
    auto read = ReadAll(&api, relation, Whole(relation));
    ASSERT_TRUE(read.status.ok()) << read.status.ToString();
    EXPECT_EQ(read.rows, Texts(Numbered(1000)));
    EXPECT_EQ(api.exports(), 2);
  }
}

TEST(PieceReader, WhatBreaksOffTwiceIsAskedForInParts) {
  FakeApi api(Numbered(1000));
  api.set_fault([](std::size_t rows, int) {
    // As a server that ends long answers.
    FakeApi::Fate fate;
    if (rows > 300) fate.bytes = 6000;
    return fate;
  });
  auto relation = Describe(&api);
  auto read = ReadAll(&api, relation, Whole(relation));
  ASSERT_TRUE(read.status.ok()) << read.status.ToString();
  EXPECT_EQ(read.rows, Texts(Numbered(1000)));
}

TEST(PieceReader, GivesUpWhereEvenPartsBreakOff) {
  FakeApi api(Numbered(1000));
  api.set_fault([](std::size_t, int) {
    return FakeApi::Fate{{}, 20, MakeError(ErrorKind::kUnavailable, "reset")};
  });
  auto relation = Describe(&api);
  auto read = ReadAll(&api, relation, Whole(relation));
  EXPECT_EQ(KindOf(read.status), ErrorKind::kUnavailable);
  EXPECT_THAT(read.status.message(), HasSubstr("reading id below"));
  EXPECT_TRUE(read.rows.empty());
}

TEST(PieceReader, AnEndThatCameTooSoonIsFoundByTheCounts) {
  FakeApi api(Numbered(1000));
  api.set_fault([](std::size_t, int) {
    FakeApi::Fate fate;
    fate.rows = 200;  // Whatever was asked for.
    return fate;
  });
  auto relation = Describe(&api);
  auto read = ReadAll(&api, relation, Whole(relation));
  ASSERT_TRUE(read.status.ok()) << read.status.ToString();
  EXPECT_EQ(read.rows, Texts(Numbered(1000)));
  // Without counts nobody notices: the body was whole.
  auto options = Options();
  options.count_rows = false;
  EXPECT_EQ(ReadAll(&api, relation, Whole(relation), options).rows.size(), 200u);
}

TEST(PieceReader, NamesTheRangeWhoseRowsStayAway) {
  FakeApi api(Numbered(1000));
  api.set_fault([](std::size_t rows, int) {
    FakeApi::Fate fate;
    fate.rows = rows - 1;
    return fate;
  });
  auto relation = Describe(&api);
  auto read = ReadAll(&api, relation, Whole(relation));
  EXPECT_EQ(KindOf(read.status), ErrorKind::kData);
  EXPECT_THAT(read.status.message(), HasSubstr("rows; the database counted"));
  EXPECT_THAT(read.status.message(), HasSubstr("reading id below"));
  EXPECT_TRUE(read.rows.empty());
}

TEST(PieceReader, RowsBetweenTheTwoCountsAreKeptAndTold) {
  FakeApi api(Numbered(1000));
  bool added = false;
  api.set_before_export([&](Rows* rows) {
    if (!std::exchange(added, true)) rows->push_back({500, "new"});
  });
  auto relation = Describe(&api);
  auto partition = Whole(relation);
  partition.estimated_rows = 1000;
  auto read = ReadAll(&api, relation, partition);
  ASSERT_TRUE(read.status.ok()) << read.status.ToString();
  EXPECT_EQ(read.rows.size(), 1001u);
  EXPECT_EQ(read.moved, 1);
  ASSERT_EQ(read.warnings.size(), 1u);
  EXPECT_THAT(read.warnings[0], HasSubstr("1000 before, 1001 read, 1001 after"));
}

TEST(PieceReader, AnExportAtTheRowLimitIsNotBelieved) {
  static constexpr int64_t kLimit = 300;
  for (bool counts : {true, false}) {
    FakeApi api(Numbered(1000));
    api.set_fault([](std::size_t, int) {
      FakeApi::Fate fate;
      fate.rows = kLimit;
      return fate;
    });
    auto relation = Describe(&api);
    auto options = Options();
    options.count_rows = counts;
    options.row_limit = kLimit;
    auto read = ReadAll(&api, relation, Whole(relation), options);
    ASSERT_TRUE(read.status.ok()) << read.status.ToString();
    EXPECT_EQ(read.rows, Texts(Numbered(1000)));

    auto limited = Describe(&api, "SELECT id, note FROM t LIMIT 1000");
    read = ReadAll(&api, limited, Whole(limited), options);
    EXPECT_EQ(KindOf(read.status), ErrorKind::kData);
    EXPECT_THAT(read.status.message(), HasSubstr("has a LIMIT"));
    EXPECT_THAT(read.status.message(), HasSubstr("MB_DOWNLOAD_ROW_LIMIT"));
  }
  // Exactly as many rows as the limit, counted: it is all.
  FakeApi api(Numbered(kLimit));
  auto relation = Describe(&api);
  auto options = Options();
  options.row_limit = kLimit;
  EXPECT_EQ(ReadAll(&api, relation, Whole(relation), options).rows.size(), 300u);
}

TEST(PieceReader, HoldsNoMoreThanItMay) {
  FakeApi api(Numbered(200'000));
  auto relation = Describe(&api);
  auto options = Options();
  options.hold_bytes = 1 << 20;
  auto read = ReadAll(&api, relation, Whole(relation), options);
  ASSERT_TRUE(read.status.ok()) << read.status.ToString();
  EXPECT_EQ(read.rows, Texts(Numbered(200'000)));
  EXPECT_GT(api.exports(), 4);
}

TEST(PieceReader, OneReaderLearnsForAllHowLargeRowsAre) {
  Rows rows = Numbered(20'000);
  for (auto& row : rows) row.note = std::string(300, 'x');
  FakeApi api(rows);
  auto relation = Describe(&api);
  auto options = Options();
  options.hold_bytes = 1 << 20;
  options.row_sizes = std::make_shared<RowSizes>();
  EXPECT_EQ(ReadAll(&api, relation, Whole(relation), options).rows, Texts(rows));
  EXPECT_NEAR(options.row_sizes->Of(relation.sql), 312, 20);
  const int first = api.exports();
  EXPECT_EQ(ReadAll(&api, relation, Whole(relation), options).rows, Texts(rows));
  EXPECT_LT(api.exports() - first, first) << "none was broken off for its size";
}

TEST(PieceReader, WhatCannotBeCutIsHandedOutAsItArrives) {
  FakeApi api(Numbered(200'000));
  auto relation = Describe(&api, "SELECT id, note FROM t LIMIT 1000000");
  auto options = Options();
  options.hold_bytes = 1 << 20;
  auto read = ReadAll(&api, relation, Whole(relation), options);
  ASSERT_TRUE(read.status.ok()) << read.status.ToString();
  EXPECT_EQ(read.rows, Texts(Numbered(200'000)));
  EXPECT_EQ(api.exports(), 1);

  api.set_fault([](std::size_t, int) {
    FakeApi::Fate fate;
    fate.bytes = 3'500'000;
    return fate;
  });
  read = ReadAll(&api, relation, Whole(relation), options);
  EXPECT_EQ(KindOf(read.status), ErrorKind::kUnavailable);
  EXPECT_THAT(read.status.message(), HasSubstr("were handed out already"));
  EXPECT_GT(read.rows.size(), 65'000u);
}

TEST(PieceReader, OneValueWithMostRowsIsDealtToBuckets) {
  Rows rows;
  for (int i = 0; i < 5000; ++i) {
    rows.push_back(
        {i % 100 > 0 ? 7 : i * int64_t{1'000'000'007}, "r" + std::to_string(i)});
  }
  rows.push_back({{}, "nothing"});
  FakeApi api(rows);
  auto relation = Describe(&api);
  auto options = Options();
  options.most_rows = 500;
  auto read = ReadAll(&api, relation, Whole(relation), options);
  ASSERT_TRUE(read.status.ok()) << read.status.ToString();
  std::ranges::sort(read.rows);
  auto expected = Texts(rows);
  std::ranges::sort(expected);
  EXPECT_EQ(read.rows, expected);
  EXPECT_GT(api.exports(), 10);
}

TEST(PieceReader, KeepsTheQuerysOrderThroughParts) {
  Rows rows;
  for (int i = 0; i < 3000; ++i) rows.push_back({(i * 7919) % 1000, std::to_string(i)});
  rows.push_back({{}, "none"});
  FakeApi api(rows);
  auto options = Options();
  options.most_rows = 200;
  for (const char* way : {"", " DESC"}) {
    auto relation =
        Describe(&api, "SELECT id, note FROM t ORDER BY id" + std::string(way));
    auto read = ReadAll(&api, relation, Whole(relation), options);
    ASSERT_TRUE(read.status.ok()) << read.status.ToString();
    ASSERT_EQ(read.rows.size(), 3001u);
    EXPECT_EQ(read.rows.back(), "null,none");
    std::vector<int64_t> ids;
    for (std::size_t i = 0; i < 3000; ++i) ids.push_back(std::stoll(read.rows[i]));
    if (*way != '\0') std::ranges::reverse(ids);
    EXPECT_TRUE(std::ranges::is_sorted(ids));
  }
}

TEST(PieceReader, PiecesOfASplitAreEveryRowOnce) {
  Rows rows = Numbered(4000, 3);
  for (int i = 0; i < 50; ++i) rows.push_back({{}, "null" + std::to_string(i)});
  for (int i = 0; i < 1000; ++i) rows.push_back({-5, "hot" + std::to_string(i)});
  for (const char* sql :
       {"SELECT id, note FROM t", "SELECT id, note FROM t ORDER BY 1"}) {
    FakeApi api(rows);
    auto relation = Describe(&api, sql);
    SplitRequest request;
    request.pieces = 8;
    request.least_rows = 10;
    auto split = SplitQuestion(api, relation, request, {}).ValueOrDie();
    EXPECT_GT(split.pieces.size(), 4u);
    EXPECT_EQ(split.rows, 5050);
    EXPECT_EQ(split.on, std::vector<std::string>{"id"});
    std::vector<std::string> all;
    int64_t counted = 0;
    for (const auto& piece : split.pieces) {
      auto partition = Whole(relation);
      if (piece.predicate.has_value()) partition.predicates = {*piece.predicate};
      partition.estimated_rows = piece.estimated_rows;
      counted += *piece.estimated_rows;
      auto read = ReadAll(&api, relation, partition);
      ASSERT_TRUE(read.status.ok()) << read.status.ToString();
      all.insert(all.end(), read.rows.begin(), read.rows.end());
    }
    EXPECT_EQ(counted, 5050);
    auto expected = Texts(rows);
    std::ranges::sort(expected);
    std::ranges::sort(all);
    EXPECT_EQ(all, expected);
  }
}

// Whatever the table is and however answers end: every row once, or an error.
TEST(PieceReader, RandomTablesUnderRandomFaults) {
  std::mt19937_64 random(11);
  int whole = 0;
  for (int round = 0; round < 150; ++round) {
    Rows rows;
    const int64_t spread = int64_t{1} << (random() % 40);
    for (auto count = static_cast<int>(random() % 1500); count > 0; --count) {
      FakeApi::Row row{static_cast<int64_t>(random()) % spread, "r"};
      if (random() % 20 == 0) row.id.reset();
      if (random() % 3 == 0) row.id = 5;
      if (random() % 2 == 0) row.note += std::to_string(count);
      rows.push_back(row);
    }
    FakeApi api(rows);
    const std::size_t cap = 50 + random() % 2000;
    const auto cuts = random() % 4;
    api.set_fault([&](std::size_t, int) {
      FakeApi::Fate fate;
      fate.rows = cap;
      if (random() % 4 < cuts) fate.bytes = random() % 30'000;
      return fate;
    });
    const bool ordered = round % 3 == 0;
    auto relation = Describe(
        &api, ordered ? "SELECT id, note FROM t ORDER BY id" : "SELECT id, note FROM t");
    auto options = Options();
    options.most_rows = 100 + static_cast<int64_t>(random() % 1000);
    SplitRequest request;
    request.pieces = static_cast<int>(random() % 5) + 1;
    request.least_rows = 20;
    auto split = *SplitQuestion(api, relation, request, {});
    std::vector<std::string> read_rows;
    arrow::Status status;
    for (const auto& piece : split.pieces) {
      auto partition = Whole(relation);
      if (piece.predicate.has_value()) partition.predicates = {*piece.predicate};
      partition.estimated_rows = piece.estimated_rows;
      auto read = ReadAll(&api, relation, partition, options);
      status = read.status;
      if (!status.ok()) break;
      read_rows.insert(read_rows.end(), read.rows.begin(), read.rows.end());
    }
    if (!status.ok()) {
      const ErrorKind kind = KindOf(status);
      EXPECT_TRUE(kind == ErrorKind::kUnavailable || kind == ErrorKind::kData)
          << status.ToString();
      continue;
    }
    ++whole;
    auto expected = Texts(rows);
    std::ranges::sort(expected);
    std::ranges::sort(read_rows);
    ASSERT_EQ(read_rows, expected) << "round " << round;
  }
  EXPECT_GT(whole, 50);
}

TEST(PieceReader, StopsOnRequest) {
  FakeApi api(Numbered(1000));
  auto relation = Describe(&api);
  std::stop_source stop;
  stop.request_stop();
  auto read = ReadAll(&api, relation, Whole(relation), Options(), stop.get_token());
  EXPECT_EQ(KindOf(read.status), ErrorKind::kCancelled);
}

TEST(PieceReader, LimitsAndFilters) {
  FakeApi api(Numbered(1000));
  auto relation = Describe(&api);
  auto partition = Whole(relation);
  partition.columns = {"id", "note"};
  Predicate range;
  range.columns = {"id"};
  range.lower = {"990"};
  partition.predicates = {range};
  EXPECT_EQ(ReadAll(&api, relation, partition).rows.size(), 10u);
  partition.columns = {"id", "nope"};
  EXPECT_EQ(KindOf(ReadAll(&api, relation, partition).status), ErrorKind::kNotFound);
}

}  // namespace
}  // namespace keelboat::metabase
