#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/result.h>
#include <arrow/status.h>

#include "sources/mysql/column_buffer.h"
#include "sources/mysql/column_type.h"
#include "sources/mysql/decimal_text.h"
#include "sources/mysql/mysql_options.h"

namespace keelboat::mysql {

/// What a decoder has to know of the table it reads.
struct DecodedTable {
  std::string source;
  std::string table;
  /// Of the batches: columns in the order of the rows' cells.
  std::shared_ptr<arrow::Schema> schema;
  std::vector<ColumnType> types;
  /// Names of the key's columns; those that are read name the row in an error.
  std::vector<std::string> primary_key;
  MysqlZeroDates zero_dates = MysqlZeroDates::kFail;
};

/// \brief Turns rows of the binary protocol into record batches.
///
/// Rows go straight from the wire into the columns' memory. One thread. After a failed
/// call the decoder is of no more use.
class RowDecoder {
 public:
  explicit RowDecoder(DecodedTable table, arrow::MemoryPool* pool);

  /// \brief Decodes one row.
  ///
  /// kData names table, column, value and the row's key for a value that Arrow cannot
  /// hold; a row that breaks the protocol is kUnavailable.
  arrow::Status Append(const uint8_t* row, int64_t length);

  /// Whether the batch has reached 64 Ki rows or about 16 MiB.
  bool full() const { return rows_ >= row_capacity_ || bytes_ >= kBatchBytes; }
  int64_t rows() const { return rows_; }

  /// Hands over the rows since the last call, checked.
  arrow::Result<std::shared_ptr<arrow::RecordBatch>> Finish();

  /// "3 zero dates in column born of table people were read as null, as configured".
  std::vector<std::string> Warnings() const;

 private:
  static constexpr int64_t kBatchBytes = 16 << 20;
  static constexpr int64_t kBatchRows = 64 << 10;

  struct Cursor;
  // Why a cell cannot be carried; the row is completed first, so that its key is known.
  struct Refusal {
    std::size_t column;
    std::string why;
    std::string value;
  };

  // All that most cells need.
  struct CellForm {
    CellKind kind;
    ShortDecimal decimal;
  };

  arrow::Status Begin();
  // Decodes an ordinary cell; false, with the cursor where it was, for any other.
  bool DecodePlainly(std::size_t column, const uint8_t* row, Cursor* cursor);
  arrow::Status DecodeCell(std::size_t column, Cursor* cursor);
  arrow::Status DecodeDate(std::size_t column, Cursor* cursor);
  arrow::Status DecodeDateTime(std::size_t column, Cursor* cursor);
  arrow::Status DecodeTime(std::size_t column, Cursor* cursor);
  arrow::Status DecodeDecimal(std::size_t column, const uint8_t* text, int64_t length);
  arrow::Status DecodeBit(std::size_t column, const uint8_t* bits, int64_t length);
  arrow::Status DecodeGeometry(std::size_t column, const uint8_t* bytes, int64_t length);
  arrow::Status ZeroDate(std::size_t column, std::string text);
  arrow::Status Refuse(std::size_t column, std::string why, std::string value);
  arrow::Status Malformed() const;
  arrow::Result<std::shared_ptr<arrow::RecordBatch>> TakeBatch();
  arrow::Status CheckText(const arrow::RecordBatch& batch) const;
  arrow::Status RefusalStatus(const arrow::RecordBatch& batch, int64_t row,
                              const Refusal& refusal) const;

  DecodedTable table_;
  arrow::MemoryPool* pool_;
  std::vector<CellForm> forms_;
  std::vector<ColumnBuffer> columns_;
  std::vector<int64_t> zero_dates_;
  std::vector<uint8_t> scratch_;
  std::optional<Refusal> refusal_;
  int64_t row_capacity_ = 0;
  int64_t rows_ = 0;
  int64_t rows_before_ = 0;
  int64_t bytes_ = 0;
  bool begun_ = false;
};

}  // namespace keelboat::mysql
