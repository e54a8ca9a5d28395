#include "formats/parquet/page_compressor.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace keelboat::parquet_pages {
namespace {

// Below this part saved, reading and writing a page compressed costs more than it saves.
constexpr int64_t kLeastSavedPercent = 4;
// RFC 8878: magic number, then a header that tells the content's size in four bytes and
// that the frame is one segment; blocks of at most 128 KiB, each with three bytes before.
constexpr std::array<uint8_t, 5> kFrameHead = {0x28, 0xB5, 0x2F, 0xFD, 0xA0};
constexpr std::size_t kBlockBytes = 128 << 10;
constexpr std::size_t kBlockHead = 3;

}  // namespace

arrow::Result<std::unique_ptr<PageCompressor>> PageCompressor::Make(
    int level, std::vector<uint8_t>* scratch) {
  ARROW_ASSIGN_OR_RAISE(auto codec,
                        arrow::util::Codec::Create(arrow::Compression::ZSTD, level));
  return std::unique_ptr<PageCompressor>(new PageCompressor(std::move(codec), scratch));
}

arrow::Result<std::shared_ptr<arrow::Buffer>> PageCompressor::Compress(
    std::span<const uint8_t> page) {
  if (!pays_) return StoredFrame(page);
  const auto size = static_cast<int64_t>(page.size());
  const int64_t most = codec_->MaxCompressedLen(size, page.data());
  if (scratch_.size() < static_cast<std::size_t>(most)) {
    scratch_.resize(static_cast<std::size_t>(most));
  }
  ARROW_ASSIGN_OR_RAISE(int64_t compressed,
                        codec_->Compress(size, page.data(), most, scratch_.data()));
  pays_ = compressed * 100 <= size * (100 - kLeastSavedPercent);
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> buffer,
                        arrow::AllocateBuffer(compressed));
  std::memcpy(buffer->mutable_data(), scratch_.data(),
              static_cast<std::size_t>(compressed));
  return buffer;
}

arrow::Result<std::shared_ptr<arrow::Buffer>> StoredFrame(
    std::span<const uint8_t> bytes) {
  const std::size_t blocks =
      std::max<std::size_t>((bytes.size() + kBlockBytes - 1) / kBlockBytes, 1);
  ARROW_ASSIGN_OR_RAISE(
      std::shared_ptr<arrow::Buffer> buffer,
      arrow::AllocateBuffer(static_cast<int64_t>(kFrameHead.size() + sizeof(uint32_t) +
                                                 blocks * kBlockHead + bytes.size())));
  uint8_t* out = buffer->mutable_data();
  auto number = [&](uint64_t value, std::size_t width) {
    for (std::size_t i = 0; i < width; ++i) *out++ = static_cast<uint8_t>(value >> 8 * i);
  };
  out = std::copy(kFrameHead.begin(), kFrameHead.end(), out);
  number(bytes.size(), sizeof(uint32_t));
  for (std::size_t block = 0; block < blocks; ++block) {
    const auto part = bytes.subspan(
        block * kBlockBytes, std::min(kBlockBytes, bytes.size() - block * kBlockBytes));
    number((block + 1 == blocks ? 1 : 0) | part.size() << 3, kBlockHead);
    out = std::copy(part.begin(), part.end(), out);
  }
  return buffer;
}

}  // namespace keelboat::parquet_pages
