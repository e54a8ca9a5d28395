#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/result.h>
#include <curl/curl.h>

#include "net/chunk_framing.h"
#include "net/http_client.h"

namespace keelboat::net {

struct MultiCloser {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct EasyCloser {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct ListCloser {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using MultiHandle = std::unique_ptr<CURLM, MultiCloser>;

/// \brief One request and its answer, moved on by whoever waits for it.
///
/// One thread at a time. Destroying it before the end closes its connection.
class HttpTransfer {
 public:
  /// \brief Prepares the request; nothing is sent yet.
  ///
  /// `share` outlives the transfer; `multi` holds the connection, or those that may be
  /// used again. `many_chunks`: libcurl hands a body's chunks on as they came, many at a
  /// time, where it would otherwise call for each of them, a row.
  static arrow::Result<std::unique_ptr<HttpTransfer>> Make(
      const HttpOptions& options, const HttpRequest& request, CURLSH* share,
      MultiHandle multi, bool many_chunks, std::stop_token stop);
  ~HttpTransfer();
  HttpTransfer(const HttpTransfer&) = delete;
  HttpTransfer& operator=(const HttpTransfer&) = delete;

  /// Waits for the head.
  arrow::Result<HttpHead> Head();
  /// As ByteStream::Read, of the body as it was sent.
  arrow::Result<int64_t> Read(char* out, int64_t capacity);
  /// Gives the connections back, after a Read that returned 0.
  MultiHandle TakeConnections();

 private:
  HttpTransfer(const HttpOptions& options, MultiHandle multi, std::stop_token stop);

  arrow::Status Prepare(const HttpOptions& options, const HttpRequest& request,
                        CURLSH* share, bool many_chunks);
  arrow::Status DriveUntil(const std::function<bool()>& enough);
  arrow::Status Failure() const;
  void HearHeader(std::string_view line);
  bool HearBody(std::string_view bytes);
  static std::size_t OnHeader(char* bytes, std::size_t size, std::size_t count,
                              void* self);
  static std::size_t OnBody(char* bytes, std::size_t size, std::size_t count, void* self);

  const std::chrono::milliseconds silence_timeout_;
  const std::stop_token stop_;
  MultiHandle multi_;
  std::unique_ptr<CURL, EasyCloser> easy_;
  std::unique_ptr<curl_slist, ListCloser> headers_;
  std::string request_body_;
  std::string place_;  // "bi.example.org:443"
  std::array<char, CURL_ERROR_SIZE> words_{};
  bool added_ = false;

  HttpHead head_;
  bool head_done_ = false;
  bool raw_chunks_ = false;
  std::optional<ChunkFraming> framing_;  // Of a body that comes in chunks.
  std::vector<char> buffer_;             // Bytes from begin_ to end_ are not read yet.
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool paused_ = false;
  bool done_ = false;
  int64_t heard_ = 0;  // Bytes of head and body so far.
  CURLcode result_ = CURLE_OK;
  arrow::Status failed_;
};

}  // namespace keelboat::net
