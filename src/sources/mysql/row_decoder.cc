#include "sources/mysql/row_decoder.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <limits>
#include <string_view>
#include <utility>

#include <arrow/array/data.h>
#include <arrow/scalar.h>
#include <arrow/type.h>

#include "core/ascii_text.h"
#include "keelboat/error.h"
#include "sources/mysql/calendar.h"
#include "sources/mysql/decimal_text.h"
#include "sources/mysql/geometry.h"
#include "sources/mysql/valid_text.h"

namespace keelboat::mysql {
namespace {

constexpr int64_t kMicrosPerSecond = 1000000;
// 838:59:59 are 34 days and some hours.
constexpr uint32_t kMostDaysOfTime = 34;
// What a text or byte cell is taken to need when a batch's rows are counted out.
constexpr int kTextRowBytes = 16;

template <typename T>
T Load(const uint8_t* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof(T));
  return value;
}

int WidthOf(CellKind cell) {
  switch (cell) {
    case CellKind::kFixed1:
      return 1;
    case CellKind::kFixed2:
      return 2;
    case CellKind::kFixed4:
    case CellKind::kDate:
      return 4;
    case CellKind::kFixed8:
    case CellKind::kBit:
    case CellKind::kDateTime:
    case CellKind::kTime:
      return 8;
    case CellKind::kDecimal128:
      return 16;
    case CellKind::kDecimal256:
      return 32;
    case CellKind::kText:
    case CellKind::kBytes:
    case CellKind::kGeometry:
      break;
  }
  return 0;
}

bool IsTimeOfDay(unsigned hour, unsigned minute, unsigned second, unsigned micros) {
  return hour < 24 && minute < 60 && second < 60 && micros < kMicrosPerSecond;
}

struct DateParts {
  unsigned year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, micros = 0;
};

std::string DateText(const DateParts& parts) {
  char text[16];
  std::snprintf(text, sizeof(text), "%04u-%02u-%02u", parts.year % 10000,
                parts.month % 100, parts.day % 100);
  return text;
}

std::string DateTimeText(const DateParts& parts) {
  char time[24];
  std::snprintf(time, sizeof(time), " %02u:%02u:%02u", parts.hour % 100,
                parts.minute % 100, parts.second % 100);
  std::string text = DateText(parts) + time;
  if (parts.micros != 0) {
    std::snprintf(time, sizeof(time), ".%06u", parts.micros % 1000000);
    text += time;
  }
  return text;
}

// A short, printable picture of a value for a message.
std::string Printable(std::string_view value) {
  constexpr std::size_t kMost = 40;
  std::string text;
  for (char c : value.substr(0, kMost)) {
    if (c >= ' ' && c <= '~' && c != '\\') {
      text += c;
    } else {
      char escaped[8];
      std::snprintf(escaped, sizeof(escaped), "\\x%02X", static_cast<uint8_t>(c));
      text += escaped;
    }
  }
  return value.size() > kMost ? text + "…" : text;
}

}  // namespace

// Where reading a row has come to. Every read asks for room first: rows come from
// outside.
struct RowDecoder::Cursor {
  const uint8_t* at;
  const uint8_t* end;

  bool Has(int64_t bytes) const { return end - at >= bytes; }

  // Length of a length-prefixed cell whose bytes then begin at `at`; -1: malformed.
  int64_t TakeLength() {
    if (!Has(1)) return -1;
    uint8_t first = *at++;
    uint64_t length = first;
    int more = first < 251    ? 0
               : first == 252 ? 2
               : first == 253 ? 3
               : first == 254 ? 8
                              : -1;
    if (more != 0) {
      if (more < 0 || !Has(more)) return -1;
      length = 0;
      for (int i = 0; i < more; ++i) length |= static_cast<uint64_t>(at[i]) << (8 * i);
      at += more;
    }
    if (length > static_cast<uint64_t>(end - at)) return -1;
    return static_cast<int64_t>(length);
  }
};

RowDecoder::RowDecoder(DecodedTable table, arrow::MemoryPool* pool)
    : table_(std::move(table)), pool_(pool), zero_dates_(table_.types.size(), 0) {
  int64_t row_bytes = 0;
  for (const ColumnType& type : table_.types) {
    int width = WidthOf(type.cell);
    columns_.emplace_back(type.arrow, width);
    ShortDecimal decimal;
    if (type.cell == CellKind::kDecimal128) {
      const auto& decimal_type = static_cast<const arrow::DecimalType&>(*type.arrow);
      decimal = ShortDecimal::Of(decimal_type.precision(), decimal_type.scale());
    }
    forms_.push_back({type.cell, decimal});
    row_bytes += width > 0 ? width : kTextRowBytes;
  }
  row_capacity_ =
      std::clamp<int64_t>(kBatchBytes / std::max<int64_t>(row_bytes, 1), 64, kBatchRows);
}

arrow::Status RowDecoder::Begin() {
  for (ColumnBuffer& column : columns_) {
    ARROW_RETURN_NOT_OK(column.Begin(row_capacity_, pool_));
  }
  begun_ = true;
  return arrow::Status::OK();
}

// A call for every cell would cost as much as the cell.
[[gnu::always_inline]] inline bool RowDecoder::DecodePlainly(std::size_t column,
                                                             const uint8_t* row,
                                                             Cursor* cursor) {
  ColumnBuffer& buffer = columns_[column];
  const CellForm& form = forms_[column];
  const uint8_t* at = cursor->at;
  auto fixed = [&](auto zero) {
    using T = decltype(zero);
    if (!cursor->Has(sizeof(T))) return false;
    buffer.AppendValue(Load<T>(at));
    cursor->at += sizeof(T);
    return true;
  };
  switch (form.kind) {
    case CellKind::kFixed1:
      return fixed(uint8_t{});
    case CellKind::kFixed2:
      return fixed(uint16_t{});
    case CellKind::kFixed4:
      return fixed(uint32_t{});
    case CellKind::kFixed8:
      return fixed(uint64_t{});
    case CellKind::kDate: {
      if (!cursor->Has(5) || *at != 4) return false;
      const unsigned year = Load<uint16_t>(at + 1);
      if (!DateExists(year, at[3], at[4])) return false;
      buffer.AppendValue(DaysSinceEpoch(year, at[3], at[4]));
      cursor->at += 5;
      return true;
    }
    case CellKind::kDecimal128: {
      if (!cursor->Has(1) || *at > 20 || !cursor->Has(1 + *at)) return false;
      int64_t value;
      if (!form.decimal.Read(row, at + 1, *at, &value)) return false;
      struct Wide {
        int64_t low;
        int64_t high;
      };
      buffer.AppendValue(Wide{value, value >> 63});
      cursor->at += 1 + *at;
      return true;
    }
    case CellKind::kText:
    case CellKind::kBytes: {
      if (!cursor->Has(17) || *at > 16 || !buffer.AppendShort(at + 1, *at)) return false;
      cursor->at += 1 + *at;
      return true;
    }
    default:
      return false;
  }
}

arrow::Status RowDecoder::Append(const uint8_t* row, int64_t length) {
  if (!begun_) ARROW_RETURN_NOT_OK(Begin());
  // A zero byte, one bit per column (from the third on) that tells nulls, the cells.
  int64_t header = 1 + (static_cast<int64_t>(columns_.size()) + 9) / 8;
  if (length < header || row[0] != 0) return Malformed();
  const uint8_t* nulls = row + 1;
  Cursor cursor{row + header, row + length};
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if ((nulls[(i + 2) / 8] >> ((i + 2) % 8) & 1) != 0) {
      ARROW_RETURN_NOT_OK(columns_[i].AppendNull());
    } else if (!DecodePlainly(i, row, &cursor)) {
      ARROW_RETURN_NOT_OK(DecodeCell(i, &cursor));
    }
  }
  if (cursor.at != cursor.end) return Malformed();
  ++rows_;
  bytes_ += length;
  if (refusal_) {
    ARROW_ASSIGN_OR_RAISE(auto batch, TakeBatch());
    return RefusalStatus(*batch, batch->num_rows() - 1, *refusal_);
  }
  return arrow::Status::OK();
}

arrow::Status RowDecoder::DecodeCell(std::size_t column, Cursor* cursor) {
  ColumnBuffer& buffer = columns_[column];
  CellKind cell = table_.types[column].cell;
  switch (cell) {
    case CellKind::kFixed1:
    case CellKind::kFixed2:
    case CellKind::kFixed4:
    case CellKind::kFixed8:
      return Malformed();  // The row ends within the cell: all others are plain.
    case CellKind::kDate:
      return DecodeDate(column, cursor);
    case CellKind::kDateTime:
      return DecodeDateTime(column, cursor);
    case CellKind::kTime:
      return DecodeTime(column, cursor);
    default:
      break;
  }
  int64_t length = cursor->TakeLength();
  if (length < 0) return Malformed();
  const uint8_t* bytes = cursor->at;
  cursor->at += length;
  switch (cell) {
    case CellKind::kDecimal128:
    case CellKind::kDecimal256:
      return DecodeDecimal(column, bytes, length);
    case CellKind::kBit:
      return DecodeBit(column, bytes, length);
    case CellKind::kGeometry:
      return DecodeGeometry(column, bytes, length);
    default:
      break;
  }
  if (length <= 16 && cursor->end - bytes >= 16 && buffer.AppendShort(bytes, length)) {
    return arrow::Status::OK();
  }
  return buffer.AppendBytes(bytes, length);
}

arrow::Status RowDecoder::DecodeDate(std::size_t column, Cursor* cursor) {
  int64_t length = cursor->TakeLength();
  DateParts parts;
  if (length >= 4) {
    parts = {Load<uint16_t>(cursor->at), cursor->at[2], cursor->at[3]};
  } else if (length != 0) {
    return Malformed();
  }
  cursor->at += length;
  if (!DateExists(parts.year, parts.month, parts.day)) {
    return ZeroDate(column, DateText(parts));
  }
  columns_[column].AppendValue(DaysSinceEpoch(parts.year, parts.month, parts.day));
  return arrow::Status::OK();
}

arrow::Status RowDecoder::DecodeDateTime(std::size_t column, Cursor* cursor) {
  int64_t length = cursor->TakeLength();
  const uint8_t* at = cursor->at;
  DateParts parts;
  if (length != 0 && length != 4 && length != 7 && length != 11) return Malformed();
  if (length >= 4) parts = {Load<uint16_t>(at), at[2], at[3]};
  if (length >= 7) {
    parts.hour = at[4];
    parts.minute = at[5];
    parts.second = at[6];
  }
  if (length == 11) parts.micros = Load<uint32_t>(at + 7);
  if (!IsTimeOfDay(parts.hour, parts.minute, parts.second, parts.micros)) {
    return Malformed();
  }
  cursor->at += length;
  if (!DateExists(parts.year, parts.month, parts.day)) {
    return ZeroDate(column, DateTimeText(parts));
  }
  int64_t days = DaysSinceEpoch(parts.year, parts.month, parts.day);
  int64_t seconds = days * 86400 + parts.hour * 3600 + parts.minute * 60 + parts.second;
  columns_[column].AppendValue(seconds * kMicrosPerSecond + parts.micros);
  return arrow::Status::OK();
}

arrow::Status RowDecoder::DecodeTime(std::size_t column, Cursor* cursor) {
  int64_t length = cursor->TakeLength();
  const uint8_t* at = cursor->at;
  if (length != 0 && length != 8 && length != 12) return Malformed();
  int64_t micros = 0;
  if (length >= 8) {
    uint32_t days = Load<uint32_t>(at + 1);
    uint32_t fraction = length == 12 ? Load<uint32_t>(at + 8) : 0;
    if (days > kMostDaysOfTime || !IsTimeOfDay(at[5], at[6], at[7], fraction)) {
      return Malformed();
    }
    int64_t seconds = int64_t{days} * 86400 + at[5] * 3600 + at[6] * 60 + at[7];
    micros = seconds * kMicrosPerSecond + fraction;
    if (at[0] != 0) micros = -micros;
  }
  cursor->at += length;
  columns_[column].AppendValue(micros);
  return arrow::Status::OK();
}

arrow::Status RowDecoder::DecodeDecimal(std::size_t column, const uint8_t* text,
                                        int64_t length) {
  std::string_view digits(reinterpret_cast<const char*>(text),
                          static_cast<std::size_t>(length));
  const auto& type = static_cast<const arrow::DecimalType&>(*table_.types[column].arrow);
  auto read = [&](auto value) {
    if (!ParseDecimal(digits, type.precision(), type.scale(), &value)) return false;
    columns_[column].AppendValue(value.ToBytes());
    return true;
  };
  const bool fits = table_.types[column].cell == CellKind::kDecimal128
                        ? read(arrow::Decimal128())
                        : read(arrow::Decimal256());
  if (fits) return arrow::Status::OK();
  return Refuse(column, "the number does not fit " + type.ToString(), Printable(digits));
}

arrow::Status RowDecoder::DecodeBit(std::size_t column, const uint8_t* bits,
                                    int64_t length) {
  if (length > 8) return Malformed();
  uint64_t value = 0;
  for (int64_t i = 0; i < length; ++i) value = value << 8 | bits[i];
  columns_[column].AppendValue(value);
  return arrow::Status::OK();
}

arrow::Status RowDecoder::DecodeGeometry(std::size_t column, const uint8_t* bytes,
                                         int64_t length) {
  if (!GeometryToWkb(bytes, length, &scratch_)) {
    return Refuse(column, "the value is no geometry", std::to_string(length) + " bytes");
  }
  return columns_[column].AppendBytes(scratch_.data(),
                                      static_cast<int64_t>(scratch_.size()));
}

arrow::Status RowDecoder::ZeroDate(std::size_t column, std::string text) {
  if (table_.zero_dates == MysqlZeroDates::kNull) {
    ++zero_dates_[column];
    return columns_[column].AppendNull();
  }
  return Refuse(
      column,
      "no calendar has this date; set `zero_dates: \"null\"` or `zero_dates: text` "
      "for source " +
          table_.source + ", or exclude the column",
      std::move(text));
}

arrow::Status RowDecoder::Refuse(std::size_t column, std::string why, std::string value) {
  if (!refusal_) refusal_ = Refusal{column, std::move(why), std::move(value)};
  return columns_[column].AppendNull();
}

arrow::Status RowDecoder::Malformed() const {
  return MakeError(ErrorKind::kUnavailable,
                   "the server sent a row that breaks the protocol, row " +
                       std::to_string(rows_before_ + rows_ + 1) + " of table " +
                       table_.table,
                   {{"table", table_.table}});
}

arrow::Result<std::shared_ptr<arrow::RecordBatch>> RowDecoder::TakeBatch() {
  if (!begun_) ARROW_RETURN_NOT_OK(Begin());
  std::vector<std::shared_ptr<arrow::ArrayData>> arrays;
  arrays.reserve(columns_.size());
  for (ColumnBuffer& column : columns_) {
    ARROW_ASSIGN_OR_RAISE(auto array, column.Finish());
    arrays.push_back(std::move(array));
  }
  auto batch = arrow::RecordBatch::Make(table_.schema, rows_, std::move(arrays));
  rows_before_ += rows_;
  rows_ = 0;
  bytes_ = 0;
  begun_ = false;
  return batch;
}

arrow::Result<std::shared_ptr<arrow::RecordBatch>> RowDecoder::Finish() {
  ARROW_ASSIGN_OR_RAISE(auto batch, TakeBatch());
  ARROW_RETURN_NOT_OK(CheckText(*batch));
  for (int i = 0; i < batch->num_columns(); ++i) {
    const auto& field = batch->schema()->field(i);
    if (field->nullable() || batch->column_data(i)->null_count == 0) continue;
    return MakeError(ErrorKind::kConflict,
                     "column " + field->name() + " of table " + table_.table +
                         " holds nulls but was described as not null: the table was "
                         "altered between plan and read; run again",
                     {{"table", table_.table}, {"column", field->name()}});
  }
  return batch;
}

arrow::Status RowDecoder::CheckText(const arrow::RecordBatch& batch) const {
  for (std::size_t i = 0; i < table_.types.size(); ++i) {
    if (table_.types[i].cell != CellKind::kText) continue;
    const arrow::ArrayData& data = *batch.column_data(static_cast<int>(i));
    const auto* offsets = data.GetValues<int32_t>(1);
    const auto* bytes = data.buffers[2]->data();
    auto size = static_cast<int64_t>(offsets[data.length]);
    if (IsAscii(bytes, size)) continue;
    // The whole column is checked at once: it is sound when its bytes are and no cell
    // begins inside a character.
    bool sound = IsValidUtf8(bytes, size);
    for (int64_t row = 0; sound && row < data.length; ++row) {
      sound = offsets[row] == size || (bytes[offsets[row]] & 0xC0) != 0x80;
    }
    if (sound) continue;
    for (int64_t row = 0; row < data.length; ++row) {
      std::string_view cell(reinterpret_cast<const char*>(bytes) + offsets[row],
                            static_cast<std::size_t>(offsets[row + 1] - offsets[row]));
      if (IsValidUtf8(bytes + offsets[row], offsets[row + 1] - offsets[row])) continue;
      return RefusalStatus(batch, row,
                           {i,
                            "the text is not valid UTF-8; mend the value, declare the "
                            "column as binary, or exclude it",
                            Printable(cell)});
    }
  }
  return arrow::Status::OK();
}

arrow::Status RowDecoder::RefusalStatus(const arrow::RecordBatch& batch, int64_t row,
                                        const Refusal& refusal) const {
  std::string key;
  for (const std::string& name : table_.primary_key) {
    int index = batch.schema()->GetFieldIndex(name);
    if (index < 0) continue;
    ARROW_ASSIGN_OR_RAISE(auto scalar, batch.column(index)->GetScalar(row));
    key += (key.empty() ? "" : ", ") + name + " = " + Printable(scalar->ToString());
  }
  int64_t number = rows_before_ - batch.num_rows() + row + 1;
  const std::string& column =
      table_.schema->field(static_cast<int>(refusal.column))->name();
  std::string where =
      key.empty() ? "row " + std::to_string(number) + " of the read" : key;
  return MakeError(ErrorKind::kData,
                   "column " + column + " of table " + table_.table + " holds '" +
                       refusal.value + "' (" + where + "): " + refusal.why,
                   {{"table", table_.table},
                    {"column", column},
                    {"value", refusal.value},
                    {"key", key},
                    {"row", std::to_string(number)}});
}

std::vector<std::string> RowDecoder::Warnings() const {
  std::vector<std::string> warnings;
  for (std::size_t i = 0; i < zero_dates_.size(); ++i) {
    if (zero_dates_[i] == 0) continue;
    warnings.push_back(
        std::to_string(zero_dates_[i]) +
        (zero_dates_[i] == 1 ? " zero date" : " zero dates") + " in column " +
        table_.schema->field(static_cast<int>(i))->name() + " of table " + table_.table +
        (zero_dates_[i] == 1 ? " was" : " were") + " read as null, as configured");
  }
  return warnings;
}

}  // namespace keelboat::mysql
