#include "sources/metabase/session.h"

#include <chrono>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/stop.h"
#include "keelboat/error.h"
#include "sources/metabase/server_error.h"

namespace keelboat::metabase {
namespace {

using Json = nlohmann::json;

constexpr const char* kSessionHeader = "X-Metabase-Session";
constexpr const char* kKeyHeader = "X-API-KEY";
constexpr int64_t kMostBytes = int64_t{1} << 20;
constexpr std::chrono::seconds kLogoutTimeout{3};
constexpr const char* kKeyRemedy =
    "an API key (Metabase: Admin settings, Authentication, API keys; here `api_key`, "
    "METABASE_API_KEY)";

std::string FieldOf(const Json& errors, const char* name) {
  const auto found = errors.find(name);
  return found != errors.end() && found->is_string() ? found->get<std::string>()
                                                     : std::string();
}

arrow::Status AuthError(const std::string& message, const char* reason) {
  return MakeError(ErrorKind::kAuth, message, {{"login", reason}});
}

}  // namespace

Session::Session(MetabaseOptions options, std::string base_url, HttpClient& http)
    : options_(std::move(options)), base_url_(std::move(base_url)), http_(http) {}

Session::~Session() {
  if (token_.empty()) return;
  HttpRequest request;
  request.method = "DELETE";
  request.url = base_url_ + "/api/session";
  request.headers = {{kSessionHeader, token_}};
  request.total_timeout = kLogoutTimeout;
  // A session that could not be ended runs out by itself.
  (void)http_.Send(request, kMostBytes, {});
}

arrow::Result<HttpHeader> Session::Authorize(const std::stop_token& stop) {
  if (!options_.api_key.empty()) return HttpHeader{kKeyHeader, options_.api_key};
  return LogIn(std::unique_lock(mutex_), stop);
}

std::string Session::Token() const {
  const std::lock_guard lock(mutex_);
  return token_;
}

arrow::Status Session::Renew(const HttpHeader& used, const std::stop_token& stop) {
  // While it starts, Metabase does not know anybody: nothing is wrong with the login.
  ARROW_RETURN_NOT_OK(CheckHealth(stop));
  if (used.name == kKeyHeader) {
    return AuthError(
        "the server does not accept the API key: "
        "check `api_key` (METABASE_API_KEY); keys begin with \"mb_\" and are "
        "made in Metabase under Admin settings, Authentication, API keys",
        "api_key");
  }
  std::unique_lock lock(mutex_);
  if (token_ == used.value) token_.clear();
  return LogIn(std::move(lock), stop).status();
}

arrow::Result<HttpHeader> Session::LogIn(std::unique_lock<std::mutex> lock,
                                         const std::stop_token& stop) {
  const bool waited = changed_.wait(lock, stop, [this] { return !logging_in_; });
  if (!waited) ARROW_RETURN_NOT_OK(CheckStop(stop));
  ARROW_RETURN_NOT_OK(refused_);
  if (token_.empty()) {
    logging_in_ = true;
    lock.unlock();
    auto token = AskForToken(stop);
    lock.lock();
    logging_in_ = false;
    if (token.ok()) {
      token_ = *token;
    } else if (!IsRetryable(KindOf(token.status())) &&
               KindOf(token.status()) != ErrorKind::kCancelled) {
      refused_ = token.status();
    }
    changed_.notify_all();
    ARROW_RETURN_NOT_OK(token.status());
  }
  return HttpHeader{kSessionHeader, token_};
}

arrow::Result<std::string> Session::AskForToken(const std::stop_token& stop) {
  HttpRequest request;
  request.method = "POST";
  request.url = base_url_ + "/api/session";
  request.headers = {{"Content-Type", "application/json"}};
  request.body =
      Json{{"username", options_.username}, {"password", options_.password}}.dump(
          -1, ' ', false, Json::error_handler_t::replace);
  ARROW_ASSIGN_OR_RAISE(HttpResponse response, http_.Send(request, kMostBytes, stop));
  if (response.head.status != 200) return Refused(response);
  const Json answer = Json::parse(response.body, nullptr, false);
  if (!answer.is_object()) {
    return ErrorOfAnswer(response.body, response.head.Find("content-type"), 200);
  }
  const auto id = answer.find("id");
  if (id != answer.end() && id->is_string()) return id->get<std::string>();
  return AuthError("Metabase asks user '" + options_.username +
                       "' for a second factor, which a program does not have: use " +
                       kKeyRemedy + " instead of username and password",
                   "mfa");
}

arrow::Status Session::CheckHealth(const std::stop_token& stop) {
  HttpRequest request;
  request.url = base_url_ + "/api/health";
  ARROW_ASSIGN_OR_RAISE(HttpResponse response, http_.Send(request, kMostBytes, stop));
  if (response.head.status != 503) return arrow::Status::OK();
  const Json answer = Json::parse(response.body, nullptr, false);
  std::string state = answer.is_object() ? FieldOf(answer, "status") : "";
  return MakeError(ErrorKind::kUnavailable,
                   "Metabase accepts nobody yet: its health is '" +
                       (state.empty() ? "unknown" : state) + "'",
                   {{"http_status", "503"}});
}

arrow::Status Session::Refused(const HttpResponse& response) const {
  const int status = response.head.status;
  const Json answer = Json::parse(response.body, nullptr, false);
  const Json errors =
      answer.is_object() && answer.contains("errors") && answer["errors"].is_object()
          ? answer["errors"]
          : Json::object();
  const std::string who = "user '" + options_.username + "'";
  // Told apart by the keys alone: the texts are in the server's language.
  if (status == 401 && errors.contains("username") && !errors.contains("password")) {
    return AuthError(
        "Metabase refuses to look at logins of " + who +
            " for a while, after too many that failed: \"" + FieldOf(errors, "username") +
            "\". Each further attempt prolongs that, so none was made: wait an hour "
            "without one, or use " +
            kKeyRemedy,
        "throttled");
  }
  if (status == 401 && errors.contains("_error")) {
    return AuthError("Metabase refuses " + who + ": \"" + FieldOf(errors, "_error") +
                         "\": an administrator can activate the account again",
                     "disabled");
  }
  if (status == 401 || (status == 400 && !errors.empty())) {
    std::string words;
    for (const auto& [field, message] : errors.items()) {
      if (message.is_string())
        words += (words.empty() ? "" : ", ") + message.get<std::string>();
    }
    return AuthError(
        "Metabase refuses " + who +
            (words.empty() ? std::string() : ": \"" + words + "\"") +
            "; check `username` (an e-mail address) and `password` "
            "(METABASE_USERNAME, METABASE_PASSWORD). Accounts that log in by "
            "single sign-on have no password: they need " +
            kKeyRemedy,
        "password");
  }
  return ErrorOfAnswer(response.body, response.head.Find("content-type"), status);
}

}  // namespace keelboat::metabase
