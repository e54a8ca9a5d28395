#include "sources/mysql/literal.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include <arrow/type.h>
#include <arrow/type_traits.h>
#include <arrow/util/key_value_metadata.h>

#include "core/field_metadata.h"
#include "keelboat/error.h"
#include "sources/mysql/calendar.h"
#include "sources/mysql/column_type.h"
#include "sources/mysql/statement_text.h"

namespace keelboat::mysql {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Takes digits off the front; returns how many.
std::size_t TakeDigits(std::string_view* text) {
  std::size_t count = 0;
  while (count < text->size() && IsDigit((*text)[count])) ++count;
  text->remove_prefix(count);
  return count;
}

bool Take(std::string_view* text, char c) {
  if (text->empty() || text->front() != c) return false;
  text->remove_prefix(1);
  return true;
}

bool IsInteger(std::string_view text) {
  Take(&text, '-');
  return TakeDigits(&text) > 0 && text.empty();
}

bool IsDecimal(std::string_view text) {
  Take(&text, '-');
  std::size_t digits = TakeDigits(&text);
  if (Take(&text, '.')) digits += TakeDigits(&text);
  return digits > 0 && text.empty();
}

// "10:00:00" and up to six digits more; hours of times of day may have three digits.
bool IsClock(std::string_view text, std::size_t most_hour_digits) {
  std::size_t hours = TakeDigits(&text);
  if (hours < 1 || hours > most_hour_digits) return false;
  for (int part = 0; part < 2; ++part) {
    if (!Take(&text, ':') || TakeDigits(&text) != 2) return false;
  }
  if (text.empty()) return true;
  if (!Take(&text, '.')) return false;
  std::size_t fraction = TakeDigits(&text);
  return fraction >= 1 && fraction <= 6 && text.empty();
}

bool IsCalendar(std::string_view text) {
  if (TakeDigits(&text) != 4 || !Take(&text, '-')) return false;
  if (TakeDigits(&text) != 2 || !Take(&text, '-')) return false;
  if (TakeDigits(&text) != 2) return false;
  return text.empty() || (Take(&text, ' ') && IsClock(text, 2));
}

bool IsTime(std::string_view text) {
  Take(&text, '-');
  return IsClock(text, 3);
}

bool IsHex(std::string_view text) {
  if (text.size() % 2 != 0 || text.substr(0, 2) != "0x") return false;
  for (char c : text.substr(2)) {
    bool hex = IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (!hex) return false;
  }
  return true;
}

// A literal that the server reads as a double: it has an exponent. Empty where `text` is
// no finite number.
std::string FloatLiteral(std::string_view text, bool single) {
  double value = 0;
  const char* end = text.data() + text.size();
  if (single) {
    // What the column holds is the float next to the text.
    float narrow = 0;
    auto [rest, error] = std::from_chars(text.data(), end, narrow);
    if (error != std::errc() || rest != end) return {};
    value = narrow;
  } else {
    auto [rest, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc() || rest != end) return {};
  }
  if (!std::isfinite(value)) return {};
  char buffer[40];
  std::snprintf(buffer, sizeof(buffer), "%.17e", value);
  return buffer;
}

arrow::Status NoValue(const ComparedColumn& column, std::string_view text,
                      const std::string& form) {
  return MakeError(ErrorKind::kConfig,
                   "'" + std::string(text) + "' is no value of column " + column.name +
                       " (" + column.declared_type + "); write it as " + form,
                   {{"column", column.name}});
}

ValueKind KindOfType(std::string_view declared, const arrow::DataType& type) {
  std::string_view word = declared.substr(0, declared.find_first_of(" ("));
  if (IsCalendarType(declared)) return ValueKind::kCalendar;
  if (word == "float") return ValueKind::kFloat;
  if (word == "double" || word == "real") return ValueKind::kDouble;
  if (word == "decimal" || word == "numeric") return ValueKind::kDecimal;
  if (word == "time") return ValueKind::kTime;
  if (word == "enum") return ValueKind::kEnum;
  if (word == "set") return ValueKind::kSet;
  if (word == "uuid" || word == "inet4" || word == "inet6") return ValueKind::kLabel;
  if (word == "json" || word == "vector") return ValueKind::kOther;
  if (arrow::is_integer(type.id())) return ValueKind::kInteger;
  if (type.id() == arrow::Type::STRING) return ValueKind::kText;
  bool bytes = word.ends_with("binary") || word.ends_with("blob") ||
               word.ends_with("char") || word.ends_with("text");
  return bytes ? ValueKind::kBytes : ValueKind::kOther;
}

}  // namespace

ComparedColumn ComparedColumn::Of(const arrow::Field& field) {
  ComparedColumn column;
  column.name = field.name();
  column.nullable = field.nullable();
  if (field.metadata() != nullptr) {
    column.declared_type = field.metadata()->Get(kSourceTypeKey).ValueOr("");
  }
  column.kind = KindOfType(column.declared_type, *field.type());
  bool has_members = column.kind == ValueKind::kEnum || column.kind == ValueKind::kSet;
  if (has_members) column.members = MembersOf(column.declared_type);
  // An enum of bytes is read as bytes, whose text is hexadecimal.
  if (has_members && field.type()->id() != arrow::Type::STRING) {
    column.kind = ValueKind::kBytes;
  }
  return column;
}

std::vector<std::string> MembersOf(std::string_view declared_type) {
  std::vector<std::string> members;
  std::size_t at = declared_type.find('\'');
  while (at != std::string_view::npos) {
    std::string member;
    for (++at; at < declared_type.size(); ++at) {
      if (declared_type[at] != '\'') {
        member += declared_type[at];
      } else if (at + 1 < declared_type.size() && declared_type[at + 1] == '\'') {
        member += declared_type[at++];
      } else {
        break;
      }
    }
    members.push_back(std::move(member));
    at = declared_type.find('\'', at + 1);
  }
  return members;
}

std::optional<uint64_t> MemberNumber(const ComparedColumn& column,
                                     std::string_view text) {
  auto number_of = [&](std::string_view word) -> std::optional<uint64_t> {
    for (std::size_t i = 0; i < column.members.size(); ++i) {
      if (column.members[i] == word) return i + 1;
    }
    return {};
  };
  if (column.kind == ValueKind::kEnum) {
    if (auto number = number_of(text)) return number;
    return text.empty() ? std::optional<uint64_t>(0) : std::nullopt;
  }
  uint64_t bits = 0;
  while (!text.empty()) {
    std::size_t comma = text.find(',');
    auto number = number_of(text.substr(0, comma));
    if (!number) return {};
    bits |= uint64_t{1} << (*number - 1);
    text = comma == std::string_view::npos ? "" : text.substr(comma + 1);
  }
  return bits;
}

std::string WithSixDigits(std::string text) {
  std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return text;
  std::size_t point = text.find('.', colon);
  if (point == std::string::npos) {
    point = text.size();
    text += '.';
  }
  text.resize(point + 7, '0');
  return text;
}

bool IsSoundLiteral(const ComparedColumn& column, std::string_view text) {
  if (column.kind != ValueKind::kCalendar) return true;
  auto part = [&](std::size_t begin, std::size_t size) {
    unsigned value = 0;
    for (char c : text.substr(begin, size)) value = value * 10 + (c - '0');
    return value;
  };
  return IsCalendar(text) && DateExists(part(0, 4), part(5, 2), part(8, 2));
}

arrow::Result<std::string> LiteralText(const ComparedColumn& column,
                                       std::string_view text) {
  switch (column.kind) {
    case ValueKind::kInteger:
      if (!IsInteger(text)) return NoValue(column, text, "digits");
      return std::string(text);
    case ValueKind::kDecimal:
      if (!IsDecimal(text)) return NoValue(column, text, "digits with a point");
      return std::string(text);
    case ValueKind::kFloat:
    case ValueKind::kDouble: {
      std::string literal = FloatLiteral(text, column.kind == ValueKind::kFloat);
      if (literal.empty()) return NoValue(column, text, "a number");
      return literal;
    }
    case ValueKind::kCalendar:
      if (!IsCalendar(text)) {
        return NoValue(column, text, "2024-01-31 or 2024-01-31 10:00:00.000000");
      }
      return QuoteLiteral(text);
    case ValueKind::kTime:
      if (!IsTime(text)) return NoValue(column, text, "10:00:00.000000");
      return QuoteLiteral(text);
    case ValueKind::kText:
    case ValueKind::kLabel:
      return QuoteLiteral(text);
    case ValueKind::kEnum:
    case ValueKind::kSet: {
      if (column.members.empty()) return QuoteLiteral(text);
      auto number = MemberNumber(column, text);
      if (!number) return NoValue(column, text, "one of its members");
      return std::to_string(*number);
    }
    case ValueKind::kBytes:
      if (!IsHex(text)) return NoValue(column, text, "0x and hexadecimal digits");
      return "X'" + std::string(text.substr(2)) + "'";
    case ValueKind::kOther:
      break;
  }
  return MakeError(ErrorKind::kUnsupported,
                   "column " + column.name + " (" + column.declared_type +
                       ") has values that cannot be compared; take another column",
                   {{"column", column.name}});
}

}  // namespace keelboat::mysql
