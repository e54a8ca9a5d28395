#include "planner/cursor.h"

#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>

#include <arrow/type.h>
#include <arrow/type_traits.h>
#include <arrow/util/decimal.h>

#include "core/quantity.h"
#include "keelboat/error.h"
#include "planner/schema_change.h"

namespace keelboat {
namespace {

using std::chrono::microseconds;
using SysMicros = std::chrono::sys_time<microseconds>;

constexpr std::chrono::seconds kDefaultTime = std::chrono::minutes(10);
constexpr std::chrono::seconds kDefaultDate = std::chrono::days(1);
constexpr const char* kDefaultNumber = "10000";
constexpr int kDigits = 76;  // What a Decimal256 holds.

struct Number {
  arrow::Decimal256 value;
  int32_t scale = 0;
};

arrow::Status NotA(const std::string& text, const char* what) {
  return MakeError(ErrorKind::kData, "the cursor value '" + text + "' is not " + what);
}

arrow::Result<Number> ParseNumber(const std::string& text) {
  Number number;
  int32_t precision = 0;
  auto status =
      arrow::Decimal256::FromString(text, &number.value, &precision, &number.scale);
  if (!status.ok()) return NotA(text, "a number");
  if (number.scale < 0) {  // "1e3"
    ARROW_ASSIGN_OR_RAISE(number.value, number.value.Rescale(number.scale, 0));
    number.scale = 0;
  }
  return number;
}

arrow::Status Align(Number& left, Number& right) {
  const int32_t scale = std::max(left.scale, right.scale);
  for (Number* number : {&left, &right}) {
    ARROW_ASSIGN_OR_RAISE(number->value, number->value.Rescale(number->scale, scale));
    number->scale = scale;
  }
  return arrow::Status::OK();
}

// The smallest value of a number column, as text; empty: none that matters.
std::string Least(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::UINT8:
    case arrow::Type::UINT16:
    case arrow::Type::UINT32:
    case arrow::Type::UINT64:
      return "0";
    case arrow::Type::INT8:
      return "-128";
    case arrow::Type::INT16:
      return "-32768";
    case arrow::Type::INT32:
      return "-2147483648";
    case arrow::Type::INT64:
      return "-9223372036854775808";
    case arrow::Type::DECIMAL128:
    case arrow::Type::DECIMAL256: {
      const auto& decimal = static_cast<const arrow::DecimalType&>(type);
      std::string text =
          "-" + std::string(static_cast<std::size_t>(decimal.precision()), '9');
      if (decimal.scale() > 0) {
        text.insert(text.size() - static_cast<std::size_t>(decimal.scale()), ".");
      }
      return text;
    }
    default:
      return {};
  }
}

arrow::Result<std::string> NumberBefore(const arrow::DataType& type,
                                        const std::string& value,
                                        const std::string& lookback) {
  if (type.id() == arrow::Type::FLOAT || type.id() == arrow::Type::DOUBLE) {
    const double before =
        std::strtod(value.c_str(), nullptr) - std::strtod(lookback.c_str(), nullptr);
    char text[32];
    const auto end = std::to_chars(text, text + sizeof(text), before).ptr;
    return std::string(text, end);
  }
  ARROW_ASSIGN_OR_RAISE(Number number, ParseNumber(value));
  ARROW_ASSIGN_OR_RAISE(Number back, ParseNumber(lookback));
  ARROW_RETURN_NOT_OK(Align(number, back));
  back.value.Negate();
  Number before = number;
  before.value += back.value;
  if (const std::string least = Least(type); !least.empty()) {
    ARROW_ASSIGN_OR_RAISE(Number bound, ParseNumber(least));
    ARROW_RETURN_NOT_OK(Align(before, bound));
    if (before.value < bound.value) return least;
  }
  return before.value.ToString(before.scale);
}

// "2024-01-31 10:00:00.000000", or the date alone.
arrow::Result<SysMicros> ParseTime(const std::string& text) {
  int year = 0;
  unsigned month = 0, day = 0, hour = 0, minute = 0, second = 0, micro = 0;
  const int found = std::sscanf(text.c_str(), "%4d-%2u-%2u %2u:%2u:%2u.%6u", &year,
                                &month, &day, &hour, &minute, &second, &micro);
  const std::chrono::year_month_day date{
      std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
  if ((found != 3 && found != 7) || !date.ok()) return NotA(text, "a date or time");
  return SysMicros(std::chrono::sys_days(date)) + std::chrono::hours(hour) +
         std::chrono::minutes(minute) + std::chrono::seconds(second) +
         microseconds(micro);
}

std::string FormatCursorTime(SysMicros time, bool date_only) {
  const auto days = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(days);
  const std::chrono::hh_mm_ss clock(time - days);
  char text[48];
  std::snprintf(text, sizeof(text), "%04d-%02u-%02u", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  if (date_only) return text;
  std::string whole = text;
  std::snprintf(text, sizeof(text), " %02d:%02d:%02d.%06d",
                static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()),
                static_cast<int>(clock.subseconds().count()));
  return whole + text;
}

arrow::Result<std::string> TimeBefore(const std::string& value,
                                      std::chrono::seconds lookback, bool date_only) {
  ARROW_ASSIGN_OR_RAISE(SysMicros time, ParseTime(value));
  // A date looks back whole days.
  if (date_only) lookback = std::chrono::ceil<std::chrono::days>(lookback);
  const SysMicros least = std::chrono::sys_days(std::chrono::year(1) / 1 / 1);
  const SysMicros before = time - lookback;
  return FormatCursorTime(std::max(before, std::min(least, time)), date_only);
}

arrow::Result<std::chrono::seconds> Duration(const arrow::Field& field,
                                             const std::string& lookback,
                                             std::chrono::seconds otherwise) {
  if (lookback.empty()) return otherwise;
  auto duration = ParseDuration(lookback);
  if (duration.ok()) return duration;
  return MakeError(ErrorKind::kConfig,
                   "lookback '" + lookback + "' does not fit the cursor " + field.name() +
                       ", which is a time: write a length of time such as 10m or 1d",
                   {{"column", field.name()}});
}

// Digits with or without a sign and a point, as many as can be compared.
std::optional<std::string> TypedDecimal(const std::string& text, bool point) {
  const std::size_t sign = text.starts_with('-') ? 1 : 0;
  std::size_t digits = 0;
  std::size_t points = 0;
  for (char c : text.substr(sign)) {
    if (c >= '0' && c <= '9') ++digits;
    if (c == '.') ++points;
  }
  const bool sound = digits > 0 && digits <= kDigits / 2 && points <= (point ? 1U : 0U) &&
                     sign + digits + points == text.size();
  return sound ? std::optional(text) : std::nullopt;
}

std::optional<std::string> TypedFloat(const std::string& text) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || rest != end || !std::isfinite(value)) return std::nullopt;
  return text;
}

// "2024-01-31", "2024-01-31 10:00" and so on, with the rest of the digits.
std::optional<std::string> TypedTime(const std::string& text, bool date_only) {
  const std::string form = "0000-00-00 00:00:00.000000";
  const std::size_t size = text.size();
  const bool ends_well =
      size == 10 ||
      (!date_only && (size == 16 || size == 19 || (size > 20 && size <= 26)));
  if (!ends_well) return std::nullopt;
  std::string whole = form;
  for (std::size_t i = 0; i < size; ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    const bool fits =
        form[i] == '0' ? digit : text[i] == form[i] || (i == 10 && text[i] == 'T');
    if (!fits) return std::nullopt;
    if (digit) whole[i] = text[i];
  }
  const bool in_day = whole.substr(11, 2) < "24" && whole[14] < '6' && whole[17] < '6';
  if (!in_day || whole.starts_with("0000") || !ParseTime(whole).ok()) return std::nullopt;
  return date_only ? text : whole;
}

}  // namespace

const char* CursorKindName(CursorKind kind) {
  switch (kind) {
    case CursorKind::kNumber:
      return "number";
    case CursorKind::kDate:
      return "date";
    case CursorKind::kTime:
      return "time";
    case CursorKind::kText:
      break;
  }
  return "text";
}

arrow::Result<CursorKind> CursorKindOf(const arrow::Field& field) {
  const arrow::Type::type id = field.type()->id();
  if (arrow::is_integer(id) || arrow::is_decimal(id) || id == arrow::Type::FLOAT ||
      id == arrow::Type::DOUBLE) {
    return CursorKind::kNumber;
  }
  if (id == arrow::Type::DATE32) return CursorKind::kDate;
  if (id == arrow::Type::TIMESTAMP) return CursorKind::kTime;
  if (arrow::is_string(id)) return CursorKind::kText;
  return MakeError(ErrorKind::kConfig,
                   "column " + field.name() + " (" + field.type()->ToString() +
                       ") cannot be a cursor: take a number, a date, a time or an "
                       "ordered text",
                   {{"column", field.name()}});
}

arrow::Result<int> CompareCursors(CursorKind kind, const std::string& left,
                                  const std::string& right) {
  if (kind != CursorKind::kNumber) {
    // Dates and times have a fixed width, so their bytes are in order too.
    return left.compare(right);
  }
  if (left.find_first_of("eE") != std::string::npos ||
      right.find_first_of("eE") != std::string::npos ||
      left.size() + right.size() > kDigits) {
    const double a = std::strtod(left.c_str(), nullptr);
    const double b = std::strtod(right.c_str(), nullptr);
    return a < b ? -1 : a > b ? 1 : 0;
  }
  ARROW_ASSIGN_OR_RAISE(Number a, ParseNumber(left));
  ARROW_ASSIGN_OR_RAISE(Number b, ParseNumber(right));
  ARROW_RETURN_NOT_OK(Align(a, b));
  return a.value < b.value ? -1 : b.value < a.value ? 1 : 0;
}

arrow::Result<std::string> ParseCursorValue(const arrow::Field& field,
                                            const std::string& text) {
  ARROW_ASSIGN_OR_RAISE(CursorKind kind, CursorKindOf(field));
  const arrow::Type::type id = field.type()->id();
  std::optional<std::string> value;
  const char* form = "";
  if (kind == CursorKind::kDate) {
    form = "a date such as 2024-01-31";
    value = TypedTime(text, true);
  } else if (kind == CursorKind::kTime) {
    form = "2024-01-31, or 2024-01-31 10:00:00 with up to six digits more (UTC)";
    value = TypedTime(text, false);
  } else if (arrow::is_integer(id)) {
    form = "digits";
    value = TypedDecimal(text, false);
  } else if (arrow::is_decimal(id)) {
    form = "digits with a point";
    value = TypedDecimal(text, true);
  } else if (kind == CursorKind::kNumber) {
    form = "a number";
    value = TypedFloat(text);
  } else {
    form = "nothing: text has no form that could be checked";
  }
  if (value.has_value()) return *std::move(value);
  return MakeError(ErrorKind::kConfig,
                   "'" + text + "' is no value of the cursor " + field.name() + " (" +
                       SourceTypeOf(field) + "): write " + form,
                   {{"column", field.name()}});
}

arrow::Result<std::string> LookBack(const arrow::Field& field, const std::string& value,
                                    const std::string& lookback) {
  ARROW_ASSIGN_OR_RAISE(CursorKind kind, CursorKindOf(field));
  switch (kind) {
    case CursorKind::kNumber: {
      const std::string number = lookback.empty() ? kDefaultNumber : lookback;
      if (!ParseNumber(number).ok()) {
        return MakeError(ErrorKind::kConfig,
                         "lookback '" + lookback + "' does not fit the cursor " +
                             field.name() +
                             ", which is a number: write a number such as 10000",
                         {{"column", field.name()}});
      }
      return NumberBefore(*field.type(), value, number);
    }
    case CursorKind::kDate: {
      ARROW_ASSIGN_OR_RAISE(auto duration, Duration(field, lookback, kDefaultDate));
      return TimeBefore(value, duration, true);
    }
    case CursorKind::kTime: {
      ARROW_ASSIGN_OR_RAISE(auto duration, Duration(field, lookback, kDefaultTime));
      return TimeBefore(value, duration, false);
    }
    case CursorKind::kText:
      break;
  }
  if (!lookback.empty() && !IsNoLookback(lookback)) {
    return MakeError(ErrorKind::kConfig,
                     "lookback '" + lookback + "' cannot be taken from the cursor " +
                         field.name() + ", which is text: remove it",
                     {{"column", field.name()}});
  }
  return value;
}

bool IsNoLookback(const std::string& lookback) {
  return !lookback.empty() && lookback.find_first_not_of("0. smhdw") == std::string::npos;
}

}  // namespace keelboat
