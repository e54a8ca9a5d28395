#include "lake/stores/s3/lent_keys.h"

#include <chrono>
#include <fstream>
#include <iterator>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "keelboat/error.h"
#include "lake/stores/s3/xml_answer.h"
#include "net/form_text.h"

namespace keelboat::s3 {
namespace {

using Json = nlohmann::json;

constexpr int64_t kMostBytes = int64_t{1} << 20;
constexpr std::chrono::milliseconds kPatience{2'000};
constexpr std::chrono::milliseconds kPatienceFromAfar{20'000};
constexpr const char* kRolePath = "/latest/meta-data/iam/security-credentials/";
constexpr int kOk = 200;
constexpr int kNotFound = 404;

std::string Trimmed(std::string text) {
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.pop_back();
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  return begin == std::string::npos ? std::string() : text.substr(begin);
}

arrow::Result<HttpResponse> Ask(HttpClient& http, const char* method,
                                const std::string& url, std::vector<HttpHeader> headers,
                                const std::stop_token& stop) {
  HttpRequest request;
  request.method = method;
  request.url = url;
  request.headers = std::move(headers);
  request.total_timeout = kPatience;
  return http.Send(request, kMostBytes, stop);
}

arrow::Status Refused(const std::string& who, const HttpResponse& response) {
  constexpr int kServerTrouble = 500;
  const bool later = response.head.status >= kServerTrouble;
  return MakeError(
      later ? ErrorKind::kUnavailable : ErrorKind::kAuth,
      who + " gives no keys (HTTP " + std::to_string(response.head.status) + ")");
}

arrow::Result<LentKeys> Parsed(const HttpResponse& response, const std::string& who) {
  const Json json = Json::parse(response.body, nullptr, /*allow_exceptions=*/false);
  auto text = [&](const char* name) {
    const bool there = json.is_object() && json.contains(name) && json[name].is_string();
    return there ? json[name].get<std::string>() : std::string();
  };
  LentKeys lent;
  lent.keys = {text("AccessKeyId"), text("SecretAccessKey"), text("Token")};
  lent.expires = ParseTime(text("Expiration"));
  lent.origin = who;
  if (!lent.keys.access_key.empty() && !lent.keys.secret_key.empty()) return lent;
  const std::string code = text("Code");
  return MakeError(ErrorKind::kAuth,
                   who + " gives no keys" + (code.empty() ? "" : " (" + code + ")"));
}

// Keys are not asked for in the clear from afar.
bool IsOfThisMachine(std::string_view url) {
  constexpr std::string_view kHttp = "http://";
  if (url.starts_with("https://")) return true;
  if (!url.starts_with(kHttp)) return false;
  url.remove_prefix(kHttp.size());
  const std::size_t end = url.starts_with('[') ? url.find(']') : url.find_first_of(":/");
  const std::string_view host = url.substr(0, end);
  for (const char* known :
       {"localhost", "169.254.170.2", "169.254.170.23", "[::1", "[fd00:ec2::23"}) {
    if (host == known) return true;
  }
  return host.starts_with("127.") &&
         host.find_first_not_of("0123456789.") == std::string_view::npos;
}

arrow::Result<std::string> TokenOf(const std::string& path, const char* variable) {
  // Read each time: it is replaced while we run.
  std::ifstream file(path, std::ios::binary);
  if (file) return Trimmed({std::istreambuf_iterator<char>(file), {}});
  return MakeError(ErrorKind::kConfig, "reading " + path + " (" + std::string(variable) +
                                           "): it cannot be read");
}

// What the token service says of a token that it does not take.
arrow::Status NotExchanged(const std::string& who, const HttpResponse& response) {
  const auto xml = ParseXml(response.body);
  const XmlElement* error = xml.ok() ? xml->Find("Error") : nullptr;
  if (error == nullptr) return Refused(who, response);
  const std::string code(error->Text("Code"));
  constexpr int kServerTrouble = 500;
  // It could not ask who has issued the token.
  const bool later =
      response.head.status >= kServerTrouble || code == "IDPCommunicationError";
  return MakeError(later ? ErrorKind::kUnavailable : ErrorKind::kAuth,
                   who + " gives no keys: " + code + ", " +
                       std::string(error->Text("Message")) +
                       (later ? "" : ": check the trust policy of AWS_ROLE_ARN"));
}

}  // namespace

arrow::Result<LentKeys> KeysOfWebIdentity(const KeyPlaces& places, HttpClient& http,
                                          const std::stop_token& stop) {
  const std::string who = "the token service (" + places.token_service_url +
                          ") for the role " + places.web_identity_role;
  if (places.web_identity_role.empty()) {
    return MakeError(ErrorKind::kConfig,
                     "AWS_WEB_IDENTITY_TOKEN_FILE is set, but not the role that its "
                     "token is to be exchanged for: set AWS_ROLE_ARN");
  }
  if (!IsOfThisMachine(places.token_service_url)) {
    return MakeError(ErrorKind::kConfig,
                     who +
                         " is asked by https only, or on this machine: correct "
                         "AWS_ENDPOINT_URL_STS");
  }
  ARROW_ASSIGN_OR_RAISE(const std::string token,
                        TokenOf(places.web_identity_file, "AWS_WEB_IDENTITY_TOKEN_FILE"));
  HttpRequest request;
  request.method = "POST";
  request.url = places.token_service_url + "/";
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
  const std::string& session = places.web_identity_session;
  request.body = FormText({{"Action", "AssumeRoleWithWebIdentity"},
                           {"Version", "2011-06-15"},
                           {"RoleArn", places.web_identity_role},
                           {"RoleSessionName", session.empty() ? "keelboat" : session},
                           {"WebIdentityToken", token}});
  request.total_timeout = kPatienceFromAfar;
  ARROW_ASSIGN_OR_RAISE(auto response, http.Send(request, kMostBytes, stop));
  if (response.head.status != kOk) return NotExchanged(who, response);
  const auto xml = ParseXml(response.body);
  const XmlElement* result =
      xml.ok() ? xml->Find("AssumeRoleWithWebIdentityResult") : nullptr;
  const XmlElement* keys = result != nullptr ? result->Find("Credentials") : nullptr;
  LentKeys lent;
  lent.origin = "the role " + places.web_identity_role + " of a web identity";
  if (keys != nullptr) {
    lent.keys = {std::string(keys->Text("AccessKeyId")),
                 std::string(keys->Text("SecretAccessKey")),
                 std::string(keys->Text("SessionToken"))};
    lent.expires = ParseTime(std::string(keys->Text("Expiration")));
  }
  if (!lent.keys.access_key.empty() && !lent.keys.secret_key.empty()) return lent;
  return MakeError(ErrorKind::kAuth, who + " gives no keys");
}

arrow::Result<LentKeys> KeysOfContainer(const KeyPlaces& places, HttpClient& http,
                                        const std::stop_token& stop) {
  const std::string who =
      "the service of the container's role (" + places.container_url + ")";
  if (!IsOfThisMachine(places.container_url)) {
    return MakeError(ErrorKind::kConfig,
                     who +
                         " is asked by https only, or on this machine: correct "
                         "AWS_CONTAINER_CREDENTIALS_FULL_URI");
  }
  std::string authorization = places.container_authorization;
  if (!places.container_token_file.empty()) {
    ARROW_ASSIGN_OR_RAISE(
        authorization,
        TokenOf(places.container_token_file, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"));
  }
  std::vector<HttpHeader> headers;
  if (!authorization.empty()) headers.push_back({"Authorization", authorization});
  ARROW_ASSIGN_OR_RAISE(auto response,
                        Ask(http, "GET", places.container_url, std::move(headers), stop));
  if (response.head.status != kOk) return Refused(who, response);
  return Parsed(response, who);
}

arrow::Result<LentKeys> KeysOfInstance(const KeyPlaces& places, HttpClient& http,
                                       const std::stop_token& stop) {
  const std::string& url = places.metadata_url;
  const std::string who = "the instance's metadata service (" + url + ")";
  ARROW_ASSIGN_OR_RAISE(auto session,
                        Ask(http, "PUT", url + "/latest/api/token",
                            {{"X-aws-ec2-metadata-token-ttl-seconds", "300"}}, stop));
  if (session.head.status != kOk) return Refused(who, session);
  const std::vector<HttpHeader> headers = {
      {"X-aws-ec2-metadata-token", Trimmed(session.body)}};
  ARROW_ASSIGN_OR_RAISE(auto roles, Ask(http, "GET", url + kRolePath, headers, stop));
  const std::string role = Trimmed(roles.body.substr(0, roles.body.find('\n')));
  if (roles.head.status == kNotFound || role.empty()) {
    return MakeError(ErrorKind::kNotFound, "this instance has no role");
  }
  if (roles.head.status != kOk) return Refused(who, roles);
  ARROW_ASSIGN_OR_RAISE(auto response,
                        Ask(http, "GET", url + kRolePath + role, headers, stop));
  if (response.head.status != kOk) return Refused(who, response);
  return Parsed(response, "the role '" + role + "' of this instance");
}

}  // namespace keelboat::s3
