#include "sources/metabase/question_split.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"
#include "sources/metabase/answer_description.h"
#include "sources/metabase/fake_api.h"

namespace keelboat::metabase {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::vector<FakeApi::Row> Numbered(int64_t count, int64_t step = 1) {
  std::vector<FakeApi::Row> rows;
  for (int64_t i = 0; i < count; ++i) rows.push_back({i * step, std::to_string(i)});
  return rows;
}

Relation Describe(FakeApi* api, const std::string& sql = "SELECT id, note FROM t;") {
  Question question;
  question.sql = sql;
  return DescribeAnswer(*api, question, {}).ValueOrDie();
}

SplitRequest Pieces(int pieces, std::vector<std::string> on = {}) {
  SplitRequest request;
  request.pieces = pieces;
  request.least_rows = 10;
  request.on = std::move(on);
  return request;
}

TEST(QuestionSplit, CutsAKeyEvenlyAndLeavesTheEndsOpen) {
  FakeApi api(Numbered(1000), "Int64");
  auto split = *SplitQuestion(api, Describe(&api), Pieces(4), {});
  ASSERT_EQ(split.pieces.size(), 4u);
  EXPECT_THAT(split.on, ElementsAre("id"));
  EXPECT_EQ(split.rows, 1000);
  EXPECT_FALSE(split.ordered);
  EXPECT_TRUE(split.pieces[0].predicate->lower.empty());
  EXPECT_THAT(split.pieces[0].predicate->upper, ElementsAre("250"));
  EXPECT_THAT(split.pieces[1].predicate->lower, ElementsAre("250"));
  EXPECT_TRUE(split.pieces[3].predicate->upper.empty());
  for (const auto& piece : split.pieces) EXPECT_EQ(piece.estimated_rows, 250);
  EXPECT_EQ(api.asks(), 3) << "described, measured, counted";
}

TEST(QuestionSplit, FewRowsAreOnePiece) {
  FakeApi api(Numbered(19));
  auto split = *SplitQuestion(api, Describe(&api), Pieces(4), {});
  ASSERT_EQ(split.pieces.size(), 1u);
  EXPECT_FALSE(split.pieces[0].predicate.has_value());
  EXPECT_EQ(split.rows, 19);
}

TEST(QuestionSplit, ManyRowsAreMorePiecesThanAskedFor) {
  FakeApi api(Numbered(kPieceRows * 2 + 10));
  auto split = *SplitQuestion(api, Describe(&api), Pieces(1), {});
  EXPECT_EQ(split.pieces.size(), 3u);
}

TEST(QuestionSplit, RowsWithoutAValueAreAPieceOfTheirOwn) {
  auto rows = Numbered(100);
  for (int i = 0; i < 30; ++i) rows.push_back({{}, "none"});
  FakeApi api(rows);
  auto split = *SplitQuestion(api, Describe(&api), Pieces(4), {});
  EXPECT_EQ(split.pieces.back().predicate->kind, PredicateKind::kNull);
  EXPECT_EQ(split.pieces.back().estimated_rows, 30);
  // None now, but one may come.
  FakeApi full(Numbered(100));
  split = *SplitQuestion(full, Describe(&full), Pieces(4), {});
  EXPECT_TRUE(split.pieces.back().predicate->or_null);
  // A column that takes none has none.
  FakeApi strict(Numbered(100), "Int64");
  split = *SplitQuestion(strict, Describe(&strict), Pieces(4), {});
  EXPECT_FALSE(split.pieces.back().predicate->or_null);
}

TEST(QuestionSplit, CrowdedValuesAreCutFiner) {
  std::vector<FakeApi::Row> rows = Numbered(2000);
  rows.push_back({int64_t{1} << 60, "far"});
  rows.push_back({-(int64_t{1} << 60), "far"});
  FakeApi api(rows, "Int64");
  auto split = *SplitQuestion(api, Describe(&api), Pieces(5), {});
  EXPECT_GE(split.pieces.size(), 4u);
  int64_t sum = 0;
  for (const auto& piece : split.pieces) {
    EXPECT_LE(*piece.estimated_rows, 900);
    sum += *piece.estimated_rows;
  }
  EXPECT_EQ(sum, 2002);
}

TEST(QuestionSplit, TheWholeReachOfTheKeyIsCut) {
  std::vector<FakeApi::Row> rows = Numbered(100);
  rows.push_back({INT64_MIN, "low"});
  rows.push_back({INT64_MAX, "high"});
  FakeApi api(rows, "Int64");
  auto split = *SplitQuestion(api, Describe(&api), Pieces(4), {});
  int64_t sum = 0;
  for (const auto& piece : split.pieces) sum += *piece.estimated_rows;
  EXPECT_EQ(sum, 102);
}

TEST(QuestionSplit, WithoutAKeyRowsAreDealtToBuckets) {
  FakeApi api(Numbered(100), "String");
  // The fake's own id is no number here: nothing to cut on.
  auto split = *SplitQuestion(api, Describe(&api), Pieces(3), {});
  ASSERT_EQ(split.pieces.size(), 3u);
  EXPECT_EQ(split.pieces[2].predicate->kind, PredicateKind::kHash);
  EXPECT_EQ(split.pieces[2].predicate->bucket, 2);
  EXPECT_EQ(split.pieces[2].predicate->buckets, 3);
  EXPECT_THAT(split.on, ElementsAre("id", "note"));
}

TEST(QuestionSplit, NoStatementIsTooLong) {
  FakeApi api(Numbered(3000), "String");
  auto split = *SplitQuestion(api, Describe(&api), Pieces(300), {});
  EXPECT_EQ(split.pieces.size(), 300u);
  int64_t sum = 0;
  for (const auto& piece : split.pieces) sum += *piece.estimated_rows;
  EXPECT_EQ(sum, 3000);
  for (const std::string& sql : api.questions()) EXPECT_LT(sql.size(), 100'000u);
}

TEST(QuestionSplit, AnOrderDecidesKeyAndDirection) {
  auto rows = Numbered(100);
  rows.push_back({{}, "none"});
  FakeApi api(rows);
  auto split = *SplitQuestion(
      api, Describe(&api, "SELECT id, note FROM t ORDER BY id DESC"), Pieces(4), {});
  EXPECT_TRUE(split.ordered);
  ASSERT_GE(split.pieces.size(), 5u);
  EXPECT_TRUE(split.pieces.front().predicate->upper.empty());
  EXPECT_EQ(split.pieces.back().predicate->kind, PredicateKind::kNull);
  split = *SplitQuestion(
      api, Describe(&api, "SELECT id, note FROM t ORDER BY id NULLS FIRST, note"),
      Pieces(4), {});
  EXPECT_EQ(split.pieces.front().predicate->kind, PredicateKind::kNull);
  EXPECT_TRUE(split.pieces[1].predicate->lower.empty());
  auto text = *SplitQuestion(
      api, Describe(&api, "SELECT id, note FROM t ORDER BY note, id"), Pieces(4), {});
  EXPECT_EQ(text.pieces.size(), 1u);
  EXPECT_THAT(text.reason, HasSubstr("order"));
}

TEST(QuestionSplit, WhatMayAnswerOtherwiseIsOnePiece) {
  FakeApi api(Numbered(100));
  for (const auto& [sql, reason] : std::vector<std::pair<std::string, std::string>>{
           {"SELECT id, note FROM t LIMIT 50", "LIMIT"},
           {"SELECT id, note FROM t WHERE id < rand()", "rand"},
       }) {
    auto split = *SplitQuestion(api, Describe(&api, sql), Pieces(4), {});
    EXPECT_EQ(split.pieces.size(), 1u) << sql;
    EXPECT_THAT(split.reason, HasSubstr(reason));
  }
}

TEST(QuestionSplit, RefusesAKeyThatIsNone) {
  FakeApi api(Numbered(100));
  auto refusal = [&](const std::string& sql, std::vector<std::string> on) {
    auto split = SplitQuestion(api, Describe(&api, sql), Pieces(4, std::move(on)), {});
    EXPECT_EQ(KindOf(split.status()), ErrorKind::kConfig);
    return split.status().message();
  };
  const std::string sql = "SELECT id, note FROM t";
  EXPECT_THAT(refusal(sql, {"note"}), HasSubstr("cut on an integer"));
  EXPECT_THAT(refusal(sql, {"ids"}), HasSubstr("did you mean"));
  EXPECT_THAT(refusal(sql, {"id", "note"}), HasSubstr("one column"));
  EXPECT_THAT(refusal(sql + " ORDER BY id, note", {"note"}),
              Not(HasSubstr("ordered by")));
}

TEST(QuestionSplit, QuestionsCannotLeaveTheirParentheses) {
  FakeApi api(Numbered(100));
  (void)*SplitQuestion(api,
                       Describe(&api, "SELECT id, note FROM t -- the end of it ;)\n;"),
                       Pieces(4), {});
  for (const std::string& sql : api.questions()) {
    EXPECT_THAT(sql, HasSubstr("(\nSELECT id, note FROM t\n)"));
  }
}

}  // namespace
}  // namespace keelboat::metabase
