#include "lake/view/cursor_window.h"

#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <limits>
#include <optional>
#include <utility>

#include <arrow/array/array_decimal.h>
#include <arrow/array/array_primitive.h>
#include <arrow/type.h>
#include <nlohmann/json.hpp>

#include "keelboat/error.h"

namespace keelboat {
namespace {

using arrow::Type;
using Json = nlohmann::json;

constexpr int64_t kMicrosADay = 86'400'000'000;
constexpr int32_t kMostDigits = 38;

// "2024-01-31", alone or with " 10:00:00" and a fraction; also with a T between and a Z.
std::optional<int64_t> MicrosOf(const std::string& text) {
  int year = 0;
  unsigned month = 0, day = 0, hour = 0, minute = 0, second = 0;
  char between = 0;
  const int found = std::sscanf(text.c_str(), "%4d-%2u-%2u%c%2u:%2u:%2u", &year, &month,
                                &day, &between, &hour, &minute, &second);
  const std::chrono::year_month_day date{
      std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
  if ((found != 3 && found != 7) || !date.ok()) return std::nullopt;
  int64_t micros = 0;
  constexpr std::size_t kFraction = 20;
  for (std::size_t i = kFraction; i < kFraction + 6; ++i) {
    const bool digit = i < text.size() && text[i] >= '0' && text[i] <= '9';
    micros = micros * 10 + (digit ? text[i] - '0' : 0);
  }
  const std::chrono::seconds time =
      std::chrono::sys_days(date).time_since_epoch() + std::chrono::hours(hour) +
      std::chrono::minutes(minute) + std::chrono::seconds(second);
  return time.count() * 1'000'000 + micros;
}

template <typename Array, typename Inside>
void SelectValues(const arrow::Array& column, std::vector<bool>* inside,
                  Inside is_inside) {
  const auto& values = static_cast<const Array&>(column);
  for (int64_t row = 0; row < values.length(); ++row) {
    (*inside)[static_cast<std::size_t>(row)] =
        values.IsValid(row) && is_inside(values.Value(row));
  }
}

template <typename Array>
void SelectIntegers(const arrow::Array& column, const arrow::Decimal128& lower,
                    const arrow::Decimal128& upper, std::vector<bool>* inside) {
  SelectValues<Array>(column, inside, [&](int64_t value) {
    const arrow::Decimal128 number(value);
    return lower <= number && number < upper;
  });
}

}  // namespace

arrow::Result<CursorWindow::Bound> CursorWindow::ParseBound(Order order,
                                                            const std::string& text) {
  Bound bound;
  bool sound = false;
  switch (order) {
    case Order::kNumber: {
      int32_t precision = 0;
      sound = arrow::Decimal256::FromString(text, &bound.number, &precision, &bound.scale)
                  .ok() &&
              precision <= kMostDigits && bound.scale >= 0;
      break;
    }
    case Order::kReal: {
      const char* end = text.data() + text.size();
      const auto [rest, error] = std::from_chars(text.data(), end, bound.real);
      sound = error == std::errc() && rest == end;
      break;
    }
    case Order::kDate:
    case Order::kTime:
      if (const auto micros = MicrosOf(text)) {
        bound.micros = *micros;
        sound = true;
      }
      break;
  }
  if (sound) return bound;
  return MakeError(ErrorKind::kInternal, "'" + text + "' cannot bound a cursor");
}

arrow::Result<CursorWindow> CursorWindow::Make(const arrow::Field& cursor,
                                               const std::string& lower,
                                               const std::string& upper) {
  CursorWindow window;
  window.column_ = cursor.name();
  switch (cursor.type()->id()) {
    case Type::INT8:
    case Type::INT16:
    case Type::INT32:
    case Type::INT64:
    case Type::DECIMAL128:
      window.order_ = Order::kNumber;
      break;
    case Type::FLOAT:
    case Type::DOUBLE:
      window.order_ = Order::kReal;
      break;
    case Type::DATE32:
      window.order_ = Order::kDate;
      break;
    case Type::TIMESTAMP:
      window.order_ = Order::kTime;
      break;
    default:
      return MakeError(ErrorKind::kUnsupported,
                       "the lake does not know the order of column " + cursor.name() +
                           " (" + cursor.type()->ToString() + ")",
                       {{"column", cursor.name()}});
  }
  ARROW_ASSIGN_OR_RAISE(window.lower_, ParseBound(window.order_, lower));
  ARROW_ASSIGN_OR_RAISE(window.upper_, ParseBound(window.order_, upper));
  if (cursor.type()->id() == Type::FLOAT) {
    // As the source compares: with the float next to the bound.
    for (Bound* bound : {&window.lower_, &window.upper_}) {
      bound->real = static_cast<float>(bound->real);
    }
  }
  return window;
}

arrow::Result<arrow::Decimal128> CursorWindow::AtScale(const Bound& bound,
                                                       int32_t scale) {
  arrow::Decimal256 number = bound.number;
  if (scale >= bound.scale) {
    ARROW_ASSIGN_OR_RAISE(number, number.Rescale(bound.scale, scale));
  } else {
    const arrow::Decimal256 unit =
        arrow::Decimal256::GetScaleMultiplier(bound.scale - scale);
    ARROW_ASSIGN_OR_RAISE(auto parts, number.Divide(unit));
    number = parts.first;
    if (parts.second > arrow::Decimal256(0)) number += arrow::Decimal256(1);
  }
  // No value of a column lies beyond these.
  const arrow::Decimal256 most = arrow::Decimal256::GetScaleMultiplier(kMostDigits);
  if (number > most) number = most;
  if (number < -most) number = -most;
  const auto words = number.little_endian_array();
  return arrow::Decimal128(static_cast<int64_t>(words[1]), words[0]);
}

arrow::Status CursorWindow::Select(const arrow::RecordBatch& batch,
                                   std::vector<bool>* inside) const {
  const auto column = batch.GetColumnByName(column_);
  if (column == nullptr) {
    return MakeError(ErrorKind::kNotFound, "there is no cursor column '" + column_ + "'",
                     {{"column", column_}});
  }
  inside->assign(static_cast<std::size_t>(batch.num_rows()), false);
  const Type::type id = column->type_id();
  auto in_time = [&](int64_t micros) {
    return lower_.micros <= micros && micros < upper_.micros;
  };
  auto in_real = [&](double value) {
    return lower_.real <= value && value < upper_.real;
  };
  if (order_ == Order::kDate && id == Type::DATE32) {
    SelectValues<arrow::Date32Array>(
        *column, inside, [&](int32_t days) { return in_time(days * kMicrosADay); });
  } else if (order_ == Order::kTime && id == Type::TIMESTAMP) {
    SelectValues<arrow::TimestampArray>(*column, inside, in_time);
  } else if (order_ == Order::kReal && id == Type::FLOAT) {
    SelectValues<arrow::FloatArray>(*column, inside, in_real);
  } else if (order_ == Order::kReal && id == Type::DOUBLE) {
    SelectValues<arrow::DoubleArray>(*column, inside, in_real);
  } else if (order_ == Order::kNumber) {
    int32_t scale = 0;
    if (id == Type::DECIMAL128) {
      scale = static_cast<const arrow::DecimalType&>(*column->type()).scale();
    }
    ARROW_ASSIGN_OR_RAISE(const arrow::Decimal128 lower, AtScale(lower_, scale));
    ARROW_ASSIGN_OR_RAISE(const arrow::Decimal128 upper, AtScale(upper_, scale));
    switch (id) {
      case Type::INT8:
        SelectIntegers<arrow::Int8Array>(*column, lower, upper, inside);
        return arrow::Status::OK();
      case Type::INT16:
        SelectIntegers<arrow::Int16Array>(*column, lower, upper, inside);
        return arrow::Status::OK();
      case Type::INT32:
        SelectIntegers<arrow::Int32Array>(*column, lower, upper, inside);
        return arrow::Status::OK();
      case Type::INT64:
        SelectIntegers<arrow::Int64Array>(*column, lower, upper, inside);
        return arrow::Status::OK();
      case Type::DECIMAL128: {
        const auto& values = static_cast<const arrow::Decimal128Array&>(*column);
        for (int64_t row = 0; row < values.length(); ++row) {
          if (values.IsNull(row)) continue;
          const arrow::Decimal128 number(values.GetValue(row));
          (*inside)[static_cast<std::size_t>(row)] = lower <= number && number < upper;
        }
        return arrow::Status::OK();
      }
      default:
        break;
    }
    return MakeError(ErrorKind::kData, "column " + column_ + " is " +
                                           column->type()->ToString() +
                                           " in a file of the lake, not a number");
  } else {
    return MakeError(ErrorKind::kData, "column " + column_ + " is " +
                                           column->type()->ToString() +
                                           " in a file of the lake, unlike in its table");
  }
  return arrow::Status::OK();
}

bool CursorWindow::MayHold(const std::string& stats) const {
  const Json json = Json::parse(stats, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return true;
  auto read = [&](const char* name) -> std::optional<Json> {
    const auto values = json.find(name);
    if (values == json.end() || !values->is_object()) return std::nullopt;
    const auto value = values->find(column_);
    return value == values->end() ? std::nullopt : std::optional<Json>(*value);
  };
  const auto least = read("minValues");
  const auto most = read("maxValues");
  if (!least || !most) return true;
  if (order_ == Order::kDate || order_ == Order::kTime) {
    if (!least->is_string() || !most->is_string()) return true;
    const auto min = MicrosOf(least->get<std::string>());
    const auto max = MicrosOf(most->get<std::string>());
    // Some writers cut off what is below a millisecond, also of a maximum.
    constexpr int64_t kMillisecond = 1000;
    return !min || !max || (*min < upper_.micros && *max + kMillisecond > lower_.micros);
  }
  if (!least->is_number() || !most->is_number()) return true;
  // Doubles hold some 15 digits, so that close calls are left to the rows.
  auto real = [&](const Bound& bound) {
    return order_ == Order::kReal ? bound.real : bound.number.ToDouble(bound.scale);
  };
  auto surely_below = [](double left, double right) {
    return left + (std::abs(left) + std::abs(right)) * 1e-12 < right;
  };
  return !surely_below(most->get<double>(), real(lower_)) &&
         !surely_below(real(upper_), least->get<double>());
}

}  // namespace keelboat
