#include "core/cell_text.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <string_view>

#include <arrow/array/array_binary.h>
#include <arrow/array/array_decimal.h>
#include <arrow/array/array_primitive.h>
#include <arrow/type.h>
#include <arrow/util/decimal.h>

namespace keelboat {
namespace {

constexpr int64_t kSecondsPerDay = 86'400;

template <typename T>
void AppendNumber(T value, std::string* text) {
  std::array<char, 64> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  text->append(buffer.data(), end.ptr);
}

void AppendPadded(int64_t value, std::size_t width, std::string* text) {
  const std::string digits = std::to_string(value);
  if (digits.size() < width) text->append(width - digits.size(), '0');
  *text += digits;
}

int64_t UnitsPerSecond(arrow::TimeUnit::type unit) {
  switch (unit) {
    case arrow::TimeUnit::SECOND:
      return 1;
    case arrow::TimeUnit::MILLI:
      return 1'000;
    case arrow::TimeUnit::MICRO:
      return 1'000'000;
    case arrow::TimeUnit::NANO:
      return 1'000'000'000;
  }
  return 1;
}

int64_t FloorDivide(int64_t value, int64_t by) {
  return value / by - (value % by < 0 ? 1 : 0);
}

/// ".5" for half a second: no zeros at the end, nothing for none.
void AppendFraction(int64_t units, int64_t units_per_second, std::string* text) {
  if (units == 0) return;
  const std::string digits = std::to_string(units_per_second + units).substr(1);
  *text += '.';
  *text += digits.substr(0, digits.find_last_not_of('0') + 1);
}

void AppendDate(int64_t days, std::string* text) {
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{days}}};
  const int year = static_cast<int>(date.year());
  if (year < 0) *text += '-';
  AppendPadded(year < 0 ? -year : year, 4, text);
  *text += '-';
  AppendPadded(static_cast<unsigned>(date.month()), 2, text);
  *text += '-';
  AppendPadded(static_cast<unsigned>(date.day()), 2, text);
}

void AppendClock(int64_t seconds, int64_t fraction, int64_t units_per_second,
                 std::string* text) {
  AppendPadded(seconds / 3600, 2, text);
  *text += ':';
  AppendPadded(seconds / 60 % 60, 2, text);
  *text += ':';
  AppendPadded(seconds % 60, 2, text);
  AppendFraction(fraction, units_per_second, text);
}

void AppendTimestamp(int64_t value, const arrow::TimestampType& type, std::string* text) {
  const int64_t per_second = UnitsPerSecond(type.unit());
  const int64_t seconds = FloorDivide(value, per_second);
  const int64_t days = FloorDivide(seconds, kSecondsPerDay);
  AppendDate(days, text);
  *text += ' ';
  AppendClock(seconds - days * kSecondsPerDay, value - seconds * per_second, per_second,
              text);
  if (!type.timezone().empty()) *text += 'Z';
}

void AppendDuration(int64_t value, arrow::TimeUnit::type unit, std::string* text) {
  if (value < 0) *text += '-';
  const int64_t per_second = UnitsPerSecond(unit);
  const int64_t seconds = value / per_second;
  const int64_t fraction = value % per_second;
  AppendClock(seconds < 0 ? -seconds : seconds, fraction < 0 ? -fraction : fraction,
              per_second, text);
}

void AppendHex(std::string_view bytes, std::string* text) {
  constexpr char kDigits[] = "0123456789abcdef";
  for (char byte : bytes) {
    *text += kDigits[static_cast<unsigned char>(byte) >> 4];
    *text += kDigits[static_cast<unsigned char>(byte) & 15];
  }
}

template <typename ArrayType>
auto ValueAt(const arrow::Array& column, int64_t row) {
  return static_cast<const ArrayType&>(column).Value(row);
}

template <typename ArrayType>
std::string_view ViewAt(const arrow::Array& column, int64_t row) {
  return static_cast<const ArrayType&>(column).GetView(row);
}

// Arrow's own text of small decimals has an exponent.
void AppendDecimal(std::string digits, int32_t scale, std::string* text) {
  if (digits.front() == '-') {
    *text += '-';
    digits.erase(0, 1);
  }
  if (scale <= 0) {
    *text += digits;
    if (digits != "0") text->append(static_cast<std::size_t>(-scale), '0');
    return;
  }
  const auto places = static_cast<std::size_t>(scale);
  if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
  text->append(digits, 0, digits.size() - places);
  *text += '.';
  text->append(digits, digits.size() - places);
}

}  // namespace

void AppendCellText(const arrow::Array& column, int64_t row, std::string* text) {
  const arrow::DataType& type = *column.type();
  switch (type.id()) {
    case arrow::Type::INT8:
      return AppendNumber(int{ValueAt<arrow::Int8Array>(column, row)}, text);
    case arrow::Type::INT16:
      return AppendNumber(ValueAt<arrow::Int16Array>(column, row), text);
    case arrow::Type::INT32:
      return AppendNumber(ValueAt<arrow::Int32Array>(column, row), text);
    case arrow::Type::INT64:
      return AppendNumber(ValueAt<arrow::Int64Array>(column, row), text);
    case arrow::Type::UINT8:
      return AppendNumber(int{ValueAt<arrow::UInt8Array>(column, row)}, text);
    case arrow::Type::UINT16:
      return AppendNumber(ValueAt<arrow::UInt16Array>(column, row), text);
    case arrow::Type::UINT32:
      return AppendNumber(ValueAt<arrow::UInt32Array>(column, row), text);
    case arrow::Type::UINT64:
      return AppendNumber(ValueAt<arrow::UInt64Array>(column, row), text);
    case arrow::Type::FLOAT:
      return AppendNumber(ValueAt<arrow::FloatArray>(column, row), text);
    case arrow::Type::DOUBLE:
      return AppendNumber(ValueAt<arrow::DoubleArray>(column, row), text);
    case arrow::Type::DECIMAL128:
      return AppendDecimal(
          arrow::Decimal128(
              static_cast<const arrow::Decimal128Array&>(column).GetValue(row))
              .ToIntegerString(),
          static_cast<const arrow::DecimalType&>(type).scale(), text);
    case arrow::Type::DECIMAL256:
      return AppendDecimal(
          arrow::Decimal256(
              static_cast<const arrow::Decimal256Array&>(column).GetValue(row))
              .ToIntegerString(),
          static_cast<const arrow::DecimalType&>(type).scale(), text);
    case arrow::Type::BOOL:
      *text += ValueAt<arrow::BooleanArray>(column, row) ? "true" : "false";
      return;
    case arrow::Type::STRING:
      *text += ViewAt<arrow::StringArray>(column, row);
      return;
    case arrow::Type::LARGE_STRING:
      *text += ViewAt<arrow::LargeStringArray>(column, row);
      return;
    case arrow::Type::BINARY:
      return AppendHex(ViewAt<arrow::BinaryArray>(column, row), text);
    case arrow::Type::FIXED_SIZE_BINARY:
      return AppendHex(ViewAt<arrow::FixedSizeBinaryArray>(column, row), text);
    case arrow::Type::LARGE_BINARY:
      return AppendHex(ViewAt<arrow::LargeBinaryArray>(column, row), text);
    case arrow::Type::DATE32:
      return AppendDate(ValueAt<arrow::Date32Array>(column, row), text);
    case arrow::Type::TIMESTAMP:
      return AppendTimestamp(ValueAt<arrow::TimestampArray>(column, row),
                             static_cast<const arrow::TimestampType&>(type), text);
    case arrow::Type::TIME32:
      return AppendDuration(ValueAt<arrow::Time32Array>(column, row),
                            static_cast<const arrow::Time32Type&>(type).unit(), text);
    case arrow::Type::TIME64:
      return AppendDuration(ValueAt<arrow::Time64Array>(column, row),
                            static_cast<const arrow::Time64Type&>(type).unit(), text);
    case arrow::Type::DURATION:
      return AppendDuration(ValueAt<arrow::DurationArray>(column, row),
                            static_cast<const arrow::DurationType&>(type).unit(), text);
    default:
      return;
  }
}

}  // namespace keelboat
