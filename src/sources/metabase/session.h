#pragma once

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <string>

#include <arrow/result.h>

#include "keelboat/metabase_options.h"
#include "net/http_client.h"

namespace keelboat::metabase {

/// \brief Who asks: an API key, or one login that all threads share.
///
/// Thread-safe. However many threads need a session, one logs in and the others wait. A
/// login that was refused is not tried again, because every further attempt counts
/// against the account: all calls return that error from then on. The destructor logs
/// out and takes three seconds at most.
class Session {
 public:
  /// `http` must outlive the session; `base_url` has no slash at its end.
  Session(MetabaseOptions options, std::string base_url, HttpClient& http);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// The header that a request goes with; logs in first where that is needed.
  arrow::Result<HttpHeader> Authorize(const std::stop_token& stop);
  /// \brief To be called when the server did not accept `used`.
  ///
  /// Logs in again, unless another thread has done so since. kUnavailable while the
  /// server is still starting, because it accepts nobody then; kAuth for an API key.
  arrow::Status Renew(const HttpHeader& used, const std::stop_token& stop);
  /// The session's secret, to be kept out of messages; empty: not logged in.
  std::string Token() const;

 private:
  arrow::Result<HttpHeader> LogIn(std::unique_lock<std::mutex> lock,
                                  const std::stop_token& stop);
  arrow::Result<std::string> AskForToken(const std::stop_token& stop);
  arrow::Status CheckHealth(const std::stop_token& stop);
  arrow::Status Refused(const HttpResponse& response) const;

  const MetabaseOptions options_;
  const std::string base_url_;
  HttpClient& http_;

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  bool logging_in_ = false;
  std::string token_;      // Empty: not logged in.
  arrow::Status refused_;  // Why no login is tried any more.
};

}  // namespace keelboat::metabase
