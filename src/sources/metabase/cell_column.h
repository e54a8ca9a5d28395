#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include <arrow/status.h>
#include <arrow/type_fwd.h>

#include "sources/metabase/cell_value.h"
#include "sources/metabase/column_buffer.h"
#include "sources/metabase/column_type.h"

namespace keelboat::metabase {

/// A column of an export that is to be decoded.
struct ExportColumn {
  std::string key;   ///< Its key in each row's object: "c0", or a display name.
  std::string name;  ///< For messages.
  ColumnType type;
};

/// \brief One column of an export, while its cells come. One thread.
///
/// A cell is the JSON text of a value, from its first character to behind its last, in
/// memory that can be read for 16 bytes more.
class CellColumn : public ExportColumn {
 public:
  CellColumn(ExportColumn column, arrow::MemoryPool* pool);

  /// What became of a cell.
  enum class Verdict : uint8_t {
    kTaken,
    kMismatch,  ///< JSON, but no value of the column's type: `Refused` is its text.
    kNoJson,    ///< `why` says more.
    kFailed,    ///< No memory: `failure` says more.
  };

  /// The usual cells, quickly; false: nothing was taken, `Append` looks closer.
  bool AppendUsual(const char* begin, const char* end, int64_t* data_bytes) {
    if (most_ >= 0) {
      int64_t value = 0;
      const std::string_view text(begin, static_cast<std::size_t>(end - begin));
      if (!ParseShortInteger(text, &value)) return false;
      if (value < least_ || value > most_) return false;
      buffer_.AppendLowBytes(value * factor_);
      return true;
    }
    if (type.form != CellForm::kText || *begin != '"' || end[-1] != '"') return false;
    const int64_t length = end - begin - 2;
    uint8_t* room = buffer_.RoomAtHand(length + kCopied);
    if (length < 0 || room == nullptr || CopyBlocks(begin + 1, length, room)) {
      return false;
    }
    buffer_.CloseCell(length);
    *data_bytes += length;
    return true;
  }
  /// Any cell; adds to `data_bytes` what it needs beside its place in the column.
  Verdict Append(const char* begin, const char* end, int64_t* data_bytes);

  /// Of the last cell that was not taken.
  std::string_view refused() const { return refused_; }
  const char* why() const { return why_; }
  const arrow::Status& failure() const { return failure_; }

  ColumnBuffer& buffer() { return buffer_; }

 private:
  static constexpr int64_t kCopied = 16;  // Bytes at once, of text.

  // Copies whole blocks: window and buffer have room for what is copied too much. Says
  // whether a backslash was among them.
  static bool CopyBlocks(const char* begin, int64_t length, uint8_t* room) {
    unsigned found = 0;
    for (int64_t at = 0; at < length; at += kCopied) {
      std::array<char, kCopied> block;
      std::memcpy(block.data(), begin + at, kCopied);
      std::memcpy(room + at, block.data(), kCopied);
      for (char letter : block) found |= letter == '\\' ? 1U : 0U;
    }
    return found != 0;
  }

  Verdict AppendText(const char* begin, const char* end, int64_t* data_bytes);
  Verdict AppendInteger(std::string_view text);
  Verdict AppendDate(std::string_view text, bool quoted);
  Verdict AppendTimestamp(std::string_view text, bool quoted);
  Verdict AppendHex(std::string_view text, bool quoted, int64_t* data_bytes);
  template <typename T>
  Verdict AppendFloat(std::string_view text);
  template <typename T>
  Verdict AppendDecimal(std::string_view text);
  template <typename T>
  Verdict AppendNumber(std::string_view text);

  Verdict Mismatch(std::string_view text) {
    refused_ = text;
    return Verdict::kMismatch;
  }
  Verdict NoJson(const char* why) {
    why_ = why;
    return Verdict::kNoJson;
  }
  Verdict Failed(arrow::Status status) {
    failure_ = std::move(status);
    return Verdict::kFailed;
  }

  ColumnBuffer buffer_;
  // Of timestamps, decimals.
  int unit_ = 0;
  bool instant_ = false;
  int precision_ = 0;
  int scale_ = 0;
  // Of numbers that are stored as integers: what they are multiplied by, which are
  // taken as they are.
  int64_t factor_ = 0;
  int64_t least_ = 0;
  int64_t most_ = -1;

  std::string_view refused_;
  const char* why_ = "";
  arrow::Status failure_;
};

}  // namespace keelboat::metabase
