#include "sources/metabase/cell_column.h"

#include <algorithm>
#include <limits>
#include <type_traits>
#include <utility>

#include <arrow/type.h>
#include <arrow/type_traits.h>

namespace keelboat::metabase {
namespace {

constexpr uint64_t kShortIntegers = 999'999'999'999'999'999;  // Of ParseShortInteger.

template <typename T>
void Reach(int64_t* least, int64_t* most) {
  *least = std::max<int64_t>(std::numeric_limits<T>::min(),
                             -static_cast<int64_t>(kShortIntegers));
  *most = static_cast<int64_t>(std::min<uint64_t>(
      static_cast<uint64_t>(std::numeric_limits<T>::max()), kShortIntegers));
}

// Which integers a column stores as they are, or times a factor.
void SetUsual(const ColumnType& type, int64_t* factor, int64_t* least, int64_t* most) {
  *factor = 1;
  if (type.form == CellForm::kTimestamp) {
    *factor = type.epoch_unit;
    *most = std::numeric_limits<int64_t>::max() / type.epoch_unit;
    *least = -*most;
  } else if (type.form == CellForm::kDate) {
    Reach<int32_t>(least, most);
  } else if (type.form == CellForm::kInteger) {
    switch (type.arrow->id()) {
      case arrow::Type::INT8:
        return Reach<int8_t>(least, most);
      case arrow::Type::INT16:
        return Reach<int16_t>(least, most);
      case arrow::Type::INT32:
        return Reach<int32_t>(least, most);
      case arrow::Type::UINT8:
        return Reach<uint8_t>(least, most);
      case arrow::Type::UINT16:
        return Reach<uint16_t>(least, most);
      case arrow::Type::UINT32:
        return Reach<uint32_t>(least, most);
      case arrow::Type::UINT64:
        return Reach<uint64_t>(least, most);
      default:
        return Reach<int64_t>(least, most);
    }
  }
}

}  // namespace

CellColumn::CellColumn(ExportColumn column, arrow::MemoryPool* pool)
    : ExportColumn(std::move(column)), buffer_(this->type.arrow, pool) {
  SetUsual(type, &factor_, &least_, &most_);
  if (type.arrow->id() == arrow::Type::TIMESTAMP) {
    const auto& timestamp = static_cast<const arrow::TimestampType&>(*type.arrow);
    unit_ = static_cast<int>(timestamp.unit());
    instant_ = !timestamp.timezone().empty();
  } else if (arrow::is_decimal(type.arrow->id())) {
    const auto& decimal = static_cast<const arrow::DecimalType&>(*type.arrow);
    precision_ = decimal.precision();
    scale_ = decimal.scale();
  }
}

CellColumn::Verdict CellColumn::Append(const char* begin, const char* end,
                                       int64_t* data_bytes) {
  if (*begin == 'n') {
    if (std::string_view(begin, static_cast<std::size_t>(end - begin)) != "null") {
      return NoJson("a value is no JSON");
    }
    if (!type.nullable) return Mismatch("null");
    arrow::Status appended = buffer_.AppendNull();
    return appended.ok() ? Verdict::kTaken : Failed(std::move(appended));
  }
  if (*begin == '"') {
    if (end - begin < 2 || end[-1] != '"') return NoJson("a string does not end");
  }
  std::string_view text(begin, static_cast<std::size_t>(end - begin));
  const bool quoted = *begin == '"';
  if (quoted) text = text.substr(1, text.size() - 2);
  switch (type.form) {
    case CellForm::kText:
      return AppendText(begin, end, data_bytes);
    case CellForm::kBool: {
      const bool yes = text == "true" || text == "1";
      if (!yes && text != "false" && text != "0") return Mismatch(text);
      buffer_.AppendBool(yes);
      return Verdict::kTaken;
    }
    case CellForm::kInteger:
      return AppendInteger(text);
    case CellForm::kFloat:
      return type.arrow->id() == arrow::Type::FLOAT ? AppendFloat<float>(text)
                                                    : AppendFloat<double>(text);
    case CellForm::kDecimal:
      return type.arrow->id() == arrow::Type::DECIMAL128
                 ? AppendDecimal<arrow::Decimal128>(text)
                 : AppendDecimal<arrow::Decimal256>(text);
    case CellForm::kDate:
      return AppendDate(text, quoted);
    case CellForm::kTimestamp:
      return AppendTimestamp(text, quoted);
    case CellForm::kTime: {
      int64_t micros = 0;
      if (!quoted || !ParseTime(text, &micros)) return Mismatch(text);
      buffer_.AppendValue(micros);
      return Verdict::kTaken;
    }
    case CellForm::kHexBytes:
      break;
  }
  return AppendHex(text, quoted, data_bytes);
}

CellColumn::Verdict CellColumn::AppendInteger(std::string_view text) {
  switch (type.arrow->id()) {
    case arrow::Type::INT8:
      return AppendNumber<int8_t>(text);
    case arrow::Type::INT16:
      return AppendNumber<int16_t>(text);
    case arrow::Type::INT32:
      return AppendNumber<int32_t>(text);
    case arrow::Type::UINT8:
      return AppendNumber<uint8_t>(text);
    case arrow::Type::UINT16:
      return AppendNumber<uint16_t>(text);
    case arrow::Type::UINT32:
      return AppendNumber<uint32_t>(text);
    case arrow::Type::UINT64:
      return AppendNumber<uint64_t>(text);
    default:
      return AppendNumber<int64_t>(text);
  }
}

template <typename T>
CellColumn::Verdict CellColumn::AppendNumber(std::string_view text) {
  using Wide = std::conditional_t<std::is_signed_v<T>, int64_t, uint64_t>;
  if (int64_t small = 0; ParseShortInteger(text, &small) && std::in_range<T>(small)) {
    buffer_.AppendValue(static_cast<T>(small));
    return Verdict::kTaken;
  }
  Wide value = 0;
  if (!ParseInteger(text, &value)) {
    // What a driver takes for a truth value.
    if (text != "true" && text != "false") return Mismatch(text);
    value = text == "true" ? 1 : 0;
  }
  if (value != static_cast<Wide>(static_cast<T>(value))) return Mismatch(text);
  buffer_.AppendValue(static_cast<T>(value));
  return Verdict::kTaken;
}

template <typename T>
CellColumn::Verdict CellColumn::AppendFloat(std::string_view text) {
  T value = 0;
  if (!ParseFloat(text, &value)) return Mismatch(text);
  buffer_.AppendValue(value);
  return Verdict::kTaken;
}

template <typename T>
CellColumn::Verdict CellColumn::AppendDecimal(std::string_view text) {
  T value;
  if (!ParseDecimal(text, precision_, scale_, &value)) return Mismatch(text);
  buffer_.AppendValue(value.little_endian_array());
  return Verdict::kTaken;
}

CellColumn::Verdict CellColumn::AppendDate(std::string_view text, bool quoted) {
  int32_t days = 0;
  int64_t number = 0;
  if (quoted ? !ParseDate(text, &days)
             : !(ParseShortInteger(text, &number) || ParseInteger(text, &number)) ||
                   number != (days = static_cast<int32_t>(number))) {
    return Mismatch(text);
  }
  buffer_.AppendValue(days);
  return Verdict::kTaken;
}

CellColumn::Verdict CellColumn::AppendTimestamp(std::string_view text, bool quoted) {
  int64_t value = 0;
  const auto unit = static_cast<arrow::TimeUnit::type>(unit_);
  if (quoted ? !ParseTimestamp(text, unit, instant_, &value)
             : !(ParseShortInteger(text, &value) || ParseInteger(text, &value)) ||
                   __builtin_mul_overflow(value, type.epoch_unit, &value)) {
    return Mismatch(text);
  }
  buffer_.AppendValue(value);
  return Verdict::kTaken;
}

CellColumn::Verdict CellColumn::AppendHex(std::string_view text, bool quoted,
                                          int64_t* data_bytes) {
  const auto length = static_cast<int64_t>(text.size()) / 2;
  auto room = buffer_.Room(length + 1);
  if (!room.ok()) return Failed(room.status());
  if (!quoted || !ParseHex(text, *room)) return Mismatch(text);
  buffer_.CloseCell(length);
  *data_bytes += length;
  return Verdict::kTaken;
}

CellColumn::Verdict CellColumn::AppendText(const char* begin, const char* end,
                                           int64_t* data_bytes) {
  const bool quoted = *begin == '"';
  if (quoted) {
    ++begin;
    --end;
  } else {
    // A bare word that is no JSON would become a value of its own.
    const char letter = *begin;
    bool plain = letter == '{' || letter == '[' || letter == '-' ||
                 (letter >= '0' && letter <= '9');
    const std::string_view word(begin, static_cast<std::size_t>(end - begin));
    if (!plain && word != "true" && word != "false") return NoJson("a value is no JSON");
  }
  const int64_t length = end - begin;
  auto room = buffer_.Room(length + kCopied);
  if (!room.ok()) return Failed(room.status());
  int64_t used = length;
  const bool escapes = CopyBlocks(begin, length, *room);
  // A backslash may also stand behind the string.
  if (escapes && quoted) {
    used = Unescape(std::string_view(begin, static_cast<std::size_t>(length)), *room);
    if (used < 0) return NoJson("a string has an escape that is none");
  }
  buffer_.CloseCell(used);
  *data_bytes += used;
  return Verdict::kTaken;
}

}  // namespace keelboat::metabase
