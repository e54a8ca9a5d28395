#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <memory>

#include <arrow/buffer.h>
#include <arrow/result.h>
#include <arrow/status.h>
#include <arrow/type_fwd.h>

namespace keelboat::metabase {

/// \brief The growing memory of one column of a batch.
///
/// `Reserve` before each row, then exactly one append, then `Finish`, which begins anew.
/// Not thread-safe.
class ColumnBuffer {
 public:
  ColumnBuffer(std::shared_ptr<arrow::DataType> type, arrow::MemoryPool* pool);

  /// Makes room for so many rows in all.
  arrow::Status Reserve(int64_t rows) {
    return rows <= capacity_ ? arrow::Status::OK() : Grow(rows);
  }

  /// A value as Arrow stores it: of the type's own width.
  template <typename T>
  void AppendValue(T value) {
    std::memcpy(values_ + rows_ * static_cast<int64_t>(sizeof(T)), &value, sizeof(T));
    ++rows_;
  }
  /// The same of an integer's low bytes, whatever the type's width is.
  void AppendLowBytes(int64_t value) {
    static_assert(std::endian::native == std::endian::little);
    // The next value covers what is too much; behind the last one is room for it.
    std::memcpy(values_ + rows_ * (bits_ / 8), &value, sizeof(value));
    ++rows_;
  }
  void AppendBool(bool value) {
    if (value) values_[rows_ >> 3] |= static_cast<uint8_t>(1U << (rows_ & 7));
    ++rows_;
  }
  arrow::Status AppendNull();

  /// \brief Room for text or bytes; fill it, then `CloseCell` with what was used of it.
  ///
  /// Fails where memory does, or beyond 2 GiB in one batch.
  arrow::Result<uint8_t*> Room(int64_t length) {
    if (length > data_capacity_ - data_size_) ARROW_RETURN_NOT_OK(GrowData(length));
    return data_ + data_size_;
  }
  /// The same without growing; null where there is no room.
  uint8_t* RoomAtHand(int64_t length) const {
    return length > data_capacity_ - data_size_ ? nullptr : data_ + data_size_;
  }
  void CloseCell(int64_t length) {
    data_size_ += length;
    reinterpret_cast<int32_t*>(values_)[++rows_] = static_cast<int32_t>(data_size_);
  }

  /// Hands the column over as an array.
  arrow::Result<std::shared_ptr<arrow::ArrayData>> Finish();

  const std::shared_ptr<arrow::DataType>& type() const { return type_; }
  /// Bytes of text and bytes so far.
  int64_t data_size() const { return data_size_; }

 private:
  int64_t ValueBytes(int64_t rows) const;
  arrow::Status Grow(int64_t rows);
  arrow::Status GrowData(int64_t length);

  std::shared_ptr<arrow::DataType> type_;
  arrow::MemoryPool* pool_;
  int bits_;  // Of a value; 0 for text and bytes.
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
  int64_t data_hint_ = 4096;  // What the last batch needed.
};

}  // namespace keelboat::metabase
