#include "sources/metabase/server_error.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "keelboat/error.h"

namespace keelboat::metabase {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(ServerErrorTest, KeepsTheDatabasesWordsAndDropsStackTraces) {
  const auto status = ErrorOfBody(
      R"j({"status":"failed","error":"Syntax error near 'FORM'\n\tat org.x.Y.z(Y.java:3)",)j"
      R"("error_type":"invalid-query","state":"42000","stacktrace":["--> a.b"],"via":[]})",
      202);
  EXPECT_EQ(KindOf(status), ErrorKind::kConfig);
  EXPECT_THAT(status.message(), HasSubstr("Syntax error near 'FORM'"));
  EXPECT_THAT(status.message(), Not(HasSubstr("Y.java")));
  EXPECT_EQ(DetailOf(status, "error_type"), "invalid-query");
  EXPECT_EQ(DetailOf(status, "sqlstate"), "42000");
}

TEST(ServerErrorTest, KindsByErrorType) {
  auto kind = [](const std::string& type, int status) {
    return KindOf(ErrorOfBody(
        R"({"status":"failed","error":"x","error_type":")" + type + "\"}", status));
  };
  EXPECT_EQ(kind("connection-pool-checkout-timeout", 503), ErrorKind::kThrottled);
  EXPECT_EQ(kind("connection-pool-checkout-queue-full", 503), ErrorKind::kThrottled);
  EXPECT_EQ(kind("unable-to-acquire-connection", 400), ErrorKind::kUnavailable);
  EXPECT_EQ(kind("missing-required-permissions", 202), ErrorKind::kDenied);
  EXPECT_EQ(kind("timed-out", 500), ErrorKind::kTimeout);
  EXPECT_EQ(kind("db", 202), ErrorKind::kUnavailable);
  EXPECT_EQ(kind("something-new", 202), ErrorKind::kUnsupported);
}

TEST(ServerErrorTest, KindsByTheDatabasesOwnCodes) {
  auto kind = [](const std::string& members) {
    return KindOf(ErrorOfBody(
        R"({"status":"failed","error_type":"invalid-query",)" + members + "}", 400));
  };
  EXPECT_EQ(kind(R"("error":"no","state":"42P01")"), ErrorKind::kNotFound);
  EXPECT_EQ(kind(R"("error":"no","state":"08006")"), ErrorKind::kUnavailable);
  EXPECT_EQ(kind(R"("error":"Code: 60. DB::Exception: no")"), ErrorKind::kNotFound);
  EXPECT_EQ(kind(R"("error":"Code: 202. DB::Exception: no")"), ErrorKind::kThrottled);
  EXPECT_EQ(kind(R"("error":"Code: 62. DB::Exception: no")"), ErrorKind::kConfig);
}

TEST(ServerErrorTest, ReadsAnObjectThatIsFollowedByMore) {
  const auto status =
      ErrorOfBody(R"({"error":"a } in \" text","error_type":"db"}]}x)", 0);
  EXPECT_THAT(status.message(), HasSubstr("a } in \" text"));
}

TEST(ServerErrorTest, TellsAnErrorThatIsCutOff) {
  const auto status = ErrorOfBody(R"({"status":"failed","err)", 0);
  EXPECT_EQ(KindOf(status), ErrorKind::kUnavailable);
  EXPECT_THAT(status.message(), HasSubstr("cut off"));
}

TEST(ServerErrorTest, ReadsFieldErrorsAndExceptionDumps) {
  EXPECT_THAT(ErrorOfBody(R"({"errors":{"query":"nonsense"}})", 400).message(),
              HasSubstr("query: nonsense"));
  const auto status =
      ErrorOfBody(R"({"via":[{}],"trace":["a"],"cause":"it broke","_status":500})", 500);
  EXPECT_THAT(status.message(), HasSubstr("it broke"));
  EXPECT_THAT(status.message(), Not(HasSubstr("trace")));
}

TEST(ServerErrorTest, NamesBodiesThatAreNoJson) {
  const auto page =
      ErrorOfAnswer("<html><body>Bad\nGateway</body></html>", "text/html", 502);
  EXPECT_EQ(KindOf(page), ErrorKind::kUnavailable);
  EXPECT_THAT(page.message(), HasSubstr("HTTP 502 with a web page"));
  EXPECT_THAT(page.message(), HasSubstr("Bad Gateway"));
  EXPECT_THAT(page.message(), HasSubstr("proxy"));
  EXPECT_EQ(KindOf(ErrorOfAnswer("Not found.", "text/plain", 404)), ErrorKind::kNotFound);
  EXPECT_EQ(KindOf(ErrorOfAnswer("", "", 500)), ErrorKind::kUnavailable);
  EXPECT_EQ(KindOf(ErrorOfAnswer("<html>Log in</html>", "text/html", 200)),
            ErrorKind::kUnavailable);
  EXPECT_LT(ErrorOfAnswer(std::string(100'000, 'x'), "", 500).message().size(), 500U);
}

}  // namespace
}  // namespace keelboat::metabase
