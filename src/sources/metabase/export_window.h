#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/result.h>
#include <arrow/status.h>

#include "net/byte_stream.h"

namespace keelboat::metabase {

/// \brief Whole lines of an export, and where in them JSON's own characters stand.
///
/// Metabase writes a row a line, and no line break can stand inside a JSON string, so
/// that bytes up to the last line break are whole rows. simdjson finds the places of
/// braces, colons, commas and of the first characters of values, and checks UTF-8 and
/// quotes on the way. Holds one window of some 128 KiB, or of one row where that is
/// longer. One thread.
class ExportWindow {
 public:
  static arrow::Result<std::unique_ptr<ExportWindow>> Make(
      std::unique_ptr<ByteStream> stream, int64_t window_bytes = 128 << 10);
  ~ExportWindow();

  /// \brief Moves on to the next lines; false at the proven end of the body.
  ///
  /// kData for bytes that are no UTF-8 and for what is no JSON; kUnavailable, kCancelled
  /// as the stream tells, and for a body that ends within a string.
  arrow::Result<bool> Advance();

  /// Places of the window that mean something, in order.
  const uint32_t* places() const { return places_; }
  std::size_t count() const { return count_; }
  const char* text() const { return buffer_.data() + begin_; }
  std::size_t size() const { return size_; }
  /// Whether nothing comes behind this window.
  bool is_last() const { return ended_ && begin_ + size_ == filled_; }
  /// Bytes of the body before the window.
  int64_t offset() const { return offset_; }

  /// What is left of the body from `at` in this window: for an error object in it.
  /// At most a few MiB.
  std::string Rest(std::size_t at);

 private:
  class Index;
  ExportWindow(std::unique_ptr<ByteStream> stream, std::size_t window_bytes,
               std::unique_ptr<Index> index);
  arrow::Status Fill();

  std::unique_ptr<ByteStream> stream_;
  const std::size_t window_bytes_;
  std::unique_ptr<Index> index_;
  std::string buffer_;
  std::size_t begin_ = 0;   // Of the window.
  std::size_t size_ = 0;    // Of the window.
  std::size_t filled_ = 0;  // Of the buffer.
  bool ended_ = false;
  int64_t offset_ = 0;
  const uint32_t* places_ = nullptr;
  std::size_t count_ = 0;
};

/// The error of a body that ended before it was whole.
arrow::Status CutShort(int64_t bytes);

}  // namespace keelboat::metabase
