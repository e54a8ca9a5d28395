#pragma once

#include <memory>
#include <string>

#include <arrow/io/interfaces.h>
#include <arrow/result.h>

namespace keelboat::delta {

/// \brief Passes bytes on to another stream and takes their SHA-256 on the way.
///
/// One thread at a time. Closing it closes the other stream.
class HashingStream final : public arrow::io::OutputStream {
 public:
  static arrow::Result<std::shared_ptr<HashingStream>> Make(
      std::shared_ptr<arrow::io::OutputStream> target);
  ~HashingStream() override;

  arrow::Status Write(const void* data, int64_t nbytes) override;
  using Writable::Write;
  arrow::Status Close() override { return target_->Close(); }
  arrow::Status Abort() override { return target_->Abort(); }
  arrow::Result<int64_t> Tell() const override { return target_->Tell(); }
  bool closed() const override { return target_->closed(); }

  /// "sha256:<hex>" of all bytes; call it once, after the last write.
  arrow::Result<std::string> Checksum();

 private:
  struct Digest;
  HashingStream(std::shared_ptr<arrow::io::OutputStream> target,
                std::unique_ptr<Digest> digest);

  const std::shared_ptr<arrow::io::OutputStream> target_;
  const std::unique_ptr<Digest> digest_;
};

/// Lower-case hex SHA-256 of a text.
std::string Sha256Of(const std::string& text);

}  // namespace keelboat::delta
