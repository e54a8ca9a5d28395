#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include <arrow/result.h>

#include "core/clock.h"
#include "lake/stores/s3/s3_error.h"
#include "lake/stores/s3/s3_options.h"
#include "net/http_client.h"

namespace keelboat::s3 {

/// A request about the bucket or one of its objects.
struct S3Request {
  std::string method = "GET";
  std::string key;  ///< Within the bucket, prefix and all; empty: the bucket itself.
  Fields query;
  Fields headers;  ///< Names in lower case.
  std::string body;
  std::string doing;  ///< For errors: "writing".
  std::string right;  ///< For errors: "s3:PutObject".
  /// Statuses that are answers here, not errors, besides 2xx.
  int also_fine = 0;
};

struct S3Answer {
  HttpResponse response;
  /// An attempt before this one may have done its work: its answer was lost.
  bool repeated = false;
};

/// \brief Signs requests, sends them, and sends them again when that may help.
///
/// Thread-safe. Errors: those of ErrorOfAnswer and HttpClient, in words about the object.
class S3Client {
 public:
  /// `http` is the connection; `clock` is borrowed.
  S3Client(S3Options options, std::unique_ptr<HttpClient> http, const Clock& clock);

  arrow::Result<S3Answer> Send(const S3Request& request,
                               const std::stop_token& stop = {}) const;

  /// "s3://bucket/key".
  std::string UriOf(const std::string& key) const;
  const S3Options& options() const { return options_; }
  const Clock& clock() const { return clock_; }
  /// "http://127.0.0.1:9000" or "https://bucket.s3.eu-west-1.amazonaws.com".
  const std::string& base_url() const { return base_url_; }

 private:
  arrow::Result<HttpResponse> Attempt(const S3Request& request,
                                      const std::string& payload_sha256,
                                      const std::stop_token& stop) const;
  arrow::Status Unreachable(const S3Request& request, const arrow::Status& cause) const;

  const S3Options options_;
  const std::unique_ptr<HttpClient> http_;
  const Clock& clock_;
  std::string base_url_;
  std::string host_;         // As the Host header says it.
  std::string path_prefix_;  // "" or "/bucket".
};

}  // namespace keelboat::s3
