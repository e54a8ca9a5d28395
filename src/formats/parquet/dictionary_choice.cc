#include "formats/parquet/dictionary_choice.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <functional>
#include <string_view>

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

namespace keelboat {
namespace {

constexpr int64_t kSampleRows = 32 << 10;
// So few rows that either way is right.
constexpr int64_t kSmallSample = 64;
// Parquet's writer gives a dictionary up when it grows beyond this.
constexpr int64_t kDictionaryBytes = 1 << 20;

// Counts distinct hashes; open addressing, at most half full.
class DistinctCount {
 public:
  explicit DistinctCount(int64_t most)
      : slots_(std::bit_ceil(static_cast<std::size_t>(most) * 2 + 2), 0) {}

  void Add(std::size_t hash) {
    hash += hash == 0;
    std::size_t slot = (hash * 0x9E3779B97F4A7C15ull) & (slots_.size() - 1);
    while (slots_[slot] != 0 && slots_[slot] != hash) {
      slot = (slot + 1) & (slots_.size() - 1);
    }
    count_ += slots_[slot] == 0;
    slots_[slot] = hash;
  }
  int64_t count() const { return count_; }

 private:
  std::vector<std::size_t> slots_;
  int64_t count_ = 0;
};

// `value(row)` gives the bytes of a row.
template <typename Value>
bool Repeats(const arrow::Array& array, const Value& value) {
  const int64_t rows = std::min(array.length(), kSampleRows);
  DistinctCount distinct(rows);
  int64_t seen = 0;
  int64_t bytes = 0;
  std::hash<std::string_view> hash;
  for (int64_t row = 0; row < rows; ++row) {
    if (array.IsNull(row)) continue;
    std::string_view view = value(row);
    bytes += static_cast<int64_t>(view.size()) + 4;
    ++seen;
    distinct.Add(hash(view));
    // One that repeats this little so early will not come good.
    if (seen == kSampleRows / 8 && distinct.count() * 10 > seen * 9) return false;
  }
  if (seen <= kSmallSample) return true;
  return distinct.count() * 2 <= seen &&
         distinct.count() * (bytes / seen) <= kDictionaryBytes;
}

bool ColumnRepeats(const arrow::Array& array) {
  switch (array.type_id()) {
    case arrow::Type::BOOL:
      return false;  // Parquet never makes one for booleans.
    case arrow::Type::STRING:
    case arrow::Type::BINARY: {
      const auto& strings = static_cast<const arrow::BinaryArray&>(array);
      return Repeats(array, [&](int64_t row) { return strings.GetView(row); });
    }
    default: {
      const auto* fixed = dynamic_cast<const arrow::FixedWidthType*>(array.type().get());
      if (fixed == nullptr) return true;
      const int64_t width = fixed->bit_width() / 8;
      const auto* values =
          reinterpret_cast<const char*>(array.data()->buffers[1]->data()) +
          array.offset() * width;
      return Repeats(array, [=](int64_t row) {
        return std::string_view(values + row * width, static_cast<std::size_t>(width));
      });
    }
  }
}

}  // namespace

std::vector<bool> ChooseDictionaries(const arrow::RecordBatch& batch) {
  std::vector<bool> chosen;
  for (const auto& column : batch.columns()) {
    chosen.push_back(batch.num_rows() == 0 || ColumnRepeats(*column));
  }
  return chosen;
}

}  // namespace keelboat
