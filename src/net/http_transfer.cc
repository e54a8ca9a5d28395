#include "net/http_transfer.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstring>
#include <utility>

#include "core/stop.h"
#include "keelboat/error.h"
#include "net/transfer_error.h"

namespace keelboat::net {
namespace {

// What one read of the socket may bring, and room for that plus what is left over. More
// saves nothing: it would only leave the processor's cache before it is read.
constexpr long kReadBytes = 64L * 1024;
constexpr std::size_t kBufferBytes = 128UL * 1024;
// Long bodies leave in larger pieces.
constexpr long kSendBytes = 512L * 1024;
// A dead peer is found out by the kernel, however long a query may be silent.
constexpr long kKeepAliveSeconds = 30;

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') {
    text.remove_prefix(1);
  }
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') {
    text.remove_suffix(1);
  }
  return text;
}

// "host:port" of a url; empty when it is none.
std::string PlaceOf(const std::string& url) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parts(curl_url(),
                                                                  &curl_url_cleanup);
  if (parts == nullptr ||
      curl_url_set(parts.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) {
    return {};
  }
  auto part = [&](CURLUPart which) {
    char* text = nullptr;
    if (curl_url_get(parts.get(), which, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) {
      return std::string();
    }
    std::string copy(text);
    curl_free(text);
    return copy;
  };
  return part(CURLUPART_HOST) + ":" + part(CURLUPART_PORT);
}

// "TLSv1.3" of a transfer whose handshake is over.
std::string TlsVersionOf(CURL* easy) {
  curl_tlssessioninfo* session = nullptr;
  if (curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &session) != CURLE_OK ||
      session == nullptr || session->internals == nullptr) {
    return {};
  }
  return TlsVersionName(session->internals);
}

}  // namespace

arrow::Result<std::unique_ptr<HttpTransfer>> HttpTransfer::Make(
    const HttpOptions& options, const HttpRequest& request, CURLSH* share,
    MultiHandle multi, bool many_chunks, std::stop_token stop) {
  std::unique_ptr<HttpTransfer> transfer(
      new HttpTransfer(options, std::move(multi), std::move(stop)));
  ARROW_RETURN_NOT_OK(transfer->Prepare(options, request, share, many_chunks));
  return transfer;
}

HttpTransfer::HttpTransfer(const HttpOptions& options, MultiHandle multi,
                           std::stop_token stop)
    : silence_timeout_(options.silence_timeout),
      stop_(std::move(stop)),
      multi_(std::move(multi)),
      buffer_(kBufferBytes) {}

HttpTransfer::~HttpTransfer() {
  if (added_) curl_multi_remove_handle(multi_.get(), easy_.get());
}

arrow::Status HttpTransfer::Prepare(const HttpOptions& options,
                                    const HttpRequest& request, CURLSH* share,
                                    bool many_chunks) {
  easy_.reset(curl_easy_init());
  if (easy_ == nullptr || multi_ == nullptr) {
    return MakeError(ErrorKind::kInternal, "libcurl gives no handle");
  }
  place_ = PlaceOf(request.url);
  if (place_.empty()) {
    return MakeError(ErrorKind::kConfig, "the url of the server is none");
  }
  request_body_ = request.body;
  bool set = true;
  auto option = [&](CURLoption name, auto value) {
    const CURLcode code = curl_easy_setopt(easy_.get(), name, value);
    set = set && code == CURLE_OK;
  };
  option(CURLOPT_URL, request.url.c_str());
  option(CURLOPT_PROTOCOLS_STR, "http,https");
  option(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  option(CURLOPT_NOSIGNAL, 1L);
  // Leaving the look-up of a name behind does not wait for it.
  option(CURLOPT_QUICK_EXIT, 1L);
  option(CURLOPT_FOLLOWLOCATION, 0L);
  option(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  option(CURLOPT_SHARE, share);
  option(CURLOPT_ERRORBUFFER, words_.data());
  option(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
  if (request.total_timeout.has_value()) {
    option(CURLOPT_TIMEOUT_MS, static_cast<long>(request.total_timeout->count()));
  }
  option(CURLOPT_TCP_KEEPALIVE, 1L);
  option(CURLOPT_TCP_KEEPIDLE, kKeepAliveSeconds);
  option(CURLOPT_TCP_KEEPINTVL, kKeepAliveSeconds);
  option(CURLOPT_BUFFERSIZE, kReadBytes);
  // It still follows the chunks and finds a body that ends before its last one.
  raw_chunks_ = many_chunks;
  option(CURLOPT_HTTP_TRANSFER_DECODING, many_chunks ? 0L : 1L);
  // An empty text keeps libcurl from looking into the environment.
  option(CURLOPT_PROXY, options.proxy.c_str());
  option(CURLOPT_NOPROXY, options.no_proxy.c_str());
  option(CURLOPT_SSL_VERIFYPEER, options.tls_verify ? 1L : 0L);
  option(CURLOPT_SSL_VERIFYHOST, options.tls_verify ? 2L : 0L);
  option(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!options.tls_ca.empty()) {
    option(CURLOPT_CAINFO, options.tls_ca.c_str());
    option(CURLOPT_PROXY_CAINFO, options.tls_ca.c_str());
  }
  if (!options.user_agent.empty()) option(CURLOPT_USERAGENT, options.user_agent.c_str());

  std::vector<std::string> lines = {"Expect:"};
  // Decoded here, because libcurl takes a compressed body without its trailer for whole.
  lines.emplace_back(request.compress ? "Accept-Encoding: gzip"
                                      : "Accept-Encoding: identity");
  for (const HttpHeader& header : request.headers) {
    lines.push_back(header.name + ": " + header.value);
  }
  for (const std::string& line : lines) {
    curl_slist* longer = curl_slist_append(headers_.get(), line.c_str());
    set = set && longer != nullptr;
    if (longer != nullptr && headers_ == nullptr) headers_.reset(longer);
  }
  option(CURLOPT_HTTPHEADER, headers_.get());
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT") {
    option(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_body_.size()));
    option(CURLOPT_POSTFIELDS, request_body_.data());
    if (request_body_.size() > kSendBytes) option(CURLOPT_UPLOAD_BUFFERSIZE, kSendBytes);
  }
  option(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  option(CURLOPT_HEADERFUNCTION, &HttpTransfer::OnHeader);
  option(CURLOPT_HEADERDATA, this);
  option(CURLOPT_WRITEFUNCTION, &HttpTransfer::OnBody);
  option(CURLOPT_WRITEDATA, this);
  if (!set || curl_multi_add_handle(multi_.get(), easy_.get()) != CURLM_OK) {
    return MakeError(ErrorKind::kInternal, "libcurl refuses to make a request");
  }
  added_ = true;
  return arrow::Status::OK();
}

std::size_t HttpTransfer::OnHeader(char* bytes, std::size_t size, std::size_t count,
                                   void* self) {
  static_cast<HttpTransfer*>(self)->HearHeader({bytes, size * count});
  return size * count;
}

void HttpTransfer::HearHeader(std::string_view line) {
  heard_ += static_cast<int64_t>(line.size());
  if (head_done_) return;  // A trailer.
  if (line.starts_with("HTTP/")) {
    head_ = {};
    const std::size_t blank = std::min(line.find(' '), line.size());
    const std::string_view code = Trimmed(line.substr(blank));
    std::from_chars(code.data(), code.data() + code.size(), head_.status);
    return;
  }
  const std::string_view text = Trimmed(line);
  if (text.empty()) {
    head_done_ = head_.status >= 200;  // Else one that says "continue".
    // Known as long as the connection is this transfer's.
    if (head_done_) head_.tls_version = TlsVersionOf(easy_.get());
    const std::string_view form = head_.Find("transfer-encoding");
    if (head_done_ && raw_chunks_ && form.ends_with("chunked")) framing_.emplace();
    return;
  }
  const std::size_t colon = std::min(text.find(':'), text.size());
  HttpHeader header{std::string(text.substr(0, colon)),
                    std::string(Trimmed(text.substr(std::min(colon + 1, text.size()))))};
  for (char& c : header.name) {
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  head_.headers.push_back(std::move(header));
}

std::size_t HttpTransfer::OnBody(char* bytes, std::size_t size, std::size_t count,
                                 void* self) {
  const bool taken = static_cast<HttpTransfer*>(self)->HearBody({bytes, size * count});
  return taken ? size * count : CURL_WRITEFUNC_PAUSE;
}

bool HttpTransfer::HearBody(std::string_view bytes) {
  if (buffer_.size() - end_ < bytes.size()) {
    paused_ = true;
    return false;
  }
  if (framing_.has_value()) {
    end_ += framing_->Strip(bytes, buffer_.data() + end_);
  } else {
    std::memcpy(buffer_.data() + end_, bytes.data(), bytes.size());
    end_ += bytes.size();
  }
  heard_ += static_cast<int64_t>(bytes.size());
  return true;
}

arrow::Status HttpTransfer::DriveUntil(const std::function<bool()>& enough) {
  using SteadyClock = std::chrono::steady_clock;
  CURLM* multi = multi_.get();
  const std::stop_callback wake(stop_, [multi] { curl_multi_wakeup(multi); });
  auto last_heard = SteadyClock::now();
  int64_t heard = heard_;
  while (!enough() && !done_) {
    ARROW_RETURN_NOT_OK(CheckStop(stop_));
    if (paused_) {
      paused_ = false;
      curl_easy_pause(easy_.get(), CURLPAUSE_CONT);
    }
    int running = 0;
    if (curl_multi_perform(multi, &running) != CURLM_OK) {
      return MakeError(ErrorKind::kInternal, "libcurl cannot go on with a request");
    }
    int left = 0;
    while (CURLMsg* message = curl_multi_info_read(multi, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      done_ = true;
      result_ = message->data.result;
    }
    if (enough() || done_ || paused_) continue;
    const auto now = SteadyClock::now();
    // A server that takes a long body is not silent.
    curl_off_t sent = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_SIZE_UPLOAD_T, &sent);
    if (heard_ + sent != heard) {
      heard = heard_ + sent;
      last_heard = now;
    }
    const auto silence =
        std::chrono::duration_cast<std::chrono::milliseconds>(now - last_heard);
    if (silence >= silence_timeout_) return SilenceError(place_, silence_timeout_);
    const auto wait = std::min<int64_t>((silence_timeout_ - silence).count(), 60'000);
    curl_multi_poll(multi, nullptr, 0, static_cast<int>(wait) + 1, nullptr);
  }
  return arrow::Status::OK();
}

arrow::Status HttpTransfer::Failure() const {
  if (result_ == CURLE_OK) return arrow::Status::OK();
  long system_error = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_OS_ERRNO, &system_error);
  return TransferError(result_, words_.data(), place_, head_done_,
                       static_cast<int>(system_error));
}

arrow::Result<HttpHead> HttpTransfer::Head() {
  if (failed_.ok()) failed_ = DriveUntil([this] { return head_done_; });
  if (failed_.ok() && done_) failed_ = Failure();
  if (failed_.ok() && !head_done_) {
    failed_ = MakeError(ErrorKind::kUnavailable, place_ + " closed without an answer");
  }
  ARROW_RETURN_NOT_OK(failed_);
  return head_;
}

arrow::Result<int64_t> HttpTransfer::Read(char* out, int64_t capacity) {
  ARROW_RETURN_NOT_OK(failed_);
  failed_ = CheckStop(stop_);
  if (failed_.ok() && begin_ == end_) {
    begin_ = end_ = 0;
    failed_ = DriveUntil([this] { return end_ > 0; });
  }
  ARROW_RETURN_NOT_OK(failed_);
  if (begin_ == end_) {
    failed_ = Failure();
    ARROW_RETURN_NOT_OK(failed_);
    return 0;
  }
  const std::size_t count = std::min(static_cast<std::size_t>(capacity), end_ - begin_);
  std::memcpy(out, buffer_.data() + begin_, count);
  begin_ += count;
  return static_cast<int64_t>(count);
}

MultiHandle HttpTransfer::TakeConnections() {
  curl_multi_remove_handle(multi_.get(), easy_.get());
  added_ = false;
  return std::move(multi_);
}

}  // namespace keelboat::net
