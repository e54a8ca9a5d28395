#include "app/sql_literal.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>
#include <string_view>

#include <arrow/util/utf8.h>

#include "keelboat/error.h"

namespace keelboat {
namespace {

arrow::Status NotOf(const ParameterValue& value, const char* example) {
  return MakeError(ErrorKind::kConfig, "'" + value.text + "' is no " +
                                           std::string(ParameterTypeName(value.type)) +
                                           ": write it like " + example);
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Takes digits off the front; how many.
std::size_t TakeDigits(std::string_view* text) {
  std::size_t count = 0;
  while (count < text->size() && IsDigit((*text)[count])) ++count;
  text->remove_prefix(count);
  return count;
}

bool Take(char c, std::string_view* text) {
  if (!text->starts_with(c)) return false;
  text->remove_prefix(1);
  return true;
}

bool IsInteger(std::string_view text) {
  Take('-', &text);
  return TakeDigits(&text) > 0 && text.empty();
}

bool IsNumber(std::string_view text) {
  Take('-', &text);
  std::size_t digits = TakeDigits(&text);
  if (Take('.', &text)) digits += TakeDigits(&text);
  if (digits == 0) return false;
  if (Take('e', &text) || Take('E', &text)) {
    if (!Take('-', &text)) Take('+', &text);
    if (TakeDigits(&text) == 0) return false;
  }
  return text.empty();
}

// A number of exactly so many digits.
std::optional<int> TakeNumber(std::size_t digits, std::string_view* text) {
  if (text->size() < digits) return std::nullopt;
  int number = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (!IsDigit((*text)[i])) return std::nullopt;
    number = number * 10 + ((*text)[i] - '0');
  }
  text->remove_prefix(digits);
  return number;
}

bool TakeDate(std::string_view* text) {
  const auto year = TakeNumber(4, text);
  if (!year || !Take('-', text)) return false;
  const auto month = TakeNumber(2, text);
  if (!month || !Take('-', text)) return false;
  const auto day = TakeNumber(2, text);
  return day &&
         std::chrono::year_month_day(std::chrono::year(*year),
                                     std::chrono::month(static_cast<unsigned>(*month)),
                                     std::chrono::day(static_cast<unsigned>(*day)))
             .ok();
}

// "2024-01-31", "2024-01-31T10:00", "2024-01-31 10:00:00.5Z": in the form with all parts;
// nullopt for anything else.
std::optional<std::string> Datetime(const std::string& given) {
  std::string_view text = given;
  if (!TakeDate(&text)) return std::nullopt;
  const std::string date = given.substr(0, 10);
  if (text.empty()) return date + " 00:00:00";
  if (!Take(' ', &text) && !Take('T', &text)) return std::nullopt;
  const std::string_view clock = text;
  const auto hour = TakeNumber(2, &text);
  if (!hour || *hour > 23 || !Take(':', &text)) return std::nullopt;
  const auto minute = TakeNumber(2, &text);
  if (!minute || *minute > 59) return std::nullopt;
  std::string rest = ":00";
  if (Take(':', &text)) {
    const auto second = TakeNumber(2, &text);
    if (!second || *second > 59) return std::nullopt;
    if (Take('.', &text)) {
      const std::size_t digits = TakeDigits(&text);
      if (digits == 0 || digits > 6) return std::nullopt;
    }
    rest.clear();
  }
  const std::size_t used = clock.size() - text.size();
  Take('Z', &text);
  if (!text.empty()) return std::nullopt;
  return date + " " + std::string(clock.substr(0, used)) + rest;
}

// Nothing in it means anything inside quotes, to any server or template.
bool IsHarmless(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 && byte != 0x7F &&
           std::string_view("'\"`\\{}[]%#?$:;@&*").find(c) == std::string_view::npos;
  });
}

std::string Hex(std::string_view text) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string hex;
  for (const char c : text) {
    hex += kDigits[static_cast<unsigned char>(c) >> 4];
    hex += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return hex;
}

arrow::Result<std::string> TextLiteral(const std::string& text,
                                       const std::string& dialect) {
  arrow::util::InitializeUTF8();
  if (!arrow::util::ValidateUTF8(text)) {
    return MakeError(ErrorKind::kConfig, "a parameter's text is not UTF-8");
  }
  // Two dashes in quotes are no comment; but nobody has to know that for certain.
  if (IsHarmless(text) && text.find("--") == std::string::npos) return "'" + text + "'";
  if (dialect == "mysql" || dialect == "mariadb") return "_utf8mb4 X'" + Hex(text) + "'";
  if (dialect == "clickhouse") return "unhex('" + Hex(text) + "')";
  if (dialect == "postgres") {
    if (text.find('\0') != std::string::npos) {
      return MakeError(
          ErrorKind::kConfig,
          "a parameter holds a NUL character, which no text of Postgres can");
    }
    return "convert_from(decode('" + Hex(text) + "', 'hex'), 'UTF8')";
  }
  return MakeError(ErrorKind::kUnsupported,
                   "no safe spelling of a text with special characters is known for " +
                       dialect + ": give a value of letters, digits and spaces");
}

}  // namespace

std::string_view ParameterTypeName(ParameterType type) {
  switch (type) {
    case ParameterType::kText:
      return "text";
    case ParameterType::kInteger:
      return "integer";
    case ParameterType::kNumber:
      return "number";
    case ParameterType::kBoolean:
      return "boolean";
    case ParameterType::kDate:
      return "date";
    case ParameterType::kDatetime:
      break;
  }
  return "datetime";
}

arrow::Result<std::string> SqlLiteral(const ParameterValue& value,
                                      const std::string& dialect) {
  const bool clickhouse = dialect == "clickhouse";
  switch (value.type) {
    case ParameterType::kText:
      return TextLiteral(value.text, dialect);
    case ParameterType::kInteger:
      if (!IsInteger(value.text)) return NotOf(value, "42");
      // A minus behind another one would begin a comment.
      return value.text.starts_with('-') ? "(" + value.text + ")" : value.text;
    case ParameterType::kNumber:
      if (!IsNumber(value.text)) return NotOf(value, "1.50");
      return value.text.starts_with('-') ? "(" + value.text + ")" : value.text;
    case ParameterType::kBoolean:
      if (value.text != "true" && value.text != "false") return NotOf(value, "true");
      return value.text;
    case ParameterType::kDate: {
      std::string_view text = value.text;
      const bool begins = TakeDate(&text);
      // What has no type for days alone says midnight.
      if (!begins || (!text.empty() && text != " 00:00:00")) {
        return NotOf(value, "2024-01-31");
      }
      const std::string day = value.text.substr(0, value.text.size() - text.size());
      return clickhouse ? "toDate32('" + day + "')" : "DATE '" + day + "'";
    }
    case ParameterType::kDatetime:
      break;
  }
  const auto moment = Datetime(value.text);
  if (!moment) return NotOf(value, "2024-01-31 10:00:00 (in UTC)");
  return clickhouse ? "toDateTime64('" + *moment + "', 6, 'UTC')"
                    : "TIMESTAMP '" + *moment + "'";
}

}  // namespace keelboat
