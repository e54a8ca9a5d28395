#include "formats/parquet/bytes_encoder.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arrow/array/array_binary.h>
#include <arrow/array/data.h>
#include <arrow/type.h>
#include <arrow/util/decimal.h>
#include <parquet/schema.h>

#include "formats/parquet/bytes_dictionary.h"

namespace keelboat::parquet_pages {
namespace {

constexpr int64_t kPageBytes = 1 << 20;
constexpr std::size_t kWord = sizeof(uint64_t);

// How values are compared: as unsigned bytes, or as big-endian numbers with a sign.
class Order {
 public:
  explicit Order(bool has_sign) : flip_(has_sign ? uint64_t{1} << 63 : 0) {}

  // The first bytes as a number: where those of two values differ, so do the values.
  uint64_t Head(std::string_view value) const {
    uint64_t head = 0;
    std::memcpy(&head, value.data(), std::min(value.size(), kWord));
    return __builtin_bswap64(head) ^ flip_;
  }
  bool Less(std::string_view left, std::string_view right) const {
    const uint64_t left_head = Head(left);
    const uint64_t right_head = Head(right);
    return left_head != right_head ? left_head < right_head : left < right;
  }

 private:
  uint64_t flip_;
};

// Smallest and largest of values that live elsewhere for as long.
class Extremes {
 public:
  explicit Extremes(const Order& order) : order_(order) {}

  void Add(std::string_view value) {
    const uint64_t head = order_.Head(value);
    if (!seen_) {
      min_ = max_ = value;
      min_head_ = max_head_ = head;
      seen_ = true;
      return;
    }
    if (head <= min_head_ && (head < min_head_ || value < min_)) {
      min_ = value;
      min_head_ = head;
    }
    if (head >= max_head_ && (head > max_head_ || value > max_)) {
      max_ = value;
      max_head_ = head;
    }
  }

  bool seen() const { return seen_; }
  std::string_view min() const { return min_; }
  std::string_view max() const { return max_; }

 private:
  const Order& order_;
  bool seen_ = false;
  std::string_view min_;
  std::string_view max_;
  uint64_t min_head_ = 0;
  uint64_t max_head_ = 0;
};

struct Range {
  bool seen = false;
  std::string min;
  std::string max;

  void Add(std::string_view low, std::string_view high, const Order& order) {
    if (!seen || order.Less(low, min)) min = low;
    if (!seen || order.Less(max, high)) max = high;
    seen = true;
  }
  void Store(::parquet::EncodedStatistics* statistics) const {
    if (!seen) return;
    statistics->set_min(min);
    statistics->set_max(max);
    statistics->is_min_value_exact = statistics->is_max_value_exact = true;
  }
};

class BytesEncoder final : public ColumnEncoder {
 public:
  BytesEncoder(const arrow::DataType& type, const ::parquet::ColumnDescriptor& descriptor,
               std::unique_ptr<PageCompressor> compressor)
      : ColumnEncoder(descriptor, std::move(compressor), /*dictionary=*/true),
        is_text_(type.id() == arrow::Type::STRING),
        width_(descriptor.physical_type() == ::parquet::Type::FIXED_LEN_BYTE_ARRAY
                   ? static_cast<std::size_t>(descriptor.type_length())
                   : 0),
        order_(/*has_sign=*/width_ > 0) {}

  ColumnBound min() const override {
    return is_text_ && file_range_.seen ? ColumnBound(file_range_.min) : ColumnBound();
  }
  ColumnBound max() const override {
    return is_text_ && file_range_.seen ? ColumnBound(file_range_.max) : ColumnBound();
  }

 private:
  int64_t RowsOfAPage(const arrow::Array& rows, int64_t offset,
                      int64_t most) const override {
    if (width_ > 0) return most;
    const auto* offsets = rows.data()->GetValues<int32_t>(1) + offset;
    while (most > 1 && offsets[most] - offsets[0] > kPageBytes) most /= 2;
    return most;
  }

  arrow::Status AppendValues(const arrow::Array& rows) override {
    if (width_ > 0) {
      const auto* stored = rows.data()->GetValues<std::array<uint8_t, 16>>(1);
      const auto& type = static_cast<const arrow::DecimalType&>(*rows.type());
      for (int64_t row = 0; row < rows.length(); ++row) {
        if (rows.IsValid(row) &&
            !arrow::Decimal128(stored[row].data()).FitsInPrecision(type.precision())) {
          return TooManyDigits(type);
        }
      }
      bytes_end_ = reinterpret_cast<const char*>(decimal_.data()) + decimal_.size();
      // Big-endian, with the bytes in front left away that repeat the sign.
      return Gather(rows, [&](int64_t row) {
        std::reverse_copy(stored[row].begin(), stored[row].end(), decimal_.begin());
        return std::string_view(
            reinterpret_cast<const char*>(decimal_.data()) + decimal_.size() - width_,
            width_);
      });
    }
    const auto* offsets = rows.data()->GetValues<int32_t>(1);
    const auto& buffer = rows.data()->buffers[2];
    // Arrays of empty values need not have one.
    const bool empty = buffer == nullptr || buffer->data() == nullptr;
    const char* bytes = empty ? "" : reinterpret_cast<const char*>(buffer->data());
    bytes_end_ = bytes + (empty ? 0 : buffer->size());
    return Gather(rows, [=](int64_t row) {
      return std::string_view(bytes + offsets[row],
                              static_cast<std::size_t>(offsets[row + 1] - offsets[row]));
    });
  }

  template <typename View>
  arrow::Status Gather(const arrow::Array& rows, const View& view) {
    const bool no_nulls = rows.null_count() == 0;
    int64_t row = 0;
    for (int64_t end = 0; in_dictionary() && row < rows.length(); row = end) {
      end = std::min(row + decision_step(), rows.length());
      for (int64_t at = row; at < end; ++at) {
        if (no_nulls || rows.IsValid(at)) AddToDictionary(view(at));
      }
      ARROW_RETURN_NOT_OK(Reconsider());
    }
    if (row == rows.length()) return arrow::Status::OK();
    return AppendRest(rows, row, view);
  }

  void AddToDictionary(std::string_view value) {
    const uint32_t index =
        dictionary_.Add(value, static_cast<std::size_t>(bytes_end_ - value.data()));
    indices_.push_back(index);
    if (index >= seen_on_.size()) seen_on_.push_back(0);
    if (seen_on_[index] == page_number_) return;
    seen_on_[index] = page_number_;
    page_range_.Add(value, value, order_);
  }

  template <typename View>
  arrow::Status AppendRest(const arrow::Array& rows, int64_t row, const View& view) {
    const bool no_nulls = rows.null_count() == 0;
    const std::size_t prefix = width_ > 0 ? 0 : sizeof(uint32_t);
    std::size_t at = plain_.size();
    // Decimals are made in one place, so each is compared before the next.
    std::optional<Extremes> extremes;
    if (width_ == 0) extremes.emplace(order_);
    for (; row < rows.length(); ++row) {
      if (!no_nulls && !rows.IsValid(row)) continue;
      const std::string_view value = view(row);
      const std::size_t needed = at + prefix + value.size();
      if (needed > plain_.size()) plain_.resize(std::max(needed, plain_.size() * 2));
      const auto length = static_cast<uint32_t>(value.size());
      std::memcpy(plain_.data() + at, &length, prefix);
      std::memcpy(plain_.data() + at + prefix, value.data(), value.size());
      at = needed;
      if (extremes.has_value()) {
        extremes->Add(value);
      } else {
        page_range_.Add(value, value, order_);
      }
    }
    plain_.resize(at);
    if (extremes.has_value() && extremes->seen()) {
      page_range_.Add(extremes->min(), extremes->max(), order_);
    }
    return arrow::Status::OK();
  }

  void TakePageBounds(::parquet::EncodedStatistics* statistics) override {
    page_range_.Store(statistics);
    if (page_range_.seen) chunk_range_.Add(page_range_.min, page_range_.max, order_);
    page_range_ = {};
  }

  void TakeChunkBounds(::parquet::EncodedStatistics* statistics) override {
    chunk_range_.Store(statistics);
    if (chunk_range_.seen && is_text_) {
      file_range_.Add(chunk_range_.min, chunk_range_.max, order_);
    }
    chunk_range_ = {};
  }

  DictionarySize SizeOfDictionary() const override {
    const auto prefix = static_cast<int64_t>(width_ > 0 ? 0 : sizeof(uint32_t));
    const auto entries = static_cast<int64_t>(dictionary_.size());
    const auto values = static_cast<int64_t>(indices_.size());
    return {entries, dictionary_.bytes() + entries * prefix,
            dictionary_.bytes_added() + values * prefix, false};
  }

  void AppendPlain(std::span<const uint32_t> indices, Bytes* out) const override {
    for (const uint32_t index : indices) AppendValue(dictionary_.Get(index), out);
  }

  void AppendDictionary(Bytes* out) const override {
    for (uint32_t i = 0; i < dictionary_.size(); ++i)
      AppendValue(dictionary_.Get(i), out);
  }

  void AppendValue(std::string_view value, Bytes* out) const {
    if (width_ == 0) {
      for (std::size_t i = 0; i < sizeof(uint32_t); ++i) {
        out->push_back(static_cast<uint8_t>(value.size() >> 8 * i));
      }
    }
    out->insert(out->end(), value.begin(), value.end());
  }

  void ClearDictionary() override {
    dictionary_.Clear();
    seen_on_.clear();
  }
  void DropDictionary() override {
    dictionary_ = BytesDictionary();
    std::vector<uint32_t>().swap(seen_on_);
  }

  const bool is_text_;
  const std::size_t width_;  // Of decimals; 0: bytes with their length before them.
  const Order order_;
  std::array<uint8_t, 16> decimal_{};
  const char* bytes_end_ = nullptr;  // Of the values that are being added.
  BytesDictionary dictionary_;
  std::vector<uint32_t> seen_on_;  // The page that an entry was last seen on.
  Range page_range_;
  Range chunk_range_;
  Range file_range_;
};

}  // namespace

std::unique_ptr<ColumnEncoder> MakeBytesEncoder(
    const arrow::DataType& type, const ::parquet::ColumnDescriptor& descriptor,
    std::unique_ptr<PageCompressor> compressor) {
  return std::make_unique<BytesEncoder>(type, descriptor, std::move(compressor));
}

}  // namespace keelboat::parquet_pages
