#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/result.h>

#include "net/byte_stream.h"
#include "sources/metabase/cell_column.h"
#include "sources/metabase/export_window.h"

namespace keelboat::metabase {

/// \brief Decodes the JSON export of a question into record batches.
///
/// Bounded memory: one window of bytes and one batch of at most 64 Ki rows or about
/// 16 MiB. The order of the keys is learnt from the first row; any other order is read,
/// too, only slower. One thread.
class ExportDecoder {
 public:
  static arrow::Result<std::unique_ptr<ExportDecoder>> Make(
      std::unique_ptr<ByteStream> stream, std::vector<ExportColumn> columns,
      std::shared_ptr<arrow::Schema> schema, arrow::MemoryPool* pool);

  /// \brief The next batch; null once the closing bracket and the body's end were seen.
  ///
  /// kUnavailable: the body was cut. kData: no JSON, no UTF-8, something behind the end,
  /// rows of other columns, a value that its column's type cannot hold (the detail
  /// kMismatchedColumn names the column). An error object of the server in place of a
  /// row or behind the rows is that error. After an error: the same error again.
  arrow::Result<std::shared_ptr<arrow::RecordBatch>> Next();

  /// How many rows are likely to come: memory is asked for once for as many, and not for
  /// more. Before the first of them.
  void Expect(int64_t rows) { expected_rows_ = rows; }

  /// Rows handed out so far.
  int64_t rows() const { return rows_; }

 private:
  // A key as it is written, with its quote; short ones are compared as one number.
  struct LearntKey {
    explicit LearntKey(std::string_view raw);
    // `text` is within a window.
    bool Begins(const char* text) const {
      uint64_t word = 0;
      std::memcpy(&word, text, sizeof(word));
      if ((word & mask) != first) return false;
      return quoted.size() <= sizeof(word) ||
             std::memcmp(text, quoted.data(), quoted.size()) == 0;
    }
    std::string quoted;
    uint64_t first = 0;
    uint64_t mask = 0;
  };
  // Where in the array the next place stands.
  enum class Expects : uint8_t { kArray, kFirstRow, kRow, kComma, kNothing };

  ExportDecoder(std::unique_ptr<ExportWindow> window, std::vector<CellColumn> columns,
                std::shared_ptr<arrow::Schema> schema);

  arrow::Status Fill();
  arrow::Status Decode();
  int64_t RowsToReserve() const;
  arrow::Status DecodeRow();
  arrow::Status AppendField(CellColumn* column);
  arrow::Status StrayObject(std::size_t at);
  arrow::Result<CellColumn*> FindColumn(std::string_view key, std::size_t row_begin);
  arrow::Result<std::shared_ptr<arrow::RecordBatch>> Finish();

  char At(std::size_t place) const {
    return place < count_ ? text_[places_[place]] : '\0';
  }
  arrow::Status Mismatch(const CellColumn& column, std::string_view value) const;
  arrow::Status NoJson(const std::string& what) const;

  std::unique_ptr<ExportWindow> window_;
  std::vector<CellColumn> columns_;
  std::shared_ptr<arrow::Schema> schema_;
  // As the window has them.
  const char* text_ = nullptr;
  const uint32_t* places_ = nullptr;
  std::size_t count_ = 0;
  std::size_t at_ = 0;  // Next place.

  Expects expects_ = Expects::kArray;
  // Columns in the order of the first row's keys, and those keys as they are written.
  std::vector<CellColumn*> order_;
  std::vector<LearntKey> keys_;
  std::vector<bool> seen_;
  int64_t batch_rows_ = 0;
  int64_t reserved_ = 0;  // Rows that the buffers have room for.
  int64_t batch_data_ = 0;
  int64_t rows_ = 0;
  int64_t expected_rows_ = 0;
  bool ended_ = false;
  arrow::Status status_;
};

}  // namespace keelboat::metabase
