#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <arrow/buffer.h>
#include <arrow/result.h>
#include <arrow/util/compression.h>

namespace keelboat::parquet_pages {

/// \brief Compresses the pages of one column with zstd, where that pays.
///
/// A page of packed bits or of noise is stored as it is, in a zstd frame that every
/// reader takes: once a page of a chunk came out hardly smaller, the rest of the chunk is
/// not tried. One thread at a time. Borrows a scratch pad, which compressors that work
/// one after another may share.
class PageCompressor {
 public:
  static arrow::Result<std::unique_ptr<PageCompressor>> Make(
      int level, std::vector<uint8_t>* scratch);

  /// A new chunk begins: its first page is tried again.
  void BeginChunk() { pays_ = true; }
  arrow::Result<std::shared_ptr<arrow::Buffer>> Compress(std::span<const uint8_t> page);

 private:
  PageCompressor(std::unique_ptr<arrow::util::Codec> codec, std::vector<uint8_t>* scratch)
      : codec_(std::move(codec)), scratch_(*scratch) {}

  std::unique_ptr<arrow::util::Codec> codec_;
  std::vector<uint8_t>& scratch_;
  bool pays_ = true;
};

/// The bytes in a zstd frame, uncompressed; less than 4 GiB.
arrow::Result<std::shared_ptr<arrow::Buffer>> StoredFrame(std::span<const uint8_t> bytes);

}  // namespace keelboat::parquet_pages
