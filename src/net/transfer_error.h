#pragma once

#include <chrono>
#include <string>

#include <arrow/status.h>
#include <curl/curl.h>

namespace keelboat::net {

/// \brief What a failed transfer means. Pure.
///
/// `words` are libcurl's own, `place` is "host:port". `answered`: the head of an answer
/// had come. `system_error`: errno of the socket, or 0. Details: host, curl.
arrow::Status TransferError(CURLcode code, const std::string& words,
                            const std::string& place, bool answered, int system_error);

/// A server that was silent for too long.
arrow::Status SilenceError(const std::string& place, std::chrono::milliseconds silence);

/// "TLSv1.3" of OpenSSL's SSL object.
std::string TlsVersionName(void* ssl);

}  // namespace keelboat::net
