#include "formats/parquet/number_encoder.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <arrow/array/data.h>
#include <arrow/type.h>
#include <arrow/util/decimal.h>
#include <parquet/schema.h>

namespace keelboat::parquet_pages {
namespace {

// Distinct numbers in the order of their first appearance. Open addressing, at most half
// full.
template <typename Bits>
class NumberDictionary {
 public:
  NumberDictionary() : slots_(kFirstSlots) {}

  uint32_t Add(Bits value) {
    std::size_t slot = SlotOf(value);
    while (slots_[slot].entry != 0) {
      if (slots_[slot].value == value) return slots_[slot].entry - 1;
      slot = (slot + 1) & (slots_.size() - 1);
    }
    values_.push_back(value);
    const auto entry = static_cast<uint32_t>(values_.size());
    slots_[slot] = {value, entry};
    if (values_.size() * 2 > slots_.size()) Grow();
    return entry - 1;
  }

  const std::vector<Bits>& values() const { return values_; }

  void Clear() {
    // Only as large as the last chunk needed.
    slots_.assign(std::max(kFirstSlots, std::bit_ceil(values_.size() * 2)), Slot{});
    shift_ = ShiftOf(slots_.size());
    values_.clear();
  }

 private:
  struct Slot {
    Bits value = 0;
    uint32_t entry = 0;  // Index plus one; 0: empty.
  };
  static constexpr std::size_t kFirstSlots = 1024;

  static int ShiftOf(std::size_t slots) { return 64 - std::countr_zero(slots); }
  std::size_t SlotOf(Bits value) const {
    // Twice: once leaves the seconds of a day, as microseconds, next to each other.
    const uint64_t once = static_cast<uint64_t>(value) * 0x9E3779B97F4A7C15u;
    return ((once ^ once >> 32) * 0xC2B2AE3D27D4EB4Fu) >> shift_;
  }

  void Grow() {
    slots_.assign(slots_.size() * 2, Slot{});
    shift_ = ShiftOf(slots_.size());
    for (std::size_t i = 0; i < values_.size(); ++i) {
      std::size_t slot = SlotOf(values_[i]);
      while (slots_[slot].entry != 0) slot = (slot + 1) & (slots_.size() - 1);
      slots_[slot] = {values_[i], static_cast<uint32_t>(i + 1)};
    }
  }

  std::vector<Slot> slots_;
  int shift_ = ShiftOf(kFirstSlots);
  std::vector<Bits> values_;
};

template <typename Value>
struct Range {
  bool seen = false;
  Value min{};
  Value max{};

  void Add(Value low, Value high) {
    min = seen ? std::min(min, low) : low;
    max = seen ? std::max(max, high) : high;
    seen = true;
  }
  void Store(::parquet::EncodedStatistics* statistics) const {
    if (!seen) return;
    statistics->set_min(Plain(min));
    statistics->set_max(Plain(max));
    statistics->is_min_value_exact = statistics->is_max_value_exact = true;
  }
  static std::string Plain(Value value) {
    std::string bytes(sizeof(Value), '\0');
    std::memcpy(bytes.data(), &value, sizeof(Value));
    return bytes;
  }
};

// Where values lie: of the type as Parquet stores it, the nulls left out.
template <typename Value>
class DenseValues {
 public:
  explicit DenseValues(Bytes* scratch) : scratch_(*scratch) {}

  /// Valid until the scratch pad is used again.
  arrow::Result<std::span<const Value>> Of(const arrow::Array& rows) {
    switch (rows.type_id()) {
      case arrow::Type::INT8:
        return Convert<int8_t>(rows);
      case arrow::Type::INT16:
        return Convert<int16_t>(rows);
      case arrow::Type::DECIMAL128:
        if constexpr (std::is_integral_v<Value>) return Narrow(rows);
        break;
      default:
        break;
    }
    return Convert<Value>(rows);
  }

 private:
  template <typename Stored>
  std::span<const Value> Convert(const arrow::Array& rows) {
    const auto* stored = rows.data()->GetValues<Stored>(1);
    const auto count = static_cast<std::size_t>(rows.length());
    if constexpr (std::is_same_v<Stored, Value>) {
      if (rows.null_count() == 0) return {stored, count};
    }
    if (rows.null_count() == 0) {
      const std::span<Value> values = Room(count);
      for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<Value>(stored[i]);
      return values;
    }
    return Gather(rows, [&](int64_t row) { return static_cast<Value>(stored[row]); });
  }

  // Decimals of at most 18 digits are numbers of one or half a word.
  arrow::Result<std::span<const Value>> Narrow(const arrow::Array& rows) {
    struct Wide {
      uint64_t low;
      int64_t high;
    };
    static_assert(std::endian::native == std::endian::little);
    const auto* stored = rows.data()->GetValues<Wide>(1);
    const auto count = static_cast<std::size_t>(rows.length());
    uint64_t lost = 0;
    auto narrow = [&](int64_t row) {
      const auto whole = static_cast<int64_t>(stored[row].low);
      const auto value = static_cast<Value>(whole);
      lost |= static_cast<uint64_t>(stored[row].high ^ (whole >> 63)) |
              static_cast<uint64_t>(whole ^ static_cast<int64_t>(value));
      return value;
    };
    std::span<const Value> values;
    if (rows.null_count() == 0) {
      const std::span<Value> all = Room(count);
      for (std::size_t i = 0; i < count; ++i) all[i] = narrow(static_cast<int64_t>(i));
      values = all;
    } else {
      values = Gather(rows, narrow);
    }
    if (lost == 0) return values;
    return TooManyDigits(*rows.type());
  }

  template <typename Read>
  std::span<const Value> Gather(const arrow::Array& rows, const Read& read) {
    const std::span<Value> values = Room(static_cast<std::size_t>(rows.length()));
    std::size_t count = 0;
    for (int64_t row = 0; row < rows.length(); ++row) {
      if (rows.IsValid(row)) values[count++] = read(row);
    }
    return values.first(count);
  }

  std::span<Value> Room(std::size_t count) {
    if (scratch_.size() < count * sizeof(Value)) scratch_.resize(count * sizeof(Value));
    return {reinterpret_cast<Value*>(scratch_.data()), count};
  }

  Bytes& scratch_;
};

template <typename Value>
class NumberEncoder final : public ColumnEncoder {
 public:
  NumberEncoder(const ::parquet::ColumnDescriptor& descriptor,
                std::unique_ptr<PageCompressor> compressor, Bytes* scratch)
      : ColumnEncoder(descriptor, std::move(compressor), /*dictionary=*/true),
        dense_(scratch) {}

  bool has_nan() const override { return has_nan_; }

 private:
  // Floats are told apart by their bits.
  using Bits = std::conditional_t<sizeof(Value) == 4, uint32_t, uint64_t>;

  arrow::Status AppendValues(const arrow::Array& rows) override {
    ARROW_ASSIGN_OR_RAISE(std::span<const Value> values, dense_.Of(rows));
    if (values.empty()) return arrow::Status::OK();
    Bound(values);
    if (rows.type_id() == arrow::Type::DECIMAL128) {
      // A number between may be wrong only where a bound is.
      const auto& type = static_cast<const arrow::DecimalType&>(*rows.type());
      const auto fits = [&](Value bound) {
        return arrow::Decimal128(static_cast<int64_t>(bound))
            .FitsInPrecision(type.precision());
      };
      if (!fits(page_range_.min) || !fits(page_range_.max)) return TooManyDigits(type);
    }
    while (in_dictionary() && !values.empty()) {
      const auto step = values.first(
          std::min(values.size(), static_cast<std::size_t>(decision_step())));
      values = values.subspan(step.size());
      const std::size_t before = indices_.size();
      indices_.resize(before + step.size());
      uint32_t* index = indices_.data() + before;
      bool ascends = true;
      Value last = ascending_ && before > 0 ? last_ : step.front();
      for (const Value value : step) {
        *index++ = dictionary_.Add(std::bit_cast<Bits>(value));
        ascends &= last <= value;
        last = value;
      }
      ascending_ = ascending_ && ascends;
      last_ = last;
      ARROW_RETURN_NOT_OK(Reconsider());
    }
    const auto* bytes = reinterpret_cast<const uint8_t*>(values.data());
    plain_.insert(plain_.end(), bytes, bytes + values.size_bytes());
    return arrow::Status::OK();
  }

  void Bound(std::span<const Value> values) {
    if constexpr (std::is_floating_point_v<Value>) {
      for (const Value value : values) {
        if (std::isnan(value)) {
          has_nan_ = true;
        } else {
          page_range_.Add(value, value);
        }
      }
    } else {
      Value low = values.front();
      Value high = low;
      for (const Value value : values) {
        low = std::min(low, value);
        high = std::max(high, value);
      }
      page_range_.Add(low, high);
    }
  }

  void TakePageBounds(::parquet::EncodedStatistics* statistics) override {
    if constexpr (std::is_floating_point_v<Value>) {
      // A footer's zero is the negative one below and the positive one above.
      if (page_range_.min == 0) page_range_.min = -Value{0};
      if (page_range_.max == 0) page_range_.max = Value{0};
    }
    page_range_.Store(statistics);
    if (page_range_.seen) chunk_range_.Add(page_range_.min, page_range_.max);
    page_range_ = {};
  }

  void TakeChunkBounds(::parquet::EncodedStatistics* statistics) override {
    if constexpr (std::is_floating_point_v<Value>) {
      if (chunk_range_.min == 0) chunk_range_.min = -Value{0};
      if (chunk_range_.max == 0) chunk_range_.max = Value{0};
    }
    chunk_range_.Store(statistics);
    chunk_range_ = {};
  }

  DictionarySize SizeOfDictionary() const override {
    const auto entries = static_cast<int64_t>(dictionary_.values().size());
    const auto width = static_cast<int64_t>(sizeof(Value));
    return {entries, entries * width, static_cast<int64_t>(indices_.size()) * width,
            ascending_};
  }

  void AppendPlain(std::span<const uint32_t> indices, Bytes* out) const override {
    std::size_t at = out->size();
    out->resize(at + indices.size() * sizeof(Bits));
    for (const uint32_t index : indices) {
      std::memcpy(out->data() + at, &dictionary_.values()[index], sizeof(Bits));
      at += sizeof(Bits);
    }
  }

  void AppendDictionary(Bytes* out) const override {
    const std::span<const Bits> values = dictionary_.values();
    const auto* bytes = reinterpret_cast<const uint8_t*>(values.data());
    out->insert(out->end(), bytes, bytes + values.size_bytes());
  }

  void ClearDictionary() override {
    dictionary_.Clear();
    ascending_ = true;
  }

  void DropDictionary() override {
    dictionary_ = NumberDictionary<Bits>();
    ascending_ = true;
  }

  DenseValues<Value> dense_;
  NumberDictionary<Bits> dictionary_;
  bool ascending_ = true;
  Value last_{};
  Range<Value> page_range_;
  Range<Value> chunk_range_;
  bool has_nan_ = false;
};

}  // namespace

std::unique_ptr<ColumnEncoder> MakeNumberEncoder(
    const ::parquet::ColumnDescriptor& descriptor,
    std::unique_ptr<PageCompressor> compressor, Bytes* scratch) {
  switch (descriptor.physical_type()) {
    case ::parquet::Type::INT32:
      return std::make_unique<NumberEncoder<int32_t>>(descriptor, std::move(compressor),
                                                      scratch);
    case ::parquet::Type::FLOAT:
      return std::make_unique<NumberEncoder<float>>(descriptor, std::move(compressor),
                                                    scratch);
    case ::parquet::Type::DOUBLE:
      return std::make_unique<NumberEncoder<double>>(descriptor, std::move(compressor),
                                                     scratch);
    default:
      return std::make_unique<NumberEncoder<int64_t>>(descriptor, std::move(compressor),
                                                      scratch);
  }
}

}  // namespace keelboat::parquet_pages
