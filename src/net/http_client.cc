#include "net/http_client.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <mutex>
#include <utility>

#include <curl/curl.h>

#include "keelboat/error.h"
#include "net/gzip_stream.h"
#include "net/http_transfer.h"

namespace keelboat {
namespace {

using net::HttpTransfer;
using net::MultiHandle;

// Kept connections that nobody uses at the moment.
constexpr std::size_t kMostIdle = 8;
constexpr std::size_t kFirstBodyBytes = 16UL * 1024;

// libcurl's own state of the process; never taken down again.
bool InitCurl() {
  static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
  return code == CURLE_OK;
}

// What transfers share: looked-up names and TLS sessions.
class Share {
 public:
  Share() : handle_(curl_share_init()) {
    if (handle_ == nullptr) return;
    curl_share_setopt(handle_, CURLSHOPT_USERDATA, this);
    curl_share_setopt(handle_, CURLSHOPT_LOCKFUNC, &Share::Lock);
    curl_share_setopt(handle_, CURLSHOPT_UNLOCKFUNC, &Share::Unlock);
    curl_share_setopt(handle_, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
    curl_share_setopt(handle_, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
  }
  ~Share() { curl_share_cleanup(handle_); }
  Share(const Share&) = delete;
  Share& operator=(const Share&) = delete;

  CURLSH* handle() const { return handle_; }

 private:
  static void Lock(CURL*, curl_lock_data data, curl_lock_access, void* self) {
    static_cast<Share*>(self)->mutexes_[data].lock();
  }
  static void Unlock(CURL*, curl_lock_data data, void* self) {
    static_cast<Share*>(self)->mutexes_[data].unlock();
  }

  std::array<std::mutex, CURL_LOCK_DATA_LAST> mutexes_;
  CURLSH* const handle_;
};

class TransferBody final : public ByteStream {
 public:
  explicit TransferBody(std::unique_ptr<HttpTransfer> transfer)
      : transfer_(std::move(transfer)) {}
  arrow::Result<int64_t> Read(char* out, int64_t capacity) override {
    return transfer_->Read(out, capacity);
  }

 private:
  const std::unique_ptr<HttpTransfer> transfer_;
};

// Lends the transfer to whoever decodes its body.
class BorrowedBody final : public ByteStream {
 public:
  explicit BorrowedBody(HttpTransfer* transfer) : transfer_(transfer) {}
  arrow::Result<int64_t> Read(char* out, int64_t capacity) override {
    return transfer_->Read(out, capacity);
  }

 private:
  HttpTransfer* const transfer_;
};

arrow::Result<std::unique_ptr<ByteStream>> Decoded(const HttpHead& head,
                                                   std::unique_ptr<ByteStream> body) {
  const std::string_view encoding = head.Find("content-encoding");
  if (encoding.empty() || encoding == "identity") return body;
  // 204 and the like have no body to decode.
  if (encoding == "gzip" || encoding == "x-gzip") {
    return net::MakeGzipStream(std::move(body));
  }
  return MakeError(
      ErrorKind::kUnsupported,
      "the server compressed its answer by '" + std::string(encoding) +
          "', which was not asked for: a proxy in front of it must leave bodies alone");
}

// What the server says of the body's length, as far as it may be; else nothing.
std::size_t LengthIn(const HttpHead& head, int64_t most_bytes) {
  const std::string_view text = head.Find("content-length");
  int64_t length = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), length);
  const bool fine = read.ec == std::errc() && length > 0 && length <= most_bytes;
  return fine ? static_cast<std::size_t>(length) : 0;
}

class CurlClient final : public HttpClient {
 public:
  explicit CurlClient(HttpOptions options) : options_(std::move(options)) {}

  arrow::Result<HttpResponse> Send(const HttpRequest& request, int64_t most_bytes,
                                   const std::stop_token& stop) override {
    ARROW_ASSIGN_OR_RAISE(auto transfer,
                          HttpTransfer::Make(options_, request, share_.handle(), Idle(),
                                             /*many_chunks=*/false, stop));
    HttpResponse response;
    ARROW_ASSIGN_OR_RAISE(response.head, transfer->Head());
    ARROW_ASSIGN_OR_RAISE(
        auto body,
        Decoded(response.head, std::make_unique<BorrowedBody>(transfer.get())));
    std::size_t size = 0;
    // One more than the body, for its end to be read.
    std::size_t room = LengthIn(response.head, most_bytes) + 1;
    while (true) {
      if (size == response.body.size()) {
        response.body.resize(std::max({kFirstBodyBytes, room, size * 2}));
      }
      ARROW_ASSIGN_OR_RAISE(
          int64_t count, body->Read(response.body.data() + size,
                                    static_cast<int64_t>(response.body.size() - size)));
      if (count == 0) break;
      size += static_cast<std::size_t>(count);
      if (static_cast<int64_t>(size) > most_bytes) {
        return MakeError(ErrorKind::kUnsupported,
                         "an answer of the server is larger than " +
                             std::to_string(most_bytes) + " bytes");
      }
    }
    response.body.resize(size);
    Keep(transfer->TakeConnections());
    return response;
  }

  arrow::Result<HttpStream> Open(const HttpRequest& request,
                                 const std::stop_token& stop) override {
    ARROW_ASSIGN_OR_RAISE(auto transfer,
                          HttpTransfer::Make(options_, request, share_.handle(),
                                             MultiHandle(curl_multi_init()),
                                             /*many_chunks=*/true, stop));
    HttpStream stream;
    ARROW_ASSIGN_OR_RAISE(stream.head, transfer->Head());
    ARROW_ASSIGN_OR_RAISE(
        stream.body,
        Decoded(stream.head, std::make_unique<TransferBody>(std::move(transfer))));
    return stream;
  }

 private:
  MultiHandle Idle() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return MultiHandle(curl_multi_init());
    MultiHandle multi = std::move(idle_.back());
    idle_.pop_back();
    return multi;
  }

  void Keep(MultiHandle multi) {
    const std::lock_guard lock(mutex_);
    if (idle_.size() < kMostIdle) idle_.push_back(std::move(multi));
  }

  const HttpOptions options_;
  Share share_;
  std::mutex mutex_;
  std::vector<MultiHandle> idle_;
};

}  // namespace

std::string_view HttpHead::Find(std::string_view name) const {
  for (const HttpHeader& header : headers) {
    if (header.name == name) return header.value;
  }
  return {};
}

arrow::Result<std::unique_ptr<HttpClient>> HttpClient::Make(HttpOptions options) {
  if (!InitCurl()) return MakeError(ErrorKind::kInternal, "libcurl cannot be started");
  if (!options.tls_ca.empty() && !std::ifstream(options.tls_ca).good()) {
    return MakeError(ErrorKind::kConfig, "tls_ca: " + options.tls_ca + " cannot be read",
                     {{"file", options.tls_ca}});
  }
  return std::make_unique<CurlClient>(std::move(options));
}

}  // namespace keelboat
