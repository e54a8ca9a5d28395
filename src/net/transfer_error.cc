#include "net/transfer_error.h"

#include <utility>

#include <openssl/ssl.h>

#include "keelboat/error.h"

namespace keelboat::net {

arrow::Status TransferError(CURLcode code, const std::string& words,
                            const std::string& place, bool answered, int system_error) {
  const std::string why = words.empty() ? curl_easy_strerror(code) : words;
  auto make = [&](ErrorKind kind, const std::string& message) {
    return MakeError(kind, message,
                     {{"host", place}, {"curl", std::to_string(static_cast<int>(code))}});
  };
  switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return make(ErrorKind::kConfig, "the url of " + place + " cannot be used: " + why);
    case CURLE_COULDNT_RESOLVE_HOST:
      return make(ErrorKind::kUnavailable, "there is no server named " + place + ": " +
                                               why + "; check the url and the network");
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_PROXY:
      return make(ErrorKind::kUnavailable,
                  "the proxy to " + place + " cannot be used: " + why);
    case CURLE_COULDNT_CONNECT:
      return make(ErrorKind::kUnavailable,
                  "no connection to " + place + ": " + why +
                      "; is the server running there and reachable from here?");
    case CURLE_OPERATION_TIMEDOUT:
      return make(ErrorKind::kUnavailable,
                  answered ? place + " took too long: " + why
                           : "no connection to " + place + " in time: " + why);
    case CURLE_SSL_CONNECT_ERROR:
      if (system_error != 0) {
        return make(ErrorKind::kUnavailable,
                    "the connection to " + place + " broke in its TLS handshake: " + why);
      }
      return make(ErrorKind::kAuth, "no TLS connection to " + place + ": " + why +
                                        "; does the server speak https there?");
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
      return make(ErrorKind::kAuth,
                  place + " could not prove who it is: " + why +
                      "; let `tls_ca` name the PEM file of the authority that signed its "
                      "certificate, and the url the host that the certificate names");
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
      return make(ErrorKind::kConfig, "`tls_ca` cannot be used: " + why);
    case CURLE_GOT_NOTHING:
      return make(ErrorKind::kUnavailable, place + " closed without an answer: " + why);
    case CURLE_PARTIAL_FILE:
      return make(ErrorKind::kUnavailable, "the answer of " + place + " was cut: " + why);
    case CURLE_OUT_OF_MEMORY:
      return make(ErrorKind::kInternal, "libcurl ran out of memory");
    default:
      break;
  }
  return make(ErrorKind::kUnavailable,
              (answered ? "the answer of " + place + " was cut: "
                        : "the connection to " + place + " was lost: ") +
                  why);
}

arrow::Status SilenceError(const std::string& place, std::chrono::milliseconds silence) {
  const auto seconds = std::chrono::duration<double>(silence).count();
  std::string text = std::to_string(seconds);
  while (text.ends_with('0')) text.pop_back();
  if (text.ends_with('.')) text.pop_back();
  return MakeError(ErrorKind::kUnavailable,
                   "the answer of " + place + " was cut: nothing came for " + text + " s",
                   {{"host", place}});
}

std::string TlsVersionName(void* ssl) {
  return SSL_get_version(static_cast<const SSL*>(ssl));
}

}  // namespace keelboat::net
