#include "sources/metabase/metabase_api.h"

#include <array>
#include <chrono>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "keelboat/error.h"
#include "support/metabase_standin.h"

namespace keelboat::metabase {
namespace {

using keelboat::testing::MetabaseStandin;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

constexpr const char* kDatabase = "Growth Team Clickhouse Connection";

// One stand-in for all tests; each finds it as it was started, in every generation.
class MetabaseApiTest : public ::testing::TestWithParam<const char*> {
 protected:
  static void SetUpTestSuite() {
    if (standin_ == nullptr) standin_ = new MetabaseStandin("v63", 3000);
  }
  static void TearDownTestSuite() {
    delete standin_;
    standin_ = nullptr;
  }
  void SetUp() override {
    standin_->Reset();
    standin_->Set(R"({"profile":")" + std::string(GetParam()) + "\"}");
  }

  static MetabaseOptions Key() {
    MetabaseOptions options;
    options.url = standin_->url();
    options.api_key = MetabaseStandin::kApiKey;
    options.database = kDatabase;
    return options;
  }
  static MetabaseOptions Login(const std::string& username = MetabaseStandin::kUsername) {
    MetabaseOptions options = Key();
    options.api_key.clear();
    options.username = username;
    options.password = MetabaseStandin::kPassword;
    return options;
  }
  static RetryPolicy Quick() { return {2, 5ms, true, 20ms}; }
  static arrow::Result<std::shared_ptr<MetabaseApi>> Connect(
      const MetabaseOptions& options) {
    return MetabaseApi::Connect(options, Quick(), {});
  }
  static Question Sql(const std::string& text) {
    Question question;
    question.sql = text;
    return question;
  }
  static arrow::Result<std::string> ReadAll(MetabaseApi& api, const Question& question) {
    ARROW_ASSIGN_OR_RAISE(auto stream, api.Export(question, {}));
    std::string text;
    std::array<char, 100'000> room;
    while (true) {
      ARROW_ASSIGN_OR_RAISE(int64_t count, stream->Read(room.data(), room.size()));
      if (count == 0) return text;
      text.append(room.data(), static_cast<std::size_t>(count));
    }
  }
  // Whether the server ended a query with this in its text. Those of the test before may
  // still be ending.
  static bool IsCancelled(const std::string& part) {
    for (const auto& event : nlohmann::json::parse(standin_->Log())) {
      if (event.value("event", "") == "query_cancelled" &&
          event.value("sql", "").find(part) != std::string::npos) {
        return true;
      }
    }
    return false;
  }
  bool newest() const { return std::string(GetParam()) == "v63"; }

  static MetabaseStandin* standin_;
};

MetabaseStandin* MetabaseApiTest::standin_ = nullptr;

INSTANTIATE_TEST_SUITE_P(Profiles, MetabaseApiTest,
                         ::testing::Values("v48", "v55", "v63"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(MetabaseApiTest, AsksAndExports) {
  auto api = Connect(Key());
  ASSERT_TRUE(api.ok()) << api.status();
  EXPECT_EQ((*api)->engine(), "clickhouse");
  EXPECT_THAT((*api)->properties().version, HasSubstr("v0."));
  const auto answer =
      (*api)->Ask(Sql("SELECT count(*) AS n, 'é' AS word FROM orders"), {});
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->rows.at(0).at(0), "3000");
  EXPECT_EQ(answer->rows.at(0).at(1), "é");
  EXPECT_EQ(answer->columns.at(1).name, "word");
  EXPECT_EQ(answer->results_timezone, "UTC");
  EXPECT_FALSE(answer->truncated);
  const auto text = ReadAll(**api, Sql("SELECT order_id AS c0 FROM orders ORDER BY 1"));
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_TRUE(text->starts_with("[\n{\"c0\":1},\n")) << text->substr(0, 50);
  EXPECT_TRUE(text->ends_with("\n]"));
}

TEST_P(MetabaseApiTest, TellsThatAnAnswerIsTruncated) {
  auto api = *Connect(Key());
  EXPECT_TRUE(api->Ask(Sql("SELECT order_id FROM orders"), {})->truncated);
}

TEST_P(MetabaseApiTest, CompressesWhenAsked) {
  MetabaseOptions options = Key();
  const std::string plain =
      *ReadAll(**Connect(options), Sql("SELECT * FROM vendors ORDER BY 1"));
  options.compress = true;
  EXPECT_EQ(*ReadAll(**Connect(options), Sql("SELECT * FROM vendors ORDER BY 1")), plain);
}

TEST_P(MetabaseApiTest, AllThreadsShareOneLoginAndItIsEnded) {
  {
    auto api = *Connect(Login());
    std::vector<std::jthread> threads;
    for (int i = 0; i < 6; ++i) {
      threads.emplace_back([&] { EXPECT_TRUE(api->Ask(Sql("SELECT 1"), {}).ok()); });
    }
    threads.clear();
    EXPECT_EQ(standin_->Count("login"), 1);
    standin_->Expire();
    for (int i = 0; i < 6; ++i) {
      threads.emplace_back([&] {
        const auto answer = api->Ask(Sql("SELECT 1"), {});
        EXPECT_TRUE(answer.ok()) << answer.status();
      });
    }
    threads.clear();
    EXPECT_EQ(standin_->Count("login"), 2);
    EXPECT_TRUE(ReadAll(*api, Sql("SELECT 1 AS c0")).ok());
  }
}

TEST_P(MetabaseApiTest, ARefusedLoginIsNotTriedAgain) {
  MetabaseOptions options = Login();
  options.password = "secret-but-wrong";
  auto server = *MetabaseServer::Make(options);
  for (int i = 0; i < 3; ++i) {
    const auto status = server->Get("/api/database", {}).status();
    EXPECT_EQ(KindOf(status), ErrorKind::kAuth);
    EXPECT_THAT(status.message(), HasSubstr("'analyst@example.com'"));
    EXPECT_THAT(status.message(), HasSubstr("METABASE_PASSWORD"));
    EXPECT_THAT(status.message(), HasSubstr("API key"));
    EXPECT_THAT(status.ToString(), Not(HasSubstr("secret-but-wrong")));
  }
  EXPECT_EQ(standin_->Count("login"), 1);
}

TEST_P(MetabaseApiTest, AThrottledLoginIsNotTriedAgain) {
  MetabaseOptions wrong = Login();
  wrong.password = "wrong";
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(DetailOf(Connect(wrong).status(), "login"), "password");
  }
  const auto status = Connect(Login()).status();
  EXPECT_EQ(KindOf(status), ErrorKind::kAuth);
  EXPECT_EQ(DetailOf(status, "login"), "throttled");
  EXPECT_THAT(status.message(), HasSubstr("wait an hour"));
  EXPECT_EQ(standin_->Count("login"), 11);
}

TEST_P(MetabaseApiTest, ADisabledUserIsTold) {
  const auto status = Connect(Login("gone@example.com")).status();
  EXPECT_EQ(KindOf(status), ErrorKind::kAuth);
  EXPECT_EQ(DetailOf(status, "login"), "disabled");
}

TEST_P(MetabaseApiTest, ASecondFactorIsExplained) {
  const auto status = Connect(Login("careful@example.com")).status();
  if (!newest()) {
    EXPECT_TRUE(status.ok()) << status;
    return;
  }
  EXPECT_EQ(KindOf(status), ErrorKind::kAuth);
  EXPECT_EQ(DetailOf(status, "login"), "mfa");
  EXPECT_THAT(status.message(), HasSubstr("METABASE_API_KEY"));
}

TEST_P(MetabaseApiTest, AWrongKeyIsTold) {
  MetabaseOptions options = Key();
  options.api_key = "mb_wrong_and_secret";
  const auto status = Connect(options).status();
  EXPECT_EQ(KindOf(status), ErrorKind::kAuth);
  EXPECT_THAT(status.message(), HasSubstr("METABASE_API_KEY"));
  EXPECT_THAT(status.ToString(), Not(HasSubstr("mb_wrong")));
}

TEST_P(MetabaseApiTest, AServerThatStartsIsNotMistakenForAWrongLogin) {
  standin_->Set(R"({"initializing":true})");
  const auto status = Connect(Key()).status();
  EXPECT_EQ(KindOf(status), ErrorKind::kUnavailable);
  EXPECT_THAT(status.message(), HasSubstr("initializing"));
}

TEST_P(MetabaseApiTest, DatabasesAreFoundByNameAndId) {
  MetabaseOptions options = Key();
  options.database = "5";
  EXPECT_EQ((*Connect(options))->database().name, "Customers Postgres");
  options.database = "Growth Team Clickhous Connection";
  const auto status = Connect(options).status();
  EXPECT_EQ(KindOf(status), ErrorKind::kNotFound);
  EXPECT_THAT(status.message(), HasSubstr("did you mean 'Growth Team"));
  EXPECT_THAT(status.message(), HasSubstr("Customers Postgres"));
  options = Login("outsider@example.com");
  EXPECT_EQ(KindOf(Connect(options).status()), ErrorKind::kDenied);
}

TEST_P(MetabaseApiTest, AnErrorBeforeTheRowsIsTheDatabasesOwn) {
  auto api = *Connect(Key());
  for (const auto& status :
       {api->Ask(Sql("SELECT nonsense FROM orders"), {}).status(),
        api->Export(Sql("SELECT nonsense FROM orders"), {}).status()}) {
    EXPECT_THAT(KindOf(status), AnyOf(ErrorKind::kConfig, ErrorKind::kNotFound))
        << status;
    EXPECT_THAT(status.message(), HasSubstr("nonsense"));
    EXPECT_THAT(status.message(), Not(HasSubstr("execute.clj")));
  }
}

TEST_P(MetabaseApiTest, AnErrorAmongTheRowsNeverLooksLikeAnAnswer) {
  auto api = *Connect(Key());
  standin_->Fault(
      R"({"kind":"fail","path":"POST /api/dataset","after_rows":5,"times":3})");
  const auto status = api->Ask(Sql("SELECT order_id FROM orders"), {}).status();
  EXPECT_EQ(KindOf(status), ErrorKind::kUnavailable) << status;
  standin_->Reset();
  standin_->Set(R"({"profile":")" + std::string(GetParam()) + "\"}");
  standin_->Fault(
      R"({"kind":"fail","path":"POST /api/dataset","after_rows":5,"times":1})");
  EXPECT_TRUE(api->Ask(Sql("SELECT order_id FROM orders"), {}).ok());
}

TEST_P(MetabaseApiTest, ACutBodyIsAnErrorWhateverCutIt) {
  auto api = *Connect(Key());
  const std::string whole = *ReadAll(*api, Sql("SELECT * FROM orders ORDER BY 1"));
  for (const char* how : {"clean", "close", "reset"}) {
    standin_->Fault(
        R"({"kind":"cut","path":"POST /api/dataset/json","after_bytes":300000,)"
        R"("times":1,"how":")" +
        std::string(how) + "\"}");
    const auto text = ReadAll(*api, Sql("SELECT * FROM orders ORDER BY 1"));
    // A reset may be heard before the first byte: then it was asked for again.
    if (text.ok() && std::string_view(how) == "clean") {
      EXPECT_LT(text->size(), whole.size());
    } else if (text.ok()) {
      EXPECT_TRUE(*text == whole);
    } else {
      EXPECT_EQ(KindOf(text.status()), ErrorKind::kUnavailable) << text.status();
    }
    standin_->Fault(R"({"kind":"cut","path":"POST /api/dataset$","after_bytes":50,)"
                    R"("times":1,"how":")" +
                    std::string(how) + "\"}");
    const auto answer = api->Ask(Sql("SELECT * FROM vendors"), {});
    EXPECT_TRUE(answer.ok()) << "asked again: " << answer.status();
  }
}

TEST_P(MetabaseApiTest, ASilentServerIsGivenUp) {
  MetabaseOptions options = Key();
  options.read_timeout = 1s;
  auto api = *MetabaseApi::Connect(options, {0}, {});
  standin_->Fault(R"({"kind":"cut","path":"POST /api/dataset/json","after_bytes":5000,)"
                  R"("how":"stall","seconds":20})");
  const auto text = ReadAll(*api, Sql("SELECT * FROM orders"));
  EXPECT_EQ(KindOf(text.status()), ErrorKind::kUnavailable);
  EXPECT_THAT(text.status().message(), HasSubstr("nothing came for 1 s"));
}

TEST_P(MetabaseApiTest, AStormPassesAndSlowsTheClientDown) {
  auto api = *Connect(Key());
  standin_->Fault(
      R"({"kind":"reply","path":"POST /api/dataset","status":503,"times":2,)"
      R"("body":"<html>Service Unavailable</html>","content_type":"text/html"})");
  EXPECT_TRUE(api->Ask(Sql("SELECT 1"), {}).ok());
  standin_->Fault(
      R"({"kind":"reply","path":"POST /api/dataset","status":503,"times":3,)"
      R"("body":"<html>Service Unavailable</html>","content_type":"text/html"})");
  const auto status = api->Ask(Sql("SELECT 1"), {}).status();
  EXPECT_EQ(KindOf(status), ErrorKind::kUnavailable);
  EXPECT_THAT(status.message(), HasSubstr("HTTP 503 with a web page"));
}

TEST_P(MetabaseApiTest, RetryAfterIsHeard) {
  auto server = *MetabaseServer::Make(Key());
  standin_->Fault(R"({"kind":"reply","path":"GET /api/database","status":429,)"
                  R"("body":"slow down","headers":{"Retry-After":"7"}})");
  const auto status = server->Get("/api/database", {}).status();
  EXPECT_EQ(KindOf(status), ErrorKind::kThrottled);
  EXPECT_EQ(DetailOf(status, kRetryAfterSeconds), "7");
  EXPECT_THAT(status.message(), HasSubstr("slow down"));
}

TEST_P(MetabaseApiTest, AnExhaustedPoolIsOverload) {
  auto api = *Connect(Key());
  standin_->Set(R"({"pool_size":1,"pool_held":1,"pool_checkout_timeout_ms":50})");
  if (newest()) {
    const auto status = api->Ask(Sql("SELECT 1"), {}).status();
    EXPECT_EQ(KindOf(status), ErrorKind::kThrottled) << status;
    EXPECT_THAT(status.message(), HasSubstr("fewer connections"));
    return;
  }
  // Older servers let a question wait for ever: whoever asks may stop.
  std::stop_source source;
  const std::jthread stopper([&] {
    std::this_thread::sleep_for(200ms);
    source.request_stop();
  });
  EXPECT_EQ(KindOf(api->Ask(Sql("SELECT 1"), source.get_token()).status()),
            ErrorKind::kCancelled);
}

TEST_P(MetabaseApiTest, ClosingAStreamEndsTheQuery) {
  auto api = *Connect(Key());
  auto stream = api->Export(Sql("SELECT number AS c0 FROM numbers(300000000000)"), {});
  ASSERT_TRUE(stream.ok()) << stream.status();
  EXPECT_FALSE(IsCancelled("numbers(300000000000)"));
  stream->reset();
  const auto begin = std::chrono::steady_clock::now();
  while (!IsCancelled("numbers(300000000000)")) {
    ASSERT_LT(std::chrono::steady_clock::now() - begin, 60s);
    std::this_thread::sleep_for(50ms);
  }
}

TEST_P(MetabaseApiTest, AStopRequestEndsTheWaitAndTheQuery) {
  auto api = *Connect(Key());
  std::stop_source source;
  const std::jthread stopper([&] {
    std::this_thread::sleep_for(300ms);
    source.request_stop();
  });
  const auto begin = std::chrono::steady_clock::now();
  const auto answer =
      api->Ask(Sql("SELECT sum(sipHash64(number)) FROM numbers(30000000000000)"),
               source.get_token());
  EXPECT_EQ(KindOf(answer.status()), ErrorKind::kCancelled);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 30s);
  while (!IsCancelled("numbers(30000000000000)")) {
    ASSERT_LT(std::chrono::steady_clock::now() - begin, 60s);
    std::this_thread::sleep_for(50ms);
  }
}

TEST_P(MetabaseApiTest, TheFirstByteAfterAStreamIsNotLost) {
  standin_->Set(R"({"lose_first_byte":true})");
  auto api = *Connect(Key());
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(api->Ask(Sql("SELECT 1"), {}).ok());
    EXPECT_TRUE(ReadAll(*api, Sql("SELECT 1 AS c0")).ok());
    EXPECT_TRUE(api->Account({}).ok());
  }
}

TEST_P(MetabaseApiTest, TablesAndFieldsAreListed) {
  auto api = *Connect(Key());
  const auto tables = *api->Tables({});
  const auto orders = FindTable(tables, "orders");
  ASSERT_TRUE(orders.ok());
  const auto fields = *api->Fields(*orders, {});
  EXPECT_EQ(fields.at(0).name, "order_id");
  EXPECT_EQ(fields.at(0).semantic_type, "type/PK");
}

TEST_P(MetabaseApiTest, CardsAreAskedWithParameters) {
  auto api = *Connect(Key());
  auto question = api->CardQuestion("Q2ordersSinceADayX0002",
                                    {{"since", "2025-06-01"}, {"vendor", "3"}}, {});
  ASSERT_TRUE(question.ok()) << question.status();
  EXPECT_EQ(question->card, 2);
  const auto answer = api->Ask(*question, {});
  ASSERT_TRUE(answer.ok()) << answer.status();
  const auto expected = api->Ask(Sql("SELECT count(*) FROM orders WHERE order_date >= "
                                     "'2025-06-01' AND vendor_id = 3"),
                                 {});
  EXPECT_EQ(std::to_string(answer->rows.size()), expected->rows.at(0).at(0));
  EXPECT_TRUE(ReadAll(*api, *question)->ends_with("\n]"));
  const auto unknown = api->CardQuestion("2", {{"sinc", "x"}}, {}).status();
  EXPECT_EQ(KindOf(unknown), ErrorKind::kNotFound);
  EXPECT_THAT(unknown.message(), HasSubstr("did you mean 'since'?"));
  EXPECT_EQ(KindOf(api->CardQuestion("99", {}, {}).status()), ErrorKind::kNotFound);
}

TEST_P(MetabaseApiTest, APageOfAProxyIsToldAsSuch) {
  standin_->Fault(
      R"({"kind":"reply","path":"GET /api/session/properties","status":200,)"
      R"("body":"<html><title>Sign in</title></html>","content_type":"text/html"})");
  const auto status = Connect(Key()).status();
  EXPECT_EQ(KindOf(status), ErrorKind::kUnavailable);
  EXPECT_THAT(status.message(), HasSubstr("a web page"));
  EXPECT_THAT(status.message(), HasSubstr("Sign in"));
}

TEST_P(MetabaseApiTest, TheUrlOfAPageIsToldAsSuch) {
  MetabaseOptions options = Key();
  options.url += "/question/3-orders";
  const auto status = Connect(options).status();
  EXPECT_EQ(KindOf(status), ErrorKind::kNotFound);
  EXPECT_THAT(status.message(), HasSubstr("the url is not Metabase's"));
}

TEST_P(MetabaseApiTest, ARedirectionIsToldWithItsTarget) {
  standin_->Fault(R"({"kind":"reply","path":"GET /api/session/properties","status":301,)"
                  R"("headers":{"Location":"https://bi.example.org/"}})");
  const auto status = Connect(Key()).status();
  EXPECT_EQ(KindOf(status), ErrorKind::kConfig);
  EXPECT_THAT(status.message(), HasSubstr("https://bi.example.org/"));
}

TEST_P(MetabaseApiTest, NoSecretIsInWhatAServerSaysBack) {
  auto api = *Connect(Login());
  standin_->Fault(
      R"({"kind":"reply","path":"POST /api/dataset","status":400,"body":"you sent )" +
      std::string("pa55-wörd'%$") + "\"}");
  const auto status = api->Ask(Sql("SELECT 1"), {}).status();
  EXPECT_THAT(status.message(), HasSubstr("you sent ***"));
}

TEST_P(MetabaseApiTest, OptionsThatCannotBeMeantAreRefused) {
  auto kind = [](auto change) {
    MetabaseOptions options = Key();
    change(options);
    return KindOf(MetabaseServer::Make(options).status());
  };
  EXPECT_EQ(kind([](auto& o) { o.url = "bi.example.org"; }), ErrorKind::kConfig);
  EXPECT_EQ(kind([](auto& o) { o.url = "https://me:secret@bi"; }), ErrorKind::kConfig);
  EXPECT_EQ(kind([](auto& o) { o.api_key.clear(); }), ErrorKind::kConfig);
  EXPECT_EQ(kind([](auto& o) { o.connections = 0; }), ErrorKind::kConfig);
  EXPECT_EQ(kind([](auto& o) { o.tls_ca = "/nowhere.pem"; }), ErrorKind::kConfig);
}

}  // namespace
}  // namespace keelboat::metabase
