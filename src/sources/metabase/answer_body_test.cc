#include "sources/metabase/answer_body.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"

namespace keelboat::metabase {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Optional;

constexpr const char* kWhole =
    R"j({"data":{"rows":[[1,null,"a\"b","9007199254740993"],[1.500,true,"",[1, 2]]],)j"
    R"j("cols":[{"name":"a","display_name":"A","base_type":"type/Integer","lib/x":{"y":[]}},)j"
    R"j({"name":"b","database_type":"Bool","semantic_type":null},{"name":"c"},{"name":"d"}],)j"
    R"j("results_timezone":"Europe/Berlin","rows_truncated":2000},"row_count":2,)j"
    R"j("status":"completed"})j";

TEST(AnswerBodyTest, ReadsCellsAsTheyWereSent) {
  const auto answer = ReadAnswer(kWhole);
  ASSERT_TRUE(answer.ok()) << answer.status();
  ASSERT_EQ(answer->rows.size(), 2U);
  EXPECT_THAT(answer->rows[0], ElementsAre(Optional<std::string>("1"), std::nullopt,
                                           Optional<std::string>("a\"b"),
                                           Optional<std::string>("9007199254740993")));
  EXPECT_THAT(answer->rows[1],
              ElementsAre(Optional<std::string>("1.500"), Optional<std::string>("true"),
                          Optional<std::string>(""), Optional<std::string>("[1, 2]")));
  ASSERT_EQ(answer->columns.size(), 4U);
  EXPECT_EQ(answer->columns[0].display_name, "A");
  EXPECT_EQ(answer->columns[0].base_type, "type/Integer");
  EXPECT_EQ(answer->columns[1].database_type, "Bool");
  EXPECT_EQ(answer->columns[1].semantic_type, "");
  EXPECT_EQ(answer->results_timezone, "Europe/Berlin");
  EXPECT_TRUE(answer->truncated);
}

TEST(AnswerBodyTest, KeysComeInAnyOrder) {
  const auto answer =
      ReadAnswer(R"({"status":"completed","data":{"cols":[{"name":"a"}],"rows":[[1]]}})");
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->rows.size(), 1U);
  EXPECT_FALSE(answer->truncated);
}

TEST(AnswerBodyTest, NoPartOfAnAnswerIsOne) {
  const std::string whole = kWhole;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto answer = ReadAnswer(whole.substr(0, size));
    ASSERT_FALSE(answer.ok()) << size;
    EXPECT_EQ(KindOf(answer.status()), ErrorKind::kUnavailable) << answer.status();
  }
  EXPECT_FALSE(ReadAnswer(whole + "x").ok());
}

TEST(AnswerBodyTest, AFailureInASuccessIsAFailure) {
  const auto status =
      ReadAnswer(R"({"status":"failed","error":"no table","error_type":"invalid-query",)"
                 R"("data":{"rows":[],"cols":[]}})")
          .status();
  EXPECT_EQ(KindOf(status), ErrorKind::kConfig);
  EXPECT_THAT(status.message(), HasSubstr("no table"));
  EXPECT_FALSE(ReadAnswer(R"({"data":{"rows":[],"cols":[]}})").ok());
  EXPECT_FALSE(ReadAnswer("<html>Sign in</html>").ok());
}

TEST(AnswerBodyTest, AnErrorAfterRowsIsTold) {
  for (
      const char* error :
      {R"({"status":"failed","error":"it broke","error_type":"db"})",
       R"({"database_id":1,"via":[],"error_type":"db","status":"failed","error":"it broke"})"}) {
    const auto status =
        ReadAnswer(std::string(R"({"data":{"rows":[[1],[2],)") + error).status();
    EXPECT_EQ(KindOf(status), ErrorKind::kUnavailable);
    EXPECT_THAT(status.message(), HasSubstr("it broke"));
    EXPECT_THAT(status.message(), Not(HasSubstr("[[1]")));
  }
}

TEST(AnswerBodyTest, InvalidUtf8IsAnError) {
  EXPECT_FALSE(ReadAnswer("{\"data\":{\"rows\":[[\"\xff\"]],\"cols\":[{\"name\":\"a\"}]},"
                          "\"status\":\"completed\"}")
                   .ok());
}

TEST(AnswerBodyTest, WritesQuestions) {
  Question question;
  question.sql = "SELECT 'é\n'";
  question.parameters_json = R"([{"type":"category","value":"x"}])";
  EXPECT_EQ(*QuestionJson(question, 7),
            R"({"database":7,"middleware":{"ignore-cached-results?":true},)"
            R"("native":{"query":"SELECT 'é\n'","template-tags":{}},)"
            R"("parameters":[{"type":"category","value":"x"}],"type":"native"})");
  question.card = 5;
  EXPECT_EQ(*QuestionJson(question, 7),
            R"({"ignore_cache":true,"parameters":[{"type":"category","value":"x"}]})");
  question.parameters_json = "no";
  EXPECT_EQ(KindOf(QuestionJson(question, 7).status()), ErrorKind::kConfig);
  Question damaged;
  damaged.sql = "SELECT '\xff'";
  EXPECT_EQ(KindOf(QuestionJson(damaged, 7).status()), ErrorKind::kConfig);
}

}  // namespace
}  // namespace keelboat::metabase
