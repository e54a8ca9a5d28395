#include "lake/stores/s3/s3_client.h"

#include <utility>

#include "core/stop.h"
#include "keelboat/error.h"
#include "net/form_text.h"

namespace keelboat::s3 {
namespace {

// Answers are held whole: listings, small objects, ranges.
constexpr int64_t kMostAnswerBytes = int64_t{256} << 20;

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
                   const Clock& clock)
    : options_(std::move(options)), http_(std::move(http)), clock_(clock) {
  std::string endpoint = options_.endpoint;
  if (endpoint.empty()) endpoint = "https://s3." + options_.region + ".amazonaws.com";
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

arrow::Result<S3Answer> S3Client::Send(const S3Request& request,
                                       const std::stop_token& stop) const {
  const std::string payload_sha256 = Sha256Hex(request.body);
  S3Answer answer;
  int attempts = 0;
  auto attempt = [&]() -> arrow::Status {
    answer.repeated = attempts++ > 0;
    return Attempt(request, payload_sha256, stop).Value(&answer.response);
  };
  ARROW_RETURN_NOT_OK(Retry(options_.retry, clock_, stop, {}, attempt));
  return answer;
}

arrow::Result<HttpResponse> S3Client::Attempt(const S3Request& request,
                                              const std::string& payload_sha256,
                                              const std::stop_token& stop) const {
  ARROW_RETURN_NOT_OK(CheckStop(stop));
  const SystemTime now = clock_.Now();
  Signable signable;
  signable.method = request.method;
  signable.path = path_prefix_;
  if (!request.key.empty()) signable.path += EncodedPath(request.key);
  if (signable.path.empty()) signable.path = "/";
  signable.query = request.query;
  signable.headers = request.headers;
  signable.headers.emplace_back("host", host_);
  signable.payload_sha256 = payload_sha256;

  HttpRequest http;
  http.method = request.method;
  http.url = base_url_ + signable.path;
  if (!request.query.empty()) http.url += "?" + CanonicalQuery(request.query);
  for (const auto& [name, value] : request.headers) http.headers.push_back({name, value});
  for (auto& [name, value] : Sign(signable, options_.credentials, options_.region, now)) {
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
    return sent;
  }
  return ErrorOfAnswer(
      sent->head, sent->body,
      {request.doing, UriOf(request.key), options_.bucket, request.right}, now);
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
