#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>

#include <arrow/result.h>

#include "core/retry.h"
#include "keelboat/metabase_options.h"
#include "net/http_client.h"
#include "sources/metabase/session.h"

namespace keelboat::metabase {

/// \brief One Metabase server: requests with a session, answers that are answers.
///
/// Thread-safe. Only successes (2xx) come back; anything else is an error with the
/// server's own words and a remedy, and holds no secret. A session that the server does
/// not know any more is renewed once a request. Nothing here is tried again otherwise.
class MetabaseServer {
 public:
  /// Does not connect. kConfig for options that cannot be meant.
  static arrow::Result<std::unique_ptr<MetabaseServer>> Make(
      const MetabaseOptions& options);

  /// GET of a path ("/api/database") to its whole body.
  arrow::Result<std::string> Get(const std::string& path, const std::stop_token& stop);
  /// As Get, of what needs no login.
  arrow::Result<std::string> GetPublic(const std::string& path,
                                       const std::stop_token& stop);
  /// A question whose answer is small, over a connection of its own: servers look at a
  /// query's connection to see whether the client has gone.
  arrow::Result<std::string> Post(const std::string& path, const std::string& json,
                                  const std::stop_token& stop);
  /// A form that is answered by a stream; `compress` as in MetabaseOptions.
  arrow::Result<std::unique_ptr<ByteStream>> OpenForm(const std::string& path,
                                                      std::string form, bool compress,
                                                      const std::stop_token& stop);

  const MetabaseOptions& options() const { return options_; }
  /// "bi.example.org" or "127.0.0.1:3000", with the path if there is one.
  const std::string& place() const { return place_; }
  /// "TLSv1.3"; empty without TLS, or before the first answer.
  std::string tls_version() const;
  /// Puts "***" where a secret stands in an error.
  arrow::Status Scrub(const arrow::Status& status) const;

 private:
  MetabaseServer(MetabaseOptions options, std::string base_url, std::string place,
                 std::unique_ptr<HttpClient> http);

  template <typename Ask>
  auto Authorized(const HttpRequest& request, bool with_session,
                  const std::stop_token& stop, Ask ask) -> decltype(ask(request));
  arrow::Result<HttpStream> Open(const HttpRequest& request, bool with_session,
                                 const std::stop_token& stop);
  arrow::Result<std::string> Fetch(const std::string& path, bool with_session,
                                   const std::stop_token& stop);
  arrow::Result<HttpResponse> Send(const HttpRequest& request, bool with_session,
                                   const std::stop_token& stop);
  arrow::Status Meaning(const HttpHead& head, std::string_view body) const;
  void Remember(const HttpHead& head);

  const MetabaseOptions options_;
  const std::string base_url_;
  const std::string place_;
  const std::unique_ptr<HttpClient> http_;
  Session session_;
  mutable std::mutex mutex_;
  std::string tls_version_;
};

/// \brief Reads a stream to its end.
///
/// Stops without error after `most_bytes`: for texts of which only the beginning counts.
arrow::Result<std::string> ReadBeginning(ByteStream& stream, int64_t most_bytes);

}  // namespace keelboat::metabase
