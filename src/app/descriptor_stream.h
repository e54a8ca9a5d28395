#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>

#include <arrow/io/interfaces.h>
#include <arrow/result.h>

namespace keelboat {

/// ErrorDetail key of a write whose reader has gone away (kCancelled).
inline constexpr const char* kReaderGone = "reader_gone";

/// \brief Writes to a pipe, a terminal or a device, as long as somebody reads.
///
/// A stop request ends a write that waits for its reader, within a tenth of a second.
/// Borrows the descriptor: closing the stream writes out what is buffered, no more. One
/// thread at a time.
class DescriptorStream final : public arrow::io::OutputStream {
 public:
  /// `name` stands in errors.
  DescriptorStream(int descriptor, std::string name, std::stop_token stop)
      : descriptor_(descriptor), name_(std::move(name)), stop_(std::move(stop)) {}

  arrow::Status Write(const void* data, int64_t nbytes) override;
  using Writable::Write;
  arrow::Status Flush() override;
  arrow::Status Close() override;
  arrow::Result<int64_t> Tell() const override { return position_; }
  bool closed() const override { return closed_; }

 private:
  const int descriptor_;
  const std::string name_;
  const std::stop_token stop_;
  std::string buffer_;
  int64_t position_ = 0;
  bool closed_ = false;
};

}  // namespace keelboat
