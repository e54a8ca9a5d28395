#include "sources/metabase/cursor_facts.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"
#include "sources/metabase/answer_description.h"

namespace keelboat::metabase {
namespace {

using ::testing::HasSubstr;

// Describes every question as one column and answers every other by one row.
class OneColumnApi final : public Api {
 public:
  OneColumnApi(std::string engine, AnswerColumn column,
               std::vector<std::optional<std::string>> row)
      : engine_(std::move(engine)), column_(std::move(column)), row_(std::move(row)) {}

  const std::string& engine() const override { return engine_; }
  arrow::Result<Answer> Ask(const Question& question, const std::stop_token&) override {
    asked.push_back(question.sql);
    Answer answer;
    answer.results_timezone = "UTC";
    if (question.sql.find("count(*)") == std::string::npos) {
      answer.columns = {column_};
    } else {
      answer.columns.resize(row_.size());
      answer.rows = {row_};
    }
    return answer;
  }
  arrow::Result<std::unique_ptr<ByteStream>> Export(const Question&,
                                                    const std::stop_token&) override {
    return MakeError(ErrorKind::kInternal, "nothing is exported here");
  }

  std::vector<std::string> asked;

 private:
  const std::string engine_;
  const AnswerColumn column_;
  const std::vector<std::optional<std::string>> row_;
};

AnswerColumn Column(const std::string& base_type, const std::string& database_type) {
  return {"at", "at", base_type, base_type, database_type, ""};
}

arrow::Result<CursorFacts> Measure(OneColumnApi& api) {
  Question question;
  question.sql = "SELECT at FROM t";
  ARROW_ASSIGN_OR_RAISE(const Relation relation, DescribeAnswer(api, question, {}));
  return MeasureCursor(api, relation, "at", "", "2026-11-21 20:00:00.000000", {});
}

TEST(CursorFactsTest, MomentsAreExactInTheWordsOfEachDatabase) {
  const std::vector<std::optional<std::string>> row = {"10", "9",
                                                       "2024-01-02 03:04:05.678901"};
  OneColumnApi postgres("postgres", Column("type/DateTimeWithLocalTZ", "timestamptz"),
                        row);
  const auto facts = Measure(postgres);
  ASSERT_TRUE(facts.ok()) << facts.status();
  EXPECT_EQ(facts->max, "2024-01-02 03:04:05.678901");
  EXPECT_EQ(facts->nulls, 1);
  EXPECT_FALSE(facts->has_future);
  EXPECT_THAT(postgres.asked.back(), HasSubstr("AT TIME ZONE 'UTC', 'YYYY-MM-DD "));
  OneColumnApi naive("postgres", Column("type/DateTime", "timestamp"), row);
  ASSERT_TRUE(Measure(naive).ok());
  EXPECT_THAT(naive.asked.back(), ::testing::Not(HasSubstr("TIME ZONE")));
  OneColumnApi mysql("mysql", Column("type/DateTime", "DATETIME"), row);
  ASSERT_TRUE(Measure(mysql).ok());
  EXPECT_THAT(mysql.asked.back(), HasSubstr("AS DATETIME(6)) AS CHAR)"));
  OneColumnApi other("oracle", Column("type/DateTime", "TIMESTAMP"), row);
  const auto refused = Measure(other).status();
  EXPECT_EQ(KindOf(refused), ErrorKind::kUnsupported);
  EXPECT_THAT(refused.message(), HasSubstr("load the table in full"));
}

TEST(CursorFactsTest, DatesComeWithATimeAndNumbersAsTheyAre) {
  OneColumnApi day("postgres", Column("type/Date", "date"),
                   {"3", "3", "2024-01-02T00:00:00Z"});
  EXPECT_EQ(Measure(day)->max, "2024-01-02");
  OneColumnApi number("postgres", Column("type/BigInteger", "int8"),
                      {"3", "3", "9007199254740993"});
  EXPECT_EQ(Measure(number)->max, "9007199254740993");
  OneColumnApi none("postgres", Column("type/BigInteger", "int8"),
                    {"0", "0", std::nullopt});
  EXPECT_EQ(Measure(none)->max, std::nullopt);
}

TEST(CursorFactsTest, TheFutureIsLeftOut) {
  OneColumnApi api("postgres", Column("type/DateTimeWithLocalTZ", "timestamptz"),
                   {"2", "2", "2200-01-01 00:00:00.000000"});
  const auto facts = Measure(api);
  ASSERT_TRUE(facts.ok()) << facts.status();
  EXPECT_TRUE(facts->has_future);
  EXPECT_THAT(api.asked.back(), HasSubstr("2026-11-21 20:00:00.000001"));
}

TEST(CursorFactsTest, ACountThatIsNoneIsAnError) {
  OneColumnApi api("postgres", Column("type/BigInteger", "int8"), {"many", "3", "1"});
  EXPECT_EQ(KindOf(Measure(api).status()), ErrorKind::kData);
}

}  // namespace
}  // namespace keelboat::metabase
