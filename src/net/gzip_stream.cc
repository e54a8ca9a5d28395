#include "net/gzip_stream.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include <zlib.h>

#include "keelboat/error.h"

namespace keelboat::net {
namespace {

constexpr std::size_t kInputBytes = 256UL * 1024;
constexpr int kGzipOnly = 15 + 16;  // Largest window; a gzip header and trailer.

class GzipStream final : public ByteStream {
 public:
  explicit GzipStream(std::unique_ptr<ByteStream> compressed)
      : compressed_(std::move(compressed)), input_(kInputBytes) {
    ready_ = inflateInit2(&zlib_, kGzipOnly) == Z_OK;
    if (!ready_) status_ = MakeError(ErrorKind::kInternal, "zlib cannot be started");
  }
  ~GzipStream() override {
    if (ready_) inflateEnd(&zlib_);
  }
  GzipStream(const GzipStream&) = delete;
  GzipStream& operator=(const GzipStream&) = delete;

  arrow::Result<int64_t> Read(char* out, int64_t capacity) override {
    ARROW_RETURN_NOT_OK(status_);
    auto count = Inflate(out, capacity);
    if (!count.ok()) status_ = count.status();
    return count;
  }

 private:
  arrow::Result<int64_t> Inflate(char* out, int64_t capacity) {
    const auto room =
        static_cast<uInt>(std::min<int64_t>(capacity, std::numeric_limits<uInt>::max()));
    zlib_.next_out = reinterpret_cast<Bytef*>(out);
    zlib_.avail_out = room;
    while (zlib_.avail_out == room) {
      if (zlib_.avail_in == 0) {
        ARROW_ASSIGN_OR_RAISE(
            int64_t count,
            compressed_->Read(input_.data(), static_cast<int64_t>(input_.size())));
        if (count == 0 && ended_) return 0;
        if (count == 0) return Cut("it ends before the trailer of its compression");
        zlib_.next_in = reinterpret_cast<Bytef*>(input_.data());
        zlib_.avail_in = static_cast<uInt>(count);
      }
      if (ended_) return Cut("more follows the end of its compression");
      const int code = inflate(&zlib_, Z_NO_FLUSH);
      ended_ = code == Z_STREAM_END;
      if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) {
        return Cut("its compression is damaged");
      }
    }
    return static_cast<int64_t>(room - zlib_.avail_out);
  }

  static arrow::Status Cut(const char* why) {
    return MakeError(ErrorKind::kUnavailable, std::string("the answer was cut: ") + why);
  }

  const std::unique_ptr<ByteStream> compressed_;
  std::vector<char> input_;
  z_stream zlib_{};
  bool ready_ = false;
  bool ended_ = false;
  arrow::Status status_;
};

}  // namespace

std::unique_ptr<ByteStream> MakeGzipStream(std::unique_ptr<ByteStream> compressed) {
  return std::make_unique<GzipStream>(std::move(compressed));
}

}  // namespace keelboat::net
