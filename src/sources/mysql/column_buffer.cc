#include "sources/mysql/column_buffer.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include <arrow/array/data.h>
#include <arrow/type.h>
#include <arrow/util/bit_util.h>

#include "keelboat/error.h"

namespace keelboat::mysql {
namespace {

// Gives back memory that would otherwise be held, uncounted, by whoever keeps the batch.
arrow::Status Trim(arrow::ResizableBuffer* buffer, int64_t size) {
  bool wasteful = buffer->capacity() > size + size / 4 + 4096;
  return buffer->Resize(size, wasteful);
}

}  // namespace

arrow::Status ColumnBuffer::Begin(int64_t rows, arrow::MemoryPool* pool) {
  pool_ = pool;
  capacity_ = rows;
  rows_ = 0;
  null_count_ = 0;
  validity_.reset();
  int64_t size =
      width_ > 0 ? rows * width_ : (rows + 1) * static_cast<int64_t>(sizeof(int32_t));
  ARROW_ASSIGN_OR_RAISE(values_buffer_, arrow::AllocateResizableBuffer(size, pool));
  values_ = values_buffer_->mutable_data();
  if (width_ == 0) {
    reinterpret_cast<int32_t*>(values_)[0] = 0;
    ARROW_ASSIGN_OR_RAISE(data_buffer_, arrow::AllocateResizableBuffer(data_hint_, pool));
    data_ = data_buffer_->mutable_data();
    data_capacity_ = data_hint_;
    data_size_ = 0;
  }
  return arrow::Status::OK();
}

arrow::Status ColumnBuffer::GrowData(int64_t length) {
  int64_t needed = data_size_ + length;
  if (needed > std::numeric_limits<int32_t>::max()) {
    return MakeError(ErrorKind::kInternal, "a batch holds more than 2 GiB of one column");
  }
  int64_t capacity = std::max(needed, std::min<int64_t>(data_capacity_ * 2, 1LL << 30));
  ARROW_RETURN_NOT_OK(data_buffer_->Resize(capacity, /*shrink_to_fit=*/false));
  data_ = data_buffer_->mutable_data();
  data_capacity_ = capacity;
  return arrow::Status::OK();
}

arrow::Status ColumnBuffer::AppendNull() {
  if (validity_ == nullptr) {
    int64_t bytes = arrow::bit_util::BytesForBits(capacity_);
    ARROW_ASSIGN_OR_RAISE(validity_, arrow::AllocateResizableBuffer(bytes, pool_));
    std::memset(validity_->mutable_data(), 0xFF, static_cast<std::size_t>(bytes));
  }
  arrow::bit_util::ClearBit(validity_->mutable_data(), rows_);
  ++null_count_;
  if (width_ > 0) {
    std::memset(values_ + rows_ * width_, 0, static_cast<std::size_t>(width_));
    ++rows_;
  } else {
    CloseCell(0);
  }
  return arrow::Status::OK();
}

arrow::Result<std::shared_ptr<arrow::ArrayData>> ColumnBuffer::Finish() {
  std::vector<std::shared_ptr<arrow::Buffer>> buffers;
  if (validity_ != nullptr) {
    ARROW_RETURN_NOT_OK(Trim(validity_.get(), arrow::bit_util::BytesForBits(rows_)));
    // Bits behind the last row are zero, as Arrow wants them.
    if (rows_ % 8 != 0) {
      uint8_t* last = validity_->mutable_data() + rows_ / 8;
      *last = static_cast<uint8_t>(*last & ((1 << (rows_ % 8)) - 1));
    }
  }
  buffers.emplace_back(std::move(validity_));
  int64_t size =
      width_ > 0 ? rows_ * width_ : (rows_ + 1) * static_cast<int64_t>(sizeof(int32_t));
  ARROW_RETURN_NOT_OK(Trim(values_buffer_.get(), size));
  buffers.emplace_back(std::move(values_buffer_));
  if (width_ == 0) {
    data_hint_ = std::clamp<int64_t>(data_size_ + data_size_ / 16, 4 << 10, 16 << 20);
    ARROW_RETURN_NOT_OK(Trim(data_buffer_.get(), data_size_));
    buffers.emplace_back(std::move(data_buffer_));
  }
  values_ = nullptr;
  data_ = nullptr;
  return arrow::ArrayData::Make(type_, rows_, std::move(buffers), null_count_);
}

}  // namespace keelboat::mysql
