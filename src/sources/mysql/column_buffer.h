#pragma once

#include <cstdint>
#include <cstring>
#include <memory>

#include <arrow/buffer.h>
#include <arrow/result.h>
#include <arrow/status.h>
#include <arrow/type_fwd.h>

namespace keelboat::mysql {

/// \brief The growing memory of one column of a batch.
///
/// A thin layer over Arrow buffers of fixed row capacity: `Begin`, then exactly one
/// append per row, then `Finish`. The caller never appends more rows than the capacity.
class ColumnBuffer {
 public:
  /// \param width bytes of a value; 0 for text and bytes.
  ColumnBuffer(std::shared_ptr<arrow::DataType> type, int width)
      : type_(std::move(type)), width_(width) {}

  /// Takes memory for a new batch of at most `rows` rows.
  arrow::Status Begin(int64_t rows, arrow::MemoryPool* pool);

  template <typename T>
  void AppendValue(T value) {
    std::memcpy(values_ + rows_ * static_cast<int64_t>(sizeof(T)), &value, sizeof(T));
    ++rows_;
  }

  /// Appends bytes. Fails where memory does, or beyond 2 GiB in one batch.
  arrow::Status AppendBytes(const uint8_t* bytes, int64_t length) {
    if (length > data_capacity_ - data_size_) ARROW_RETURN_NOT_OK(GrowData(length));
    std::memcpy(data_ + data_size_, bytes, static_cast<std::size_t>(length));
    CloseCell(length);
    return arrow::Status::OK();
  }

  /// Appends up to 16 bytes out of a source that has 16 readable bytes.
  bool AppendShort(const uint8_t* bytes, int64_t length) {
    if (data_capacity_ - data_size_ < 16) return false;
    std::memcpy(data_ + data_size_, bytes, 16);
    CloseCell(length);
    return true;
  }

  arrow::Status AppendNull();

  /// Hands the column over as an array. Text is not checked here.
  arrow::Result<std::shared_ptr<arrow::ArrayData>> Finish();

  int64_t null_count() const { return null_count_; }
  int width() const { return width_; }

 private:
  void CloseCell(int64_t length) {
    data_size_ += length;
    reinterpret_cast<int32_t*>(values_)[++rows_] = static_cast<int32_t>(data_size_);
  }
  arrow::Status GrowData(int64_t length);

  std::shared_ptr<arrow::DataType> type_;
  int width_;
  arrow::MemoryPool* pool_ = nullptr;
  int64_t capacity_ = 0;
  int64_t rows_ = 0;
  int64_t null_count_ = 0;
  // Values, or offsets of text and bytes.
  std::unique_ptr<arrow::ResizableBuffer> values_buffer_;
  uint8_t* values_ = nullptr;
  // Only there once a null came.
  std::unique_ptr<arrow::ResizableBuffer> validity_;
  std::unique_ptr<arrow::ResizableBuffer> data_buffer_;
  uint8_t* data_ = nullptr;
  int64_t data_size_ = 0;
  int64_t data_capacity_ = 0;
  // What the last batch needed: the next one most likely needs as much.
  int64_t data_hint_ = 64 << 10;
};

}  // namespace keelboat::mysql
