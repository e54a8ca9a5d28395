#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

#include "net/byte_stream.h"

namespace keelboat::metabase {

/// A body from memory, for tests: `block` bytes at a time, `end` where it ends.
class TextStream final : public ByteStream {
 public:
  explicit TextStream(std::string text, std::size_t block = 1 << 16,
                      arrow::Status end = arrow::Status::OK())
      : text_(std::move(text)), block_(block), end_(std::move(end)) {}

  arrow::Result<int64_t> Read(char* out, int64_t capacity) override {
    const std::size_t size =
        std::min({static_cast<std::size_t>(capacity), block_, text_.size() - at_});
    if (size == 0) ARROW_RETURN_NOT_OK(end_);
    std::memcpy(out, text_.data() + at_, size);
    at_ += size;
    return static_cast<int64_t>(size);
  }

 private:
  std::string text_;
  std::size_t block_;
  arrow::Status end_;
  std::size_t at_ = 0;
};

}  // namespace keelboat::metabase
