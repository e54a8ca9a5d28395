#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/result.h>

#include "net/byte_stream.h"

namespace keelboat {

/// How servers are reached. Nothing is taken from the environment.
struct HttpOptions {
  /// For looking up the name, connecting and the TLS handshake together.
  std::chrono::milliseconds connect_timeout{10'000};
  /// The longest that a server may send nothing while it is waited for.
  std::chrono::milliseconds silence_timeout{25 * 60 * 1000};
  /// Whether a server must prove by its certificate that it is who the url names.
  bool tls_verify = true;
  std::string tls_ca;    ///< PEM file of authorities; empty: the machine's own.
  std::string proxy;     ///< "http://proxy:3128"; empty: none.
  std::string no_proxy;  ///< Hosts reached without it, separated by commas.
  std::string user_agent;
};

struct HttpHeader {
  std::string name;
  std::string value;
};

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  std::vector<HttpHeader> headers;
  std::string body;
  bool compress = false;  ///< Whether a gzipped answer is welcome.
  /// Bound of the whole exchange; unset: none.
  std::optional<std::chrono::milliseconds> total_timeout;
};

/// What comes before a body.
struct HttpHead {
  int status = 0;
  std::vector<HttpHeader> headers;  ///< Names in lower case.
  std::string tls_version;          ///< "TLSv1.3"; empty: not encrypted.

  /// Value of the first header of that (lower-case) name, or an empty string.
  std::string_view Find(std::string_view name) const;
};

/// An answer, held whole.
struct HttpResponse {
  HttpHead head;
  std::string body;
};

/// An answer whose body is still to come.
struct HttpStream {
  HttpHead head;
  std::unique_ptr<ByteStream> body;
};

/// \brief HTTP/1.1, driven in the caller's thread: no thread of its own, none a request.
///
/// Thread-safe. Any status is an answer; errors are those of getting one: kUnavailable
/// (no connection, cut, silent), kAuth (TLS: the server is not proven), kConfig (the
/// url), kCancelled. Redirections are not followed, cookies neither kept nor sent.
/// Messages name host and port, never the url.
class HttpClient {
 public:
  /// kConfig when `tls_ca` cannot be read.
  static arrow::Result<std::unique_ptr<HttpClient>> Make(HttpOptions options);
  virtual ~HttpClient() = default;

  /// \brief Asks over a kept connection where there is one, and holds the answer whole.
  ///
  /// kUnsupported when the body is larger than `most_bytes`.
  virtual arrow::Result<HttpResponse> Send(const HttpRequest& request, int64_t most_bytes,
                                           const std::stop_token& stop) = 0;
  /// \brief Asks over a connection of its own, which is closed with the stream.
  ///
  /// Returns when the head is there. At most about 256 KiB are read ahead. A body that
  /// has neither a length nor chunks nor compression (HTTP/1.0) ends where the server
  /// closes: only its reader can tell whether it is whole. The stream must not outlive
  /// the client; `stop` ends its reads, too.
  virtual arrow::Result<HttpStream> Open(const HttpRequest& request,
                                         const std::stop_token& stop) = 0;
};

}  // namespace keelboat
