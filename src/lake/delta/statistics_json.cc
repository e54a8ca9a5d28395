#include "lake/delta/statistics_json.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <string_view>

#include <arrow/type.h>
#include <nlohmann/json.hpp>

#include "lake/delta/exact_text.h"

namespace keelboat::delta {
namespace {

constexpr int kMostColumns = 32;
constexpr int64_t kMostCharacters = 32;
constexpr std::string_view kLastCharacter = "\xF4\x8F\xBF\xBF";  // U+10FFFF

constexpr int64_t kLastMicrosecond = 253'402'300'799'999'999;  // Of the year 9999.

enum class End { kMin, kMax };

std::string Quote(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false,
                                   nlohmann::json::error_handler_t::replace);
}

// Where the first `count` characters end.
std::size_t CutAfter(std::string_view text, int64_t count) {
  std::size_t place = 0;
  for (; place < text.size(); ++place) {
    const bool begins = (static_cast<unsigned char>(text[place]) & 0xC0) != 0x80;
    if (begins && count-- == 0) break;
  }
  return place;
}

std::string CutString(const std::string& text, End end) {
  std::size_t cut = CutAfter(text, kMostCharacters);
  if (end == End::kMin || cut == text.size()) return Quote(text.substr(0, cut));
  // The character that stands for the rest must be above the first one cut off.
  while (std::string_view(text).substr(cut).starts_with(kLastCharacter)) {
    cut += kLastCharacter.size();
  }
  if (cut == text.size()) return Quote(text);
  return Quote(text.substr(0, cut) + std::string(kLastCharacter));
}

// nullopt outside of the years 1 to 9999, for which readers agree on no spelling.
std::optional<std::string> DateText(int64_t days) {
  constexpr int64_t kFirstDay = -719'162;
  constexpr int64_t kLastDay = 2'932'896;
  if (days < kFirstDay || days > kLastDay) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(days))};
  char text[16];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return text;
}

std::optional<std::string> TimestampText(int64_t value, End end, bool zone) {
  // Upwards, so that what is rounded down below is still no less.
  const bool round_up = end == End::kMax && value % 1000 != 0;
  if (round_up && value > kLastMicrosecond - 999) {
    // Readers that know milliseconds only would be in the year 10000.
    if (value > kLastMicrosecond) return std::nullopt;
    return zone ? "\"9999-12-31T23:59:59.999999Z\"" : "\"9999-12-31T23:59:59.999999\"";
  }
  if (round_up) value += 999;
  const auto instant = std::chrono::floor<std::chrono::milliseconds>(
      std::chrono::duration<int64_t, std::micro>(value));
  const auto day = std::chrono::floor<std::chrono::days>(instant);
  const auto date = DateText(day.count());
  if (!date) return std::nullopt;
  const auto of_day = static_cast<int>((instant - day).count());
  char time[24];
  std::snprintf(time, sizeof time, "T%02d:%02d:%02d.%03d", of_day / 3'600'000 % 24,
                of_day / 60'000 % 60, of_day / 1'000 % 60, of_day % 1'000);
  return "\"" + *date + time + (zone ? "Z\"" : "\"");
}

std::optional<std::string> BoundText(const ColumnBound& bound,
                                     const arrow::DataType& type, End end) {
  switch (type.id()) {
    case arrow::Type::BOOL:
      return std::get<int64_t>(bound) != 0 ? "true" : "false";
    case arrow::Type::INT8:
    case arrow::Type::INT16:
    case arrow::Type::INT32:
    case arrow::Type::INT64:
      return std::to_string(std::get<int64_t>(bound));
    case arrow::Type::FLOAT:
    case arrow::Type::DOUBLE: {
      const double value = std::get<double>(bound);
      if (std::isinf(value)) return value < 0 ? "\"-Infinity\"" : "\"Infinity\"";
      char text[32];
      // As a double also for floats: exact, whichever of the two a reader compares in.
      auto result = std::to_chars(text, text + sizeof text, value);
      return std::string(text, result.ptr);
    }
    case arrow::Type::DECIMAL128: {
      char text[kExactTextBytes];
      const int32_t scale = static_cast<const arrow::DecimalType&>(type).scale();
      const std::size_t length = WriteDecimal(
          arrow::Decimal256(std::get<arrow::Decimal128>(bound)), scale, text);
      return std::string(text, length);
    }
    case arrow::Type::STRING:
      return CutString(std::get<std::string>(bound), end);
    case arrow::Type::DATE32: {
      auto date = DateText(std::get<int64_t>(bound));
      if (!date) return std::nullopt;
      return "\"" + *date + "\"";
    }
    case arrow::Type::TIMESTAMP:
      return TimestampText(
          std::get<int64_t>(bound), end,
          !static_cast<const arrow::TimestampType&>(type).timezone().empty());
    default:
      return std::nullopt;
  }
}

// Members of a JSON object, one after the other.
class Members {
 public:
  void Add(const std::string& name, const std::string& value) {
    text_ += (text_.empty() ? "" : ",") + Quote(name) + ":" + value;
  }
  std::string Object() const { return "{" + text_ + "}"; }

 private:
  std::string text_;
};

}  // namespace

std::string StatisticsJson(const arrow::Schema& lake_schema,
                           const ParquetFileInfo& file) {
  Members minima;
  Members maxima;
  Members nulls;
  bool complete = true;
  const int columns = std::min(lake_schema.num_fields(), kMostColumns);
  for (int index = 0; index < columns; ++index) {
    const arrow::Field& field = *lake_schema.field(index);
    const ColumnStatistics& statistics = file.columns[static_cast<std::size_t>(index)];
    nulls.Add(field.name(), std::to_string(statistics.null_count));
    const bool has_values = statistics.null_count < file.rows;
    if (!has_values || field.type()->id() == arrow::Type::BINARY) continue;
    std::optional<std::string> min;
    std::optional<std::string> max;
    if (!statistics.has_nan && statistics.min.index() != 0 &&
        statistics.max.index() != 0) {
      min = BoundText(statistics.min, *field.type(), End::kMin);
      max = BoundText(statistics.max, *field.type(), End::kMax);
    }
    complete = complete && min && max;
    if (min) minima.Add(field.name(), *min);
    if (max) maxima.Add(field.name(), *max);
  }
  const std::string bounds =
      complete ? ",\"minValues\":" + minima.Object() + ",\"maxValues\":" + maxima.Object()
               : "";
  return "{\"numRecords\":" + std::to_string(file.rows) + bounds +
         ",\"nullCount\":" + nulls.Object() + "}";
}

std::optional<int64_t> RowsInStatistics(const std::string& text) {
  auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return std::nullopt;
  auto rows = json.find("numRecords");
  if (rows == json.end() || !rows->is_number_integer()) return std::nullopt;
  return rows->get<int64_t>();
}

}  // namespace keelboat::delta
