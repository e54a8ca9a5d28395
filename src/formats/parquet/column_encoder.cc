#include "formats/parquet/column_encoder.h"

#include <algorithm>
#include <utility>

#include <arrow/type.h>
#include <parquet/column_page.h>
#include <parquet/column_writer.h>
#include <parquet/metadata.h>
#include <parquet/schema.h>

#include "formats/parquet/boolean_encoder.h"
#include "formats/parquet/bytes_encoder.h"
#include "formats/parquet/number_encoder.h"
#include "keelboat/error.h"

namespace keelboat::parquet_pages {
namespace {

// Six pages a row group of 122,880 rows.
constexpr int64_t kPageRows = 20'480;
constexpr std::size_t kPageBytes = 1 << 20;
// Readers keep a whole dictionary at hand.
constexpr int64_t kDictionaryBytes = 2 << 20;
constexpr int64_t kEarlyMostPercent = 90;
constexpr int64_t kSettled = 32 << 10;
constexpr int64_t kMostPercent = 50;
// Few values: either way is right.
constexpr int64_t kFew = 64;
// Values in order are near their predecessors, which zstd sees and an index hides.
constexpr int64_t kSortedRepeats = 64;
// Longer bounds are left out of footers, as readers may take a cut one for a value.
constexpr std::size_t kMostBoundBytes = 4096;

arrow::Result<std::unique_ptr<ColumnEncoder>> MakeEncoder(
    const arrow::DataType& type, const ::parquet::ColumnDescriptor& descriptor,
    EncoderContext* context) {
  ARROW_ASSIGN_OR_RAISE(auto compressor, PageCompressor::Make(context->compression_level,
                                                              &context->compressed));
  switch (descriptor.physical_type()) {
    case ::parquet::Type::BOOLEAN:
      return MakeBooleanEncoder(descriptor, std::move(compressor));
    case ::parquet::Type::BYTE_ARRAY:
    case ::parquet::Type::FIXED_LEN_BYTE_ARRAY:
      return MakeBytesEncoder(type, descriptor, std::move(compressor));
    default:
      return MakeNumberEncoder(descriptor, std::move(compressor), &context->values);
  }
}

}  // namespace

arrow::Result<std::unique_ptr<ColumnEncoder>> ColumnEncoder::Make(
    const arrow::DataType& type, const ::parquet::ColumnDescriptor& descriptor,
    EncoderContext* context) {
  ARROW_ASSIGN_OR_RAISE(auto encoder, MakeEncoder(type, descriptor, context));
  encoder->early_ = std::clamp(context->chunk_rows / 4, kLeastEarly, kMostEarly);
  return encoder;
}

ColumnEncoder::ColumnEncoder(const ::parquet::ColumnDescriptor& descriptor,
                             std::unique_ptr<PageCompressor> compressor, bool dictionary)
    : nullable_(descriptor.max_definition_level() > 0),
      has_dictionaries_(dictionary),
      is_signed_(descriptor.sort_order() == ::parquet::SortOrder::SIGNED),
      compressor_(std::move(compressor)),
      in_dictionary_(dictionary) {}

arrow::Status ColumnEncoder::Append(const arrow::Array& rows) {
  for (int64_t offset = 0; offset < rows.length();) {
    const int64_t step = RowsOfAPage(
        rows, offset, std::min(rows.length() - offset, kPageRows - page_.rows));
    auto part = rows.Slice(offset, step);
    if (nullable_) AppendLevels(*part);
    ARROW_RETURN_NOT_OK(AppendValues(*part));
    page_.rows += step;
    offset += step;
    if (page_.rows >= kPageRows || plain_.size() >= kPageBytes) {
      ARROW_RETURN_NOT_OK(EndPage());
    }
  }
  return arrow::Status::OK();
}

void ColumnEncoder::AppendLevels(const arrow::Array& rows) {
  const int64_t nulls = rows.null_count();
  if (nulls == 0 && page_.nulls == 0) return;
  levels_.resize(static_cast<std::size_t>(page_.rows), 1);
  for (int64_t row = 0; row < rows.length(); ++row) {
    levels_.push_back(rows.IsValid(row) ? 1 : 0);
  }
  page_.nulls += nulls;
}

arrow::Status ColumnEncoder::EndPage() {
  if (page_.rows == 0) return arrow::Status::OK();
  if (nullable_) {
    // The length of the levels stands before them, once it is known.
    page_.levels.resize(sizeof(uint32_t));
    if (page_.nulls == 0) {
      AppendRun(1, page_.rows, 1, &page_.levels);
    } else {
      AppendHybrid(levels_, 1, &page_.levels);
    }
    const std::size_t length = page_.levels.size() - sizeof(uint32_t);
    for (std::size_t i = 0; i < sizeof(uint32_t); ++i) {
      page_.levels[i] = static_cast<uint8_t>(length >> 8 * i);
    }
    levels_.clear();
  }
  page_.statistics.set_null_count(page_.nulls);
  page_.statistics.all_null_value = page_.nulls == page_.rows;
  TakePageBounds(&page_.statistics);
  page_.statistics.ApplyStatSizeLimits(kMostBoundBytes);
  page_.statistics.set_is_signed(is_signed_);
  page_.end_index = indices_.size();
  if (!in_dictionary_) {
    ARROW_RETURN_NOT_OK(Seal(&page_, plain_));
    plain_.clear();
  }
  pages_.push_back(std::move(page_));
  page_ = Page{};
  page_.first_index = indices_.size();
  ++page_number_;
  return arrow::Status::OK();
}

arrow::Status ColumnEncoder::Seal(Page* page, const Bytes& values) {
  std::span<const uint8_t> body = values;
  if (!page->levels.empty()) {
    body_.assign(page->levels.begin(), page->levels.end());
    body_.insert(body_.end(), values.begin(), values.end());
    body = body_;
    page->levels = Bytes();
  }
  page->uncompressed = static_cast<int64_t>(body.size());
  return compressor_->Compress(body).Value(&page->compressed);
}

bool ColumnEncoder::WorthADictionary(const DictionarySize& size, bool at_end) const {
  const auto seen = static_cast<int64_t>(indices_.size());
  if (size.bytes > kDictionaryBytes) return false;
  if (at_end) {
    const int64_t bits = BitWidth(static_cast<uint32_t>(size.entries));
    if (size.bytes + seen * bits / 8 >= size.plain_bytes) return false;
  }
  if (seen <= kFew) return true;
  if (at_end || seen >= early_) {
    if (size.ascending && size.entries * kSortedRepeats > seen) return false;
  }
  if (at_end || seen >= kSettled || (seen >= early_ && gave_up_before_)) {
    return size.entries * 100 <= seen * kMostPercent;
  }
  return seen < early_ || size.entries * 100 <= seen * kEarlyMostPercent;
}

arrow::Status ColumnEncoder::Reconsider() {
  if (!in_dictionary_ || WorthADictionary(SizeOfDictionary(), false)) {
    return arrow::Status::OK();
  }
  return GiveUpDictionary();
}

arrow::Status ColumnEncoder::GiveUpDictionary() {
  const std::span<const uint32_t> indices = indices_;
  for (Page& page : pages_) {
    plain_.clear();
    AppendPlain(indices.subspan(page.first_index, page.end_index - page.first_index),
                &plain_);
    ARROW_RETURN_NOT_OK(Seal(&page, plain_));
  }
  plain_.clear();
  AppendPlain(indices.subspan(page_.first_index), &plain_);
  // A table may have a thousand such columns.
  std::vector<uint32_t>().swap(indices_);
  DropDictionary();
  in_dictionary_ = false;
  gave_up_before_ = true;
  return arrow::Status::OK();
}

arrow::Status ColumnEncoder::SealIndices() {
  for (Page& page : pages_) {
    const auto indices = std::span<const uint32_t>(indices_).subspan(
        page.first_index, page.end_index - page.first_index);
    // Early pages use the beginning of the dictionary only.
    uint32_t last = 0;
    for (const uint32_t index : indices) last = std::max(last, index);
    const int width = BitWidth(last + 1);
    plain_.assign(1, static_cast<uint8_t>(width));
    AppendHybrid(indices, width, &plain_);
    ARROW_RETURN_NOT_OK(Seal(&page, plain_));
  }
  plain_.clear();
  return arrow::Status::OK();
}

arrow::Result<int64_t> ColumnEncoder::WriteChunk(
    ::parquet::PageWriter* writer, ::parquet::ColumnChunkMetaDataBuilder* metadata) {
  ARROW_RETURN_NOT_OK(EndPage());
  int64_t uncompressed = 0;
  if (in_dictionary_ && !WorthADictionary(SizeOfDictionary(), true)) {
    ARROW_RETURN_NOT_OK(GiveUpDictionary());
  }
  if (in_dictionary_) {
    const auto entries = static_cast<int32_t>(SizeOfDictionary().entries);
    AppendDictionary(&plain_);
    uncompressed += writer->WriteDictionaryPage(
        ::parquet::DictionaryPage(std::make_shared<arrow::Buffer>(
                                      plain_.data(), static_cast<int64_t>(plain_.size())),
                                  entries, ::parquet::Encoding::PLAIN));
    ARROW_RETURN_NOT_OK(SealIndices());
  }
  ::parquet::EncodedStatistics statistics;
  int64_t row = 0;
  for (Page& page : pages_) {
    uncompressed += writer->WriteDataPage(::parquet::DataPageV1(
        page.compressed, static_cast<int32_t>(page.rows),
        in_dictionary_ ? ::parquet::Encoding::RLE_DICTIONARY : ::parquet::Encoding::PLAIN,
        ::parquet::Encoding::RLE, ::parquet::Encoding::RLE, page.uncompressed,
        page.statistics, row));
    row += page.rows;
    statistics.null_count += page.nulls;
  }
  statistics.has_null_count = true;
  statistics.all_null_value = statistics.null_count == row;
  TakeChunkBounds(&statistics);
  statistics.ApplyStatSizeLimits(kMostBoundBytes);
  statistics.set_is_signed(is_signed_);
  metadata->SetStatistics(statistics);
  writer->Close(in_dictionary_, /*fallback=*/false);
  Begin();
  return uncompressed;
}

void ColumnEncoder::Begin() {
  if (in_dictionary_) {
    gave_up_before_ = false;
    ClearDictionary();
  }
  in_dictionary_ = has_dictionaries_;
  indices_.clear();
  pages_.clear();
  page_ = Page{};
  compressor_->BeginChunk();
}

arrow::Status TooManyDigits(const arrow::DataType& type) {
  return MakeError(ErrorKind::kData,
                   "a number has more digits than its type, " + type.ToString());
}

}  // namespace keelboat::parquet_pages
