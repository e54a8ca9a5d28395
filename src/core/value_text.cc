#include "core/value_text.h"

#include <charconv>
#include <chrono>
#include <cstdio>
#include <string_view>

#include <arrow/array.h>
#include <arrow/type.h>
#include <arrow/util/decimal.h>

#include "keelboat/error.h"

namespace keelboat {
namespace {

using arrow::Type;

template <typename ArrayType>
const ArrayType& As(const arrow::Array& column) {
  return static_cast<const ArrayType&>(column);
}

template <typename Number>
std::string NumberText(Number value) {
  char text[64];
  auto result = std::to_chars(text, text + sizeof text, value);
  return std::string(text, result.ptr);
}

std::string HexText(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string text = "0x";
  for (const char byte : bytes) {
    text += kDigits[static_cast<unsigned char>(byte) >> 4];
    text += kDigits[static_cast<unsigned char>(byte) & 15];
  }
  return text;
}

// Arrow's own text of a decimal has an exponent where the value is small.
std::string DecimalText(std::string digits, int32_t scale) {
  std::string sign;
  if (digits.starts_with('-')) {
    sign = "-";
    digits.erase(0, 1);
  }
  if (scale <= 0)
    return sign + digits + std::string(static_cast<std::size_t>(-scale), '0');
  const auto places = static_cast<std::size_t>(scale);
  if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
  digits.insert(digits.size() - places, ".");
  return sign + digits;
}

std::string DateText(int64_t days) {
  const std::chrono::year_month_day date{std::chrono::sys_days(
      std::chrono::days(static_cast<std::chrono::days::rep>(days)))};
  char text[32];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return text;
}

std::string TimeText(int64_t microseconds) {
  const std::chrono::microseconds instant(microseconds);
  const auto day = std::chrono::floor<std::chrono::days>(instant);
  const auto of_day = static_cast<long long>((instant - day).count());
  char text[32];
  std::snprintf(text, sizeof text, " %02lld:%02lld:%02lld.%06lld", of_day / 3'600'000'000,
                of_day / 60'000'000 % 60, of_day / 1'000'000 % 60, of_day % 1'000'000);
  return DateText(day.count()) + text;
}

arrow::Result<std::string> TimestampText(int64_t value, arrow::TimeUnit::type unit) {
  int64_t factor = 1;
  if (unit == arrow::TimeUnit::SECOND) factor = 1'000'000;
  if (unit == arrow::TimeUnit::MILLI) factor = 1'000;
  int64_t microseconds = 0;
  bool lost = false;
  if (unit == arrow::TimeUnit::NANO) {
    microseconds = value / 1000;
    lost = value % 1000 != 0;
  } else {
    lost = __builtin_mul_overflow(value, factor, &microseconds);
  }
  if (lost) {
    return MakeError(ErrorKind::kData, "a time of " + std::to_string(value) +
                                           " units cannot be told in microseconds");
  }
  return TimeText(microseconds);
}

}  // namespace

arrow::Result<std::string> ValueText(const arrow::Array& column, int64_t row) {
  if (column.IsNull(row)) return MakeError(ErrorKind::kData, "null has no text");
  const arrow::DataType& type = *column.type();
  switch (type.id()) {
    case Type::BOOL:
      return std::string(As<arrow::BooleanArray>(column).Value(row) ? "1" : "0");
    case Type::INT8:
      return NumberText(int64_t{As<arrow::Int8Array>(column).Value(row)});
    case Type::INT16:
      return NumberText(As<arrow::Int16Array>(column).Value(row));
    case Type::INT32:
      return NumberText(As<arrow::Int32Array>(column).Value(row));
    case Type::INT64:
      return NumberText(As<arrow::Int64Array>(column).Value(row));
    case Type::UINT8:
      return NumberText(int64_t{As<arrow::UInt8Array>(column).Value(row)});
    case Type::UINT16:
      return NumberText(As<arrow::UInt16Array>(column).Value(row));
    case Type::UINT32:
      return NumberText(As<arrow::UInt32Array>(column).Value(row));
    case Type::UINT64:
      return NumberText(As<arrow::UInt64Array>(column).Value(row));
    case Type::FLOAT:
      return NumberText(As<arrow::FloatArray>(column).Value(row));
    case Type::DOUBLE:
      return NumberText(As<arrow::DoubleArray>(column).Value(row));
    case Type::DECIMAL128: {
      const arrow::Decimal128 value(As<arrow::Decimal128Array>(column).GetValue(row));
      return DecimalText(value.ToIntegerString(),
                         static_cast<const arrow::DecimalType&>(type).scale());
    }
    case Type::DECIMAL256: {
      const arrow::Decimal256 value(As<arrow::Decimal256Array>(column).GetValue(row));
      return DecimalText(value.ToIntegerString(),
                         static_cast<const arrow::DecimalType&>(type).scale());
    }
    case Type::STRING:
      return As<arrow::StringArray>(column).GetString(row);
    case Type::LARGE_STRING:
      return As<arrow::LargeStringArray>(column).GetString(row);
    case Type::STRING_VIEW:
      return As<arrow::StringViewArray>(column).GetString(row);
    case Type::BINARY:
      return HexText(As<arrow::BinaryArray>(column).GetView(row));
    case Type::LARGE_BINARY:
      return HexText(As<arrow::LargeBinaryArray>(column).GetView(row));
    case Type::BINARY_VIEW:
      return HexText(As<arrow::BinaryViewArray>(column).GetView(row));
    case Type::FIXED_SIZE_BINARY:
      return HexText(As<arrow::FixedSizeBinaryArray>(column).GetView(row));
    case Type::DATE32:
      return DateText(As<arrow::Date32Array>(column).Value(row));
    case Type::TIMESTAMP:
      return TimestampText(As<arrow::TimestampArray>(column).Value(row),
                           static_cast<const arrow::TimestampType&>(type).unit());
    default:
      return MakeError(ErrorKind::kUnsupported,
                       "values of type " + type.ToString() + " have no text");
  }
}

}  // namespace keelboat
