#pragma once

#include <atomic>
#include <memory>
#include <stop_token>
#include <string>

#include <arrow/result.h>

#include "core/clock.h"
#include "lake/stores/s3/key_source.h"
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
  std::string body_sha256;  ///< 32 bytes, where they are known; else they are computed.
  std::string doing;        ///< For errors: "writing".
  std::string right;        ///< For errors: "s3:PutObject".
  /// Statuses that are answers here, not errors, besides 2xx.
  int also_fine = 0;
  /// Sends the body's SHA-256 for the store to check and keep.
  bool send_checksum = false;
  /// Asks for the object's SHA-256 and compares the answer's body with it.
  bool check_checksum = false;
};

/// \brief Signs requests, sends them, and sends them again when that may help.
///
/// Keys that have expired are renewed where their source can. Thread-safe. Errors: those
/// of ErrorOfAnswer and HttpClient, in words about the object, and KeySource's.
class S3Client {
 public:
  /// `http` is the connection; `clock` is borrowed.
  S3Client(S3Options options, std::unique_ptr<HttpClient> http,
           std::unique_ptr<KeySource> keys, const Clock& clock);

  arrow::Result<HttpResponse> Send(const S3Request& request,
                                   const std::stop_token& stop = {}) const;

  /// Whether checksums are sent: until the store says that it knows none.
  bool checksums() const { return checksums_; }
  void DropChecksums() const { checksums_ = false; }

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
  arrow::Result<HttpResponse> AttemptAs(const Credentials& keys, const S3Request& request,
                                        const std::string& payload_sha256,
                                        const std::stop_token& stop) const;
  arrow::Status CheckBody(const S3Request& request, const HttpResponse& response) const;
  arrow::Status Unreachable(const S3Request& request, const arrow::Status& cause) const;

  const S3Options options_;
  const std::unique_ptr<HttpClient> http_;
  const std::unique_ptr<KeySource> keys_;
  const Clock& clock_;
  std::string base_url_;
  std::string host_;         // As the Host header says it.
  std::string path_prefix_;  // "" or "/bucket".
  mutable std::atomic<bool> checksums_ = true;
};

}  // namespace keelboat::s3
