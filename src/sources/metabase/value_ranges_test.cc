#include "sources/metabase/value_ranges.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"
#include "sources/metabase/answer_description.h"
#include "sources/metabase/question_split.h"

namespace keelboat::metabase {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Cells = std::vector<std::optional<std::string>>;

// A database of an engine that nobody knows, which answers as it was told to.
class ToldApi final : public Api {
 public:
  explicit ToldApi(std::vector<AnswerColumn> columns) : columns_(std::move(columns)) {}

  const std::string& engine() const override { return engine_; }
  arrow::Result<Answer> Ask(const Question& question, const std::stop_token&) override {
    asked_.push_back(question.sql);
    Answer answer;
    answer.columns = columns_;
    if (question.sql.find("WHERE 1 = 0") != std::string::npos) return answer;
    if (question.sql.starts_with("SELECT count(*) AS n")) {
      answer.rows = {{rows_}};
      return answer;
    }
    if (told_.empty()) return MakeError(ErrorKind::kInternal, "nothing left to say");
    auto next = std::move(told_.front());
    told_.erase(told_.begin());
    ARROW_RETURN_NOT_OK(next.status());
    answer.rows = std::move(*next);
    return answer;
  }
  arrow::Result<std::unique_ptr<ByteStream>> Export(const Question&,
                                                    const std::stop_token&) override {
    return MakeError(ErrorKind::kInternal, "nobody exports here");
  }

  void Tell(arrow::Result<std::vector<Cells>> rows) { told_.push_back(std::move(rows)); }
  void set_rows(std::string rows) { rows_ = std::move(rows); }
  const std::vector<std::string>& asked() const { return asked_; }

 private:
  const std::string engine_ = "vertica";
  const std::vector<AnswerColumn> columns_;
  std::string rows_ = "900";
  std::vector<arrow::Result<std::vector<Cells>>> told_;
  std::vector<std::string> asked_;
};

AnswerColumn Named(const std::string& name, const std::string& base) {
  AnswerColumn column;
  column.name = column.display_name = name;
  column.base_type = column.effective_type = base;
  return column;
}

std::vector<Cells> Shares(const std::vector<std::string>& least) {
  std::vector<Cells> rows;
  for (std::size_t at = 0; at < least.size(); ++at) {
    rows.push_back({std::to_string(at + 1), least[at]});
  }
  return rows;
}

std::vector<Cells> Counts(const std::vector<int>& counts) {
  Cells cells;
  for (int count : counts) cells.emplace_back(std::to_string(count));
  return {cells};
}

Split Cut(ToldApi* api, const std::string& sql = "SELECT * FROM t") {
  Question question;
  question.sql = sql;
  const Relation relation = DescribeAnswer(*api, question, {}).ValueOrDie();
  SplitRequest request;
  request.pieces = 3;
  request.least_rows = 10;
  return SplitQuestion(*api, relation, request, {}).ValueOrDie();
}

TEST(ValueRanges, TheDatabaseNamesTheBoundsAndComparesWithThem) {
  ToldApi api({Named("mood", "type/Text")});
  api.Tell(Shares({"angry", "bored", "it's fine"}));
  api.Tell(Counts({300, 290, 310, 0, 900}));
  const Split split = Cut(&api);
  ASSERT_EQ(split.pieces.size(), 3u);
  EXPECT_THAT(split.on, ElementsAre("mood"));
  EXPECT_EQ(split.rows, 900);
  EXPECT_TRUE(split.pieces[0].predicate->lower.empty());
  EXPECT_THAT(split.pieces[0].predicate->upper, ElementsAre("bored"));
  // Nothing stands in a literal that some database would read as its end.
  EXPECT_THAT(split.pieces[2].predicate->lower, ElementsAre("it"));
  EXPECT_TRUE(split.pieces[2].predicate->upper.empty());
  EXPECT_TRUE(split.pieces[2].predicate->or_null) << "one may come";
  EXPECT_EQ(split.pieces[1].estimated_rows, 290);
  EXPECT_THAT(api.asked()[2],
              HasSubstr("NTILE(3) OVER (ORDER BY keelboat_rows.\"mood\")"));
  EXPECT_THAT(api.asked()[3], HasSubstr("keelboat_rows.\"mood\" >= 'bored' AND "
                                        "keelboat_rows.\"mood\" < 'it'"));
}

TEST(ValueRanges, RowsWithoutAValueAreAPiece) {
  ToldApi api({Named("mood", "type/Text")});
  api.Tell(Shares({"a", "b", "c"}));
  api.Tell(Counts({200, 200, 200, 300, 900}));
  const Split split = Cut(&api);
  ASSERT_EQ(split.pieces.size(), 4u);
  EXPECT_EQ(split.pieces[3].predicate->kind, PredicateKind::kNull);
  EXPECT_EQ(split.pieces[3].estimated_rows, 300);
}

TEST(ValueRanges, RangesThatHoldARowTwiceAreNotTaken) {
  // Beginnings that sort the other way round; the next column parts them well.
  ToldApi api({Named("mood", "type/Text"), Named("day", "type/Date")});
  api.Tell(Shares({"a", "c'2", "b"}));
  api.Tell(Counts({500, 0, 700, 0, 900}));
  api.Tell(Shares({"2024-01-01T00:00:00Z", "2024-02-01T00:00:00Z", "2024-03-01"}));
  api.Tell(Counts({300, 300, 300, 0, 900}));
  const Split split = Cut(&api);
  EXPECT_THAT(split.on, ElementsAre("day"));
  EXPECT_THAT(split.pieces[1].predicate->lower, ElementsAre("2024-02-01"));
}

TEST(ValueRanges, OfSeveralColumnsTheMostEvenIsTaken) {
  ToldApi api({Named("mood", "type/Text"), Named("colour", "type/Text")});
  api.Tell(Shares({"a", "a", "b"}));
  api.Tell(Counts({0, 890, 10, 0, 900}));
  api.Tell(Shares({"blue", "red", "red"}));
  api.Tell(Counts({200, 700, 0, 900}));
  const Split split = Cut(&api);
  EXPECT_THAT(split.on, ElementsAre("colour"));
  EXPECT_EQ(split.pieces.size(), 2u);
}

TEST(ValueRanges, WhereNothingPartsTheRowsTheyComeAsOne) {
  ToldApi alike({Named("mood", "type/Text")});
  alike.Tell(Shares({"same", "same", "same"}));
  alike.Tell(Counts({0, 900, 0, 900}));
  Split split = Cut(&alike);
  EXPECT_EQ(split.pieces.size(), 1u);
  EXPECT_THAT(split.reason, HasSubstr("no column"));

  ToldApi strange({Named("mood", "type/Text")});
  strange.Tell(MakeError(ErrorKind::kConfig, "no function NTILE"));
  split = Cut(&strange);
  EXPECT_EQ(split.pieces.size(), 1u);
  EXPECT_THAT(split.reason, HasSubstr("no function NTILE"));

  // What cannot be compared is not asked about.
  ToldApi shapes({Named("list", "type/Array"), Named("json", "type/JSON"),
                  Named("real", "type/Float"), Named("yes", "type/Boolean")});
  split = Cut(&shapes);
  EXPECT_EQ(split.pieces.size(), 1u);
  EXPECT_EQ(shapes.asked().size(), 2u) << "described and counted";
}

TEST(ValueRanges, ALostServerIsNoReasonForOneStream) {
  ToldApi api({Named("mood", "type/Text")});
  api.Tell(MakeError(ErrorKind::kUnavailable, "gone"));
  Question question;
  question.sql = "SELECT mood FROM t";
  const Relation relation = DescribeAnswer(api, question, {}).ValueOrDie();
  SplitRequest request;
  request.pieces = 3;
  request.least_rows = 10;
  EXPECT_EQ(KindOf(SplitQuestion(api, relation, request, {}).status()),
            ErrorKind::kUnavailable);
}

TEST(ValueRanges, BoundsAreSpelledForAnyDatabase) {
  ToldApi api({Named("text", "type/Text"), Named("day", "type/Date"),
               Named("at", "type/DateTime"), Named("price", "type/Decimal")});
  Question question;
  question.sql = "SELECT * FROM t";
  const Relation relation = DescribeAnswer(api, question, {}).ValueOrDie();
  const auto query = AskedQuery::Make("vertica", relation).ValueOrDie();
  const auto bound = [&](std::size_t column, const std::string& value) {
    return BoundOf(query.columns()[column], value);
  };
  EXPECT_EQ(bound(0, "plain words"), "plain words");
  EXPECT_THAT(bound(0, "'"), IsEmpty());
  EXPECT_EQ(bound(0, "a\\b"), "a");
  EXPECT_EQ(bound(0, "a{{b}}"), "a");
  EXPECT_EQ(bound(0, "a\nb"), "a");
  const std::string long_text = std::string(47, 'x') + "éé";
  EXPECT_EQ(bound(0, long_text), std::string(47, 'x')) << "no half of a character";
  EXPECT_EQ(bound(1, "2024-01-31T00:00:00+02:00"), "2024-01-31");
  EXPECT_EQ(bound(2, "2024-01-31T10:20:30.123456789+02:00"),
            "2024-01-31 10:20:30.123456");
  EXPECT_EQ(bound(2, "2024-01-31T10:20:30-05:00"), "2024-01-31 10:20:30");
  EXPECT_EQ(bound(2, "2024-01-31"), "2024-01-31 00:00:00");
  EXPECT_EQ(bound(3, "-12.50"), "-12.50");
  EXPECT_THAT(bound(3, "1E+3"), IsEmpty());
}

}  // namespace
}  // namespace keelboat::metabase
