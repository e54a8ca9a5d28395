#include "sources/metabase/metabase_server.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "keelboat/error.h"
#include "keelboat/version.h"
#include "sources/metabase/server_error.h"

namespace keelboat::metabase {
namespace {

constexpr int64_t kMostMetadataBytes = int64_t{256} << 20;
constexpr int64_t kMostAnswerBytes = int64_t{64} << 20;
constexpr int64_t kMostErrorBytes = int64_t{1} << 20;

bool IsSuccess(int status) { return status >= 200 && status < 300; }

bool IsLoopback(std::string_view host) {
  return host == "localhost" || host.ends_with(".localhost") ||
         host.starts_with("127.") || host == "[::1]";
}

arrow::Status BadOption(const std::string& message) {
  return MakeError(ErrorKind::kConfig, message);
}

// The url without what does not belong to it, and its parts.
struct Url {
  std::string base;   // "https://bi.example.org/metabase"
  std::string place;  // Without the scheme.
  std::string host;
};

arrow::Result<Url> ParseUrl(const std::string& text) {
  Url url;
  url.base = text;
  const std::size_t scheme = text.find("://");
  const std::string_view name =
      std::string_view(text).substr(0, std::min(scheme, text.size()));
  if (scheme == std::string::npos || (name != "http" && name != "https")) {
    return BadOption(
        "the url of a Metabase server begins with http:// or https://, e.g. "
        "https://bi.example.org");
  }
  // Not shown: they may hold a password.
  if (text.find('@') != std::string::npos) {
    return BadOption(
        "the url of a Metabase server holds no login: give `username` and "
        "`password`, or `api_key`");
  }
  if (text.find_first_of("?# \t\r\n") != std::string::npos) {
    return BadOption(
        "the url of a Metabase server is its address alone, without ? and #: " + text);
  }
  while (url.base.ends_with('/')) url.base.pop_back();
  // What people copy from a browser or an older client.
  if (url.base.ends_with("/api")) url.base.resize(url.base.size() - 4);
  url.place = url.base.substr(std::min(scheme + 3, url.base.size()));
  const std::string authority = url.place.substr(0, url.place.find('/'));
  const std::size_t bracket = authority.find(']');
  url.host = bracket != std::string::npos ? authority.substr(0, bracket + 1)
                                          : authority.substr(0, authority.find(':'));
  if (url.host.empty())
    return BadOption("the url of a Metabase server names no host: " + text);
  return url;
}

bool HasLineBreak(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

arrow::Status CheckOptions(const MetabaseOptions& options) {
  if (options.api_key.empty() && (options.username.empty() || options.password.empty())) {
    return BadOption(
        "Metabase needs an `api_key`, or `username` and `password` "
        "(METABASE_API_KEY, or METABASE_USERNAME and METABASE_PASSWORD)");
  }
  if (HasLineBreak(options.api_key)) return BadOption("`api_key` holds a line break");
  if (options.connections.value_or(1) < 1)
    return BadOption("`connections` must be 1 or more");
  if (options.retries < 0) return BadOption("`retries` must be 0 or more");
  if (options.connect_timeout.count() < 1 || options.read_timeout.count() < 1) {
    return BadOption("`connect_timeout` and `read_timeout` are a second or more");
  }
  return arrow::Status::OK();
}

void ReplaceAll(std::string* text, const std::string& secret) {
  if (secret.size() < 4) return;  // Would mangle words rather than hide anything.
  for (std::size_t at = text->find(secret); at != std::string::npos;
       at = text->find(secret, at + 3)) {
    text->replace(at, secret.size(), "***");
  }
}

}  // namespace

arrow::Result<std::string> ReadBeginning(ByteStream& stream, int64_t most_bytes) {
  std::string text;
  std::array<char, 16384> room;
  while (static_cast<int64_t>(text.size()) < most_bytes) {
    ARROW_ASSIGN_OR_RAISE(int64_t count, stream.Read(room.data(), room.size()));
    if (count == 0) break;
    text.append(room.data(), static_cast<std::size_t>(count));
  }
  return text;
}

arrow::Result<std::unique_ptr<MetabaseServer>> MetabaseServer::Make(
    const MetabaseOptions& options) {
  ARROW_ASSIGN_OR_RAISE(Url url, ParseUrl(options.url));
  ARROW_RETURN_NOT_OK(CheckOptions(options));
  HttpOptions http;
  http.connect_timeout = options.connect_timeout;
  http.silence_timeout = options.read_timeout;
  http.tls_verify = options.tls_verify.value_or(!IsLoopback(url.host));
  http.tls_ca = options.tls_ca;
  http.proxy = options.proxy;
  http.no_proxy = options.no_proxy;
  http.user_agent = std::string("keelboat/") + kVersion;
  ARROW_ASSIGN_OR_RAISE(auto client, HttpClient::Make(std::move(http)));
  return std::unique_ptr<MetabaseServer>(new MetabaseServer(
      options, std::move(url.base), std::move(url.place), std::move(client)));
}

MetabaseServer::MetabaseServer(MetabaseOptions options, std::string base_url,
                               std::string place, std::unique_ptr<HttpClient> http)
    : options_(std::move(options)),
      base_url_(std::move(base_url)),
      place_(std::move(place)),
      http_(std::move(http)),
      session_(options_, base_url_, *http_) {}

std::string MetabaseServer::tls_version() const {
  const std::lock_guard lock(mutex_);
  return tls_version_;
}

void MetabaseServer::Remember(const HttpHead& head) {
  const std::lock_guard lock(mutex_);
  tls_version_ = head.tls_version;
}

arrow::Status MetabaseServer::Scrub(const arrow::Status& status) const {
  if (status.ok()) return status;
  std::string message = status.message();
  for (const std::string& secret :
       {options_.password, options_.api_key, session_.Token()}) {
    ReplaceAll(&message, secret);
  }
  return arrow::Status(status.code(), std::move(message), status.detail());
}

arrow::Status MetabaseServer::Meaning(const HttpHead& head, std::string_view body) const {
  const int status = head.status;
  if (status >= 300 && status < 400) {
    const std::string_view where = head.Find("location");
    return BadOption("Metabase at " + place_ + " sends its clients on (HTTP " +
                     std::to_string(status) + ")" +
                     (where.empty() ? "" : " to " + std::string(where)) +
                     ": give `url` the address where it really is");
  }
  arrow::Status error = ErrorOfAnswer(body, head.Find("content-type"), status);
  const std::string_view later = head.Find("retry-after");
  if (later.empty() || (status != 429 && status != 503)) return error;
  int seconds = 0;
  const auto read = std::from_chars(later.data(), later.data() + later.size(), seconds);
  if (read.ec != std::errc() || seconds < 0) return error;
  return MakeError(ErrorKind::kThrottled, error.message(),
                   {{"http_status", std::to_string(status)},
                    {kRetryAfterSeconds, std::to_string(seconds)}});
}

// As whoever is logged in, and once more where the session has ended meanwhile.
template <typename Ask>
auto MetabaseServer::Authorized(const HttpRequest& request, bool with_session,
                                const std::stop_token& stop, Ask ask)
    -> decltype(ask(request)) {
  for (bool renewed = false;; renewed = true) {
    HttpRequest authorized = request;
    HttpHeader who;
    if (with_session) {
      ARROW_ASSIGN_OR_RAISE(who, session_.Authorize(stop));
      authorized.headers.push_back(who);
    }
    ARROW_ASSIGN_OR_RAISE(auto answer, ask(authorized));
    Remember(answer.head);
    if (answer.head.status != 401 || !with_session || renewed) return answer;
    answer = {};  // A stream's connection goes.
    ARROW_RETURN_NOT_OK(session_.Renew(who, stop));
  }
}

arrow::Result<HttpStream> MetabaseServer::Open(const HttpRequest& request,
                                               bool with_session,
                                               const std::stop_token& stop) {
  ARROW_ASSIGN_OR_RAISE(HttpStream stream,
                        Authorized(request, with_session, stop, [&](const auto& asked) {
                          return http_->Open(asked, stop);
                        }));
  if (IsSuccess(stream.head.status)) return stream;
  // What does not come whole is told as far as it came.
  const std::string body = ReadBeginning(*stream.body, kMostErrorBytes).ValueOr("");
  return Meaning(stream.head, body);
}

arrow::Result<HttpResponse> MetabaseServer::Send(const HttpRequest& request,
                                                 bool with_session,
                                                 const std::stop_token& stop) {
  ARROW_ASSIGN_OR_RAISE(HttpResponse response,
                        Authorized(request, with_session, stop, [&](const auto& asked) {
                          return http_->Send(asked, kMostMetadataBytes, stop);
                        }));
  if (IsSuccess(response.head.status)) return response;
  return Meaning(response.head, response.body);
}

arrow::Result<std::string> MetabaseServer::Fetch(const std::string& path,
                                                 bool with_session,
                                                 const std::stop_token& stop) {
  HttpRequest request;
  request.url = base_url_ + path;
  request.compress = true;
  auto response = Send(request, with_session, stop);
  if (!response.ok()) return Scrub(response.status());
  return std::move(response->body);
}

arrow::Result<std::string> MetabaseServer::Get(const std::string& path,
                                               const std::stop_token& stop) {
  return Fetch(path, /*with_session=*/true, stop);
}

arrow::Result<std::string> MetabaseServer::GetPublic(const std::string& path,
                                                     const std::stop_token& stop) {
  return Fetch(path, /*with_session=*/false, stop);
}

arrow::Result<std::string> MetabaseServer::Post(const std::string& path,
                                                const std::string& json,
                                                const std::stop_token& stop) {
  HttpRequest request;
  request.method = "POST";
  request.url = base_url_ + path;
  request.headers = {{"Content-Type", "application/json"}};
  request.body = json;
  auto stream = Open(request, true, stop);
  if (!stream.ok()) return Scrub(stream.status());
  auto body = ReadBeginning(*stream->body, kMostAnswerBytes);
  if (!body.ok()) return Scrub(body.status());
  return body;
}

arrow::Result<std::unique_ptr<ByteStream>> MetabaseServer::OpenForm(
    const std::string& path, std::string form, bool compress,
    const std::stop_token& stop) {
  HttpRequest request;
  request.method = "POST";
  request.url = base_url_ + path;
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded;charset=UTF-8"}};
  request.body = std::move(form);
  request.compress = compress;
  auto stream = Open(request, true, stop);
  if (!stream.ok()) return Scrub(stream.status());
  return std::move(stream->body);
}

}  // namespace keelboat::metabase
