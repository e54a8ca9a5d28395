#include "formats/parquet/boolean_encoder.h"

#include <string>
#include <utility>

#include <arrow/array/array_primitive.h>

namespace keelboat::parquet_pages {
namespace {

// Which of the two values there were.
struct Seen {
  bool no = false;
  bool yes = false;

  void Store(::parquet::EncodedStatistics* statistics) const {
    if (!no && !yes) return;
    statistics->set_min(std::string(1, no ? '\0' : '\1'));
    statistics->set_max(std::string(1, yes ? '\1' : '\0'));
    statistics->is_min_value_exact = statistics->is_max_value_exact = true;
  }
};

class BooleanEncoder final : public ColumnEncoder {
 public:
  BooleanEncoder(const ::parquet::ColumnDescriptor& descriptor,
                 std::unique_ptr<PageCompressor> compressor)
      : ColumnEncoder(descriptor, std::move(compressor), /*dictionary=*/false) {}

 private:
  arrow::Status AppendValues(const arrow::Array& rows) override {
    const auto& flags = static_cast<const arrow::BooleanArray&>(rows);
    for (int64_t row = 0; row < flags.length(); ++row) {
      if (!flags.IsValid(row)) continue;
      const bool flag = flags.Value(row);
      if (page_values_ % 8 == 0) plain_.push_back(0);
      if (flag) plain_.back() |= static_cast<uint8_t>(1 << page_values_ % 8);
      ++page_values_;
      (flag ? page_.yes : page_.no) = true;
    }
    return arrow::Status::OK();
  }

  void TakePageBounds(::parquet::EncodedStatistics* statistics) override {
    page_.Store(statistics);
    chunk_.no |= page_.no;
    chunk_.yes |= page_.yes;
    page_ = {};
    page_values_ = 0;
  }

  void TakeChunkBounds(::parquet::EncodedStatistics* statistics) override {
    chunk_.Store(statistics);
    chunk_ = {};
  }

  DictionarySize SizeOfDictionary() const override { return {}; }
  void AppendPlain(std::span<const uint32_t>, Bytes*) const override {}
  void AppendDictionary(Bytes*) const override {}
  void ClearDictionary() override {}
  void DropDictionary() override {}

  int64_t page_values_ = 0;
  Seen page_;
  Seen chunk_;
};

}  // namespace

std::unique_ptr<ColumnEncoder> MakeBooleanEncoder(
    const ::parquet::ColumnDescriptor& descriptor,
    std::unique_ptr<PageCompressor> compressor) {
  return std::make_unique<BooleanEncoder>(descriptor, std::move(compressor));
}

}  // namespace keelboat::parquet_pages
