#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <arrow/array/array_base.h>
#include <arrow/buffer.h>
#include <arrow/result.h>
#include <arrow/status.h>
#include <parquet/statistics.h>

#include "formats/parquet/hybrid_encoding.h"
#include "formats/parquet/page_compressor.h"
#include "formats/parquet/statistics.h"

namespace parquet {
class ColumnChunkMetaDataBuilder;
class ColumnDescriptor;
class PageWriter;
}  // namespace parquet

namespace keelboat::parquet_pages {

/// What the encoders of a file share.
struct EncoderContext {
  int compression_level = 1;
  /// The rows that a chunk is expected to come to.
  int64_t chunk_rows = 122'880;
  /// Scratch pads, in use for the length of a call.
  Bytes values;
  Bytes compressed;
};

/// \brief Turns the rows of one flat column into the pages of its chunks.
///
/// `Append` row by row group, then `WriteChunk` once a group. A chunk has a dictionary as
/// a whole or not at all: values are put into one as long as they repeat enough. Copies
/// what it needs of an array. One thread at a time; after an error only destruction.
class ColumnEncoder {
 public:
  /// `type` is one that ParquetWriter takes; the descriptor says how Parquet stores it.
  /// Borrows the context.
  static arrow::Result<std::unique_ptr<ColumnEncoder>> Make(
      const arrow::DataType& type, const ::parquet::ColumnDescriptor& descriptor,
      EncoderContext* context);
  virtual ~ColumnEncoder() = default;
  ColumnEncoder(const ColumnEncoder&) = delete;
  ColumnEncoder& operator=(const ColumnEncoder&) = delete;

  /// Nulls only where the column may hold them: the caller has seen to that.
  arrow::Status Append(const arrow::Array& rows);
  /// \brief Writes the rows since the last chunk; returns their uncompressed bytes.
  ///
  /// Throws what the page writer throws.
  arrow::Result<int64_t> WriteChunk(::parquet::PageWriter* writer,
                                    ::parquet::ColumnChunkMetaDataBuilder* metadata);

  /// Of all rows so far.
  virtual bool has_nan() const { return false; }
  /// Bounds of all chunks, however long; monostate where a footer tells them.
  virtual ColumnBound min() const { return {}; }
  virtual ColumnBound max() const { return {}; }

 protected:
  /// `dictionary`: whether Parquet has dictionaries for the type.
  ColumnEncoder(const ::parquet::ColumnDescriptor& descriptor,
                std::unique_ptr<PageCompressor> compressor, bool dictionary);

  /// What a dictionary of the chunk's values comes to.
  struct DictionarySize {
    int64_t entries = 0;
    int64_t bytes = 0;        ///< As a page.
    int64_t plain_bytes = 0;  ///< Of all values without it.
    /// No value was smaller than the one before.
    bool ascending = false;
  };

  /// How many of the first `rows` rows fit a page that is empty.
  virtual int64_t RowsOfAPage(const arrow::Array& rows, int64_t offset,
                              int64_t most) const {
    (void)rows;
    (void)offset;
    return most;
  }
  /// Adds the values, not the nulls, to `indices` or `plain`.
  virtual arrow::Status AppendValues(const arrow::Array& rows) = 0;
  /// Bounds of the values since the last page's end; joins them to the chunk's.
  virtual void TakePageBounds(::parquet::EncodedStatistics* statistics) = 0;
  virtual void TakeChunkBounds(::parquet::EncodedStatistics* statistics) = 0;
  virtual DictionarySize SizeOfDictionary() const = 0;
  /// The values of these indices, as a page without a dictionary has them.
  virtual void AppendPlain(std::span<const uint32_t> indices, Bytes* out) const = 0;
  /// All values of the dictionary, in the order of their indices.
  virtual void AppendDictionary(Bytes* out) const = 0;
  virtual void ClearDictionary() = 0;
  /// Clears it and gives its memory back.
  virtual void DropDictionary() = 0;

  bool in_dictionary() const { return in_dictionary_; }
  /// Gives the dictionary up where the values so far do not repeat enough. To be asked
  /// every `decision_step` values.
  arrow::Status Reconsider();
  int64_t decision_step() const { return early_; }

  std::vector<uint32_t> indices_;  ///< Of the chunk, while in_dictionary().
  Bytes plain_;                    ///< Of the page, once it is not.
  uint32_t page_number_ = 1;       ///< Differs from page to page.

 private:
  static constexpr int64_t kLeastEarly = 512;
  static constexpr int64_t kMostEarly = 4096;

  struct Page {
    int64_t rows = 0;
    int64_t nulls = 0;
    std::size_t first_index = 0;
    std::size_t end_index = 0;
    Bytes levels;
    ::parquet::EncodedStatistics statistics;
    std::shared_ptr<arrow::Buffer> compressed;
    int64_t uncompressed = 0;
  };

  void AppendLevels(const arrow::Array& rows);
  arrow::Status EndPage();
  arrow::Status Seal(Page* page, const Bytes& values);
  arrow::Status GiveUpDictionary();
  bool WorthADictionary(const DictionarySize& size, bool at_end) const;
  arrow::Status SealIndices();
  void Begin();

  const bool nullable_;
  const bool has_dictionaries_;
  const bool is_signed_;
  const std::unique_ptr<PageCompressor> compressor_;
  int64_t early_ = kMostEarly;  ///< What repeats little so far will not come good.
  bool in_dictionary_;
  bool gave_up_before_ = false;
  Page page_;
  std::vector<Page> pages_;
  std::vector<uint32_t> levels_;  ///< Of the page, once it has a null.
  Bytes body_;
};

/// The error that a decimal has more digits than its type.
arrow::Status TooManyDigits(const arrow::DataType& type);

}  // namespace keelboat::parquet_pages
