#include "lake/stores/s3/s3_client.h"

#include <utility>

#include "core/stop.h"
#include "keelboat/error.h"
#include "lake/stores/s3/digest.h"
#include "net/form_text.h"

namespace keelboat::s3 {
namespace {

// Answers are held whole: listings, small objects, ranges.
constexpr int64_t kMostAnswerBytes = int64_t{256} << 20;

constexpr const char* kChecksumHeader = "x-amz-checksum-sha256";

// MinIO no longer knows temporary keys that have expired.
bool IsAboutOldKeys(std::string_view code) {
  for (const char* one : {"ExpiredToken", "TokenRefreshRequired", "InvalidAccessKeyId",
                          "InvalidToken", "InvalidTokenId"}) {
    if (code == one) return true;
  }
  return false;
}

std::string EncodedPath(std::string_view key) {
  std::string path;
  for (std::size_t start = 0; start <= key.size();) {
    const std::size_t slash = std::min(key.find('/', start), key.size());
    path += '/' + PercentEncoded(key.substr(start, slash - start));
    start = slash + 1;
  }
  return path;
}

// A dot in the bucket's name would not fit the server's certificate.
bool IsVirtual(const S3Options& options) {
  switch (options.addressing) {
    case S3Addressing::kPath:
      return false;
    case S3Addressing::kVirtual:
      return true;
    case S3Addressing::kAuto:
      break;
  }
  return options.endpoint.empty() && options.bucket.find('.') == std::string::npos;
}

}  // namespace

S3Client::S3Client(S3Options options, std::unique_ptr<HttpClient> http,
                   std::unique_ptr<KeySource> keys, const Clock& clock)
    : options_(std::move(options)),
      http_(std::move(http)),
      keys_(std::move(keys)),
      clock_(clock) {
  std::string endpoint = options_.endpoint;
  if (endpoint.empty()) {
    endpoint = "https://s3." + options_.region + ".amazonaws.com";
    if (options_.region.starts_with("cn-")) endpoint += ".cn";
  }
  while (endpoint.ends_with('/')) endpoint.pop_back();
  const std::size_t host_at = endpoint.find("://") + 3;
  const std::string scheme = endpoint.substr(0, host_at);
  host_ = endpoint.substr(host_at);
  // As an HTTP client spells it: without the scheme's own port.
  const std::string own_port = scheme == "https://" ? ":443" : ":80";
  if (host_.ends_with(own_port)) host_.resize(host_.size() - own_port.size());
  if (IsVirtual(options_)) {
    host_ = options_.bucket + "." + host_;
  } else {
    path_prefix_ = "/" + options_.bucket;
  }
  base_url_ = scheme + host_;
}

std::string S3Client::UriOf(const std::string& key) const {
  return "s3://" + options_.bucket + (key.empty() ? "" : "/") + key;
}

arrow::Result<HttpResponse> S3Client::Send(const S3Request& request,
                                           const std::stop_token& stop) const {
  const std::string payload_sha256 =
      request.body_sha256.empty() ? Sha256(request.body) : request.body_sha256;
  HttpResponse response;
  auto attempt = [&]() -> arrow::Status {
    return Attempt(request, payload_sha256, stop).Value(&response);
  };
  ARROW_RETURN_NOT_OK(Retry(options_.retry, clock_, stop, {}, attempt));
  return response;
}

// Once more where other keys, or none of what the store does not know, may help.
arrow::Result<HttpResponse> S3Client::Attempt(const S3Request& request,
                                              const std::string& payload_sha256,
                                              const std::stop_token& stop) const {
  ARROW_RETURN_NOT_OK(CheckStop(stop));
  auto keys = keys_->Keys(stop);
  if (!keys.ok()) {
    return AddContext(keys.status(), request.doing + " " + UriOf(request.key));
  }
  auto answer = AttemptAs(*keys, request, payload_sha256, stop);
  if (answer.ok()) return answer;
  const std::string code = DetailOf(answer.status(), "s3_code");
  if (code == "NotImplemented" && request.send_checksum && checksums_) {
    DropChecksums();
    return AttemptAs(*keys, request, payload_sha256, stop);
  }
  if (IsAboutOldKeys(code) && keys_->Renew(*keys, stop)) {
    ARROW_ASSIGN_OR_RAISE(Credentials renewed, keys_->Keys(stop));
    answer = AttemptAs(renewed, request, payload_sha256, stop);
    if (answer.ok()) return answer;
  }
  const std::string origin = keys_->Origin();
  if (KindOf(answer.status()) != ErrorKind::kAuth || origin.empty()) return answer;
  return answer.status().WithMessage(answer.status().message(),
                                     "; the keys are those of ", origin);
}

arrow::Result<HttpResponse> S3Client::AttemptAs(const Credentials& keys,
                                                const S3Request& request,
                                                const std::string& payload_sha256,
                                                const std::stop_token& stop) const {
  const SystemTime now = clock_.Now();
  Signable signable;
  signable.method = request.method;
  signable.path = path_prefix_;
  if (!request.key.empty()) signable.path += EncodedPath(request.key);
  if (signable.path.empty()) signable.path = "/";
  signable.query = request.query;
  signable.headers = request.headers;
  if (request.send_checksum && checksums_) {
    signable.headers.emplace_back(kChecksumHeader, Base64(payload_sha256));
  }
  if (request.check_checksum) {
    signable.headers.emplace_back("x-amz-checksum-mode", "ENABLED");
  }
  signable.payload_sha256 = Hex(payload_sha256);

  HttpRequest http;
  for (const auto& [name, value] : signable.headers)
    http.headers.push_back({name, value});
  // An HTTP client says it by itself.
  signable.headers.emplace_back("host", host_);
  http.method = request.method;
  http.url = base_url_ + signable.path;
  if (!request.query.empty()) http.url += "?" + CanonicalQuery(request.query);
  for (auto& [name, value] : Sign(signable, keys, options_.region, now)) {
    http.headers.push_back({name, std::move(value)});
  }
  // Else it would be taken for a form's.
  if (!request.body.empty()) {
    http.headers.push_back({"Content-Type", "application/octet-stream"});
  }
  http.body = request.body;
  auto sent = http_->Send(http, kMostAnswerBytes, stop);
  if (!sent.ok()) return Unreachable(request, sent.status());
  const int status = sent->head.status;
  constexpr int kSuccess = 200;
  constexpr int kRedirection = 300;
  if ((status >= kSuccess && status < kRedirection) ||
      (request.also_fine != 0 && status == request.also_fine)) {
    if (request.check_checksum) ARROW_RETURN_NOT_OK(CheckBody(request, *sent));
    return sent;
  }
  return ErrorOfAnswer(
      sent->head, sent->body,
      {request.doing, UriOf(request.key), options_.bucket, request.right}, now);
}

// Objects of several parts have a checksum of another kind, with a dash.
arrow::Status S3Client::CheckBody(const S3Request& request,
                                  const HttpResponse& response) const {
  const std::string_view stored = response.head.Find(kChecksumHeader);
  const bool whole = response.head.status == 200 && !stored.empty() &&
                     stored.find('-') == std::string_view::npos;
  if (!whole || stored == Base64(Sha256(response.body))) return arrow::Status::OK();
  return MakeError(ErrorKind::kUnavailable,
                   request.doing + " " + UriOf(request.key) +
                       ": the bytes are not those of its checksum: damaged on their way, "
                       "or in the store");
}

arrow::Status S3Client::Unreachable(const S3Request& request,
                                    const arrow::Status& cause) const {
  const arrow::Status status =
      AddContext(cause, request.doing + " " + UriOf(request.key));
  const bool has_port = host_.rfind(':') != std::string::npos &&
                        host_.find(']', host_.rfind(':')) == std::string::npos;
  if (KindOf(cause) != ErrorKind::kUnavailable || has_port || options_.endpoint.empty()) {
    return status;
  }
  return status.WithMessage(
      status.message(),
      "; lake.endpoint names no port: MinIO listens on 9000, http://host:9000");
}

}  // namespace keelboat::s3
