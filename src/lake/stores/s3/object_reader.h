#pragma once

#include <memory>
#include <mutex>
#include <string>

#include <arrow/io/interfaces.h>
#include <arrow/result.h>

#include "lake/stores/s3/s3_client.h"

namespace keelboat::s3 {

/// \brief An object as a file: ranges are fetched as they are read.
///
/// Thread-safe as Arrow's files are: `ReadAt` from anywhere, the rest from one thread.
/// Opening fetches the end, which is where Parquet's footer is. Who reads on where the
/// last read ended gets larger ranges. An object that was replaced meanwhile is kData.
/// Memory: at most 8 MiB besides what is asked for.
class ObjectReader final : public arrow::io::RandomAccessFile {
 public:
  static arrow::Result<std::shared_ptr<ObjectReader>> Open(
      std::shared_ptr<const S3Client> client, std::string key);

  arrow::Result<int64_t> GetSize() override { return size_; }
  arrow::Result<int64_t> ReadAt(int64_t position, int64_t nbytes, void* out) override;
  arrow::Result<std::shared_ptr<arrow::Buffer>> ReadAt(int64_t position,
                                                       int64_t nbytes) override;
  arrow::Result<int64_t> Read(int64_t nbytes, void* out) override;
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(int64_t nbytes) override;
  arrow::Status Seek(int64_t position) override;
  arrow::Result<int64_t> Tell() const override { return position_; }
  arrow::Status Close() override;
  bool closed() const override { return closed_; }

 private:
  ObjectReader(std::shared_ptr<const S3Client> client, std::string key)
      : client_(std::move(client)), key_(std::move(key)) {}

  arrow::Result<std::string> Fetch(int64_t position, int64_t count) const;
  bool TakeFromBlock(int64_t position, int64_t count, void* out);

  const std::shared_ptr<const S3Client> client_;
  const std::string key_;
  int64_t size_ = 0;
  std::string tag_;
  int64_t position_ = 0;
  bool closed_ = false;

  std::mutex mutex_;  // Of what follows: the bytes that were fetched last.
  std::string block_;
  int64_t block_at_ = 0;
  int64_t read_end_ = -1;
};

}  // namespace keelboat::s3
