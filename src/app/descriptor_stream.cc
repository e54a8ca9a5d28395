#include "app/descriptor_stream.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <string_view>

#include "core/stop.h"
#include "keelboat/error.h"

namespace keelboat {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{64} << 10;
constexpr int kPatienceMs = 100;

}  // namespace

arrow::Status DescriptorStream::Write(const void* data, int64_t nbytes) {
  buffer_.append(static_cast<const char*>(data), static_cast<std::size_t>(nbytes));
  position_ += nbytes;
  return buffer_.size() < kBufferBytes ? arrow::Status::OK() : Flush();
}

arrow::Status DescriptorStream::Flush() {
  std::string_view rest = buffer_;
  while (!rest.empty()) {
    ARROW_RETURN_NOT_OK(CheckStop(stop_));
    pollfd ready{descriptor_, POLLOUT, 0};
    if (poll(&ready, 1, kPatienceMs) == 0) continue;
    // A pipe that is ready takes so many bytes at once; more would wait for its reader.
    const ssize_t wrote =
        ::write(descriptor_, rest.data(), std::min<std::size_t>(rest.size(), PIPE_BUF));
    if (wrote >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(wrote));
    } else if (errno == EPIPE) {
      return MakeError(ErrorKind::kCancelled, "whoever read " + name_ + " has gone away",
                       {{kReaderGone, "yes"}});
    } else if (errno != EINTR && errno != EAGAIN) {
      return MakeError(ErrorKind::kInternal,
                       "writing to " + name_ + ": " + std::strerror(errno));
    }
  }
  buffer_.clear();
  return arrow::Status::OK();
}

arrow::Status DescriptorStream::Close() {
  if (closed_) return arrow::Status::OK();
  closed_ = true;
  return Flush();
}

}  // namespace keelboat
