#include "sources/metabase/column_buffer.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <arrow/array/data.h>
#include <arrow/memory_pool.h>
#include <arrow/type.h>
#include <arrow/type_traits.h>
#include <arrow/util/bit_util.h>

namespace keelboat::metabase {
namespace {

// Room for AppendLowBytes.
constexpr int64_t kBehindLast = sizeof(int64_t);
// Texts of so many rows tell how long those of all will be, of which so much is believed.
constexpr int64_t kTellingRows = 64;
constexpr int64_t kMostGuessed = int64_t{16} << 20;

using Buffer = std::unique_ptr<arrow::ResizableBuffer>;

arrow::Status Resize(Buffer* buffer, int64_t bytes, arrow::MemoryPool* pool) {
  if (*buffer == nullptr)
    return arrow::AllocateResizableBuffer(bytes, pool).Value(buffer);
  return (*buffer)->Resize(bytes, /*shrink_to_fit=*/false);
}

// Gives back what was reserved in vain: of large buffers always, since their end is cut
// off in place; of small ones where it is worth a copy.
arrow::Result<std::shared_ptr<arrow::Buffer>> Trimmed(Buffer buffer, int64_t bytes) {
  if (buffer == nullptr) return nullptr;
  constexpr int64_t kLarge = 16 << 10;
  const bool shrink = bytes >= kLarge || buffer->capacity() > bytes + bytes / 8 + 4096;
  ARROW_RETURN_NOT_OK(buffer->Resize(bytes, shrink));
  buffer->ZeroPadding();
  return std::shared_ptr<arrow::Buffer>(std::move(buffer));
}

}  // namespace

ColumnBuffer::ColumnBuffer(std::shared_ptr<arrow::DataType> type, arrow::MemoryPool* pool)
    : type_(std::move(type)), pool_(pool) {
  bits_ = arrow::is_base_binary_like(type_->id())
              ? 0
              : static_cast<const arrow::FixedWidthType&>(*type_).bit_width();
}

int64_t ColumnBuffer::ValueBytes(int64_t rows) const {
  if (bits_ == 0) return (rows + 1) * static_cast<int64_t>(sizeof(int32_t));
  return arrow::bit_util::BytesForBits(rows * bits_);
}

arrow::Status ColumnBuffer::Grow(int64_t rows) {
  const int64_t capacity = std::max<int64_t>(rows, std::max<int64_t>(capacity_ * 2, 512));
  const int64_t old_bytes = values_buffer_ == nullptr ? 0 : values_buffer_->size();
  ARROW_RETURN_NOT_OK(Resize(&values_buffer_, ValueBytes(capacity) + kBehindLast, pool_));
  values_ = values_buffer_->mutable_data();
  if (bits_ == 1) {
    std::memset(values_ + old_bytes, 0,
                static_cast<std::size_t>(values_buffer_->size() - old_bytes));
  }
  if (bits_ == 0 && old_bytes == 0) reinterpret_cast<int32_t*>(values_)[0] = 0;
  if (validity_ != nullptr) {
    const int64_t before = validity_->size();
    ARROW_RETURN_NOT_OK(
        Resize(&validity_, arrow::bit_util::BytesForBits(capacity), pool_));
    std::memset(validity_->mutable_data() + before, 0xFF,
                static_cast<std::size_t>(validity_->size() - before));
  }
  capacity_ = capacity;
  return arrow::Status::OK();
}

arrow::Status ColumnBuffer::AppendNull() {
  if (validity_ == nullptr) {
    ARROW_RETURN_NOT_OK(
        Resize(&validity_, arrow::bit_util::BytesForBits(capacity_), pool_));
    std::memset(validity_->mutable_data(), 0xFF,
                static_cast<std::size_t>(validity_->size()));
  }
  arrow::bit_util::ClearBit(validity_->mutable_data(), rows_);
  ++null_count_;
  if (bits_ == 0) {
    CloseCell(0);
    return arrow::Status::OK();
  }
  if (bits_ >= 8) {
    std::memset(values_ + rows_ * (bits_ / 8), 0, static_cast<std::size_t>(bits_ / 8));
  }
  ++rows_;
  return arrow::Status::OK();
}

arrow::Status ColumnBuffer::GrowData(int64_t length) {
  const int64_t needed = data_size_ + length;
  if (needed > std::numeric_limits<int32_t>::max()) {
    return arrow::Status::CapacityError("a batch of one column holds 2 GiB of text");
  }
  int64_t likely = data_hint_;
  if (rows_ >= kTellingRows) {
    const int64_t all = needed / rows_ * capacity_;
    likely = std::max(likely, std::min(all + all / 8, kMostGuessed));
  }
  const int64_t capacity = std::max({needed, data_capacity_ * 2, likely});
  ARROW_RETURN_NOT_OK(Resize(&data_buffer_, capacity, pool_));
  data_ = data_buffer_->mutable_data();
  data_capacity_ = capacity;
  return arrow::Status::OK();
}

arrow::Result<std::shared_ptr<arrow::ArrayData>> ColumnBuffer::Finish() {
  ARROW_RETURN_NOT_OK(Reserve(1));
  const int64_t rows = std::exchange(rows_, 0);
  const int64_t nulls = std::exchange(null_count_, 0);
  const int64_t data_size = std::exchange(data_size_, 0);
  std::vector<std::shared_ptr<arrow::Buffer>> buffers(2);
  ARROW_ASSIGN_OR_RAISE(buffers[0], Trimmed(std::exchange(validity_, nullptr),
                                            arrow::bit_util::BytesForBits(rows)));
  ARROW_ASSIGN_OR_RAISE(
      buffers[1], Trimmed(std::exchange(values_buffer_, nullptr), ValueBytes(rows)));
  if (bits_ == 0) {
    if (data_buffer_ == nullptr) ARROW_RETURN_NOT_OK(Resize(&data_buffer_, 0, pool_));
    data_hint_ = std::max<int64_t>(4096, data_size + data_size / 8);
    ARROW_ASSIGN_OR_RAISE(auto data,
                          Trimmed(std::exchange(data_buffer_, nullptr), data_size));
    buffers.push_back(std::move(data));
  }
  capacity_ = data_capacity_ = 0;
  values_ = data_ = nullptr;
  return arrow::ArrayData::Make(type_, rows, std::move(buffers), nulls);
}

}  // namespace keelboat::metabase
