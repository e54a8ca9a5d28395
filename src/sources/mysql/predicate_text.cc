#include "sources/mysql/predicate_text.h"

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include <arrow/type.h>

#include "core/nearest.h"
#include "keelboat/error.h"
#include "sources/mysql/literal.h"
#include "sources/mysql/statement_text.h"

namespace keelboat::mysql {
namespace {

// Longest enum whose ranges are written as lists of numbers, which alone use an index.
constexpr std::size_t kMostListedMembers = 256;

using Columns = std::span<const ComparedColumn>;
using Values = std::span<const std::string>;

std::string Quoted(const ComparedColumn& column) { return QuoteIdentifier(column.name); }

// Whether a date of zeros may stand for no value: it has no place in time, so it goes
// where null does.
bool HasZeroDate(const ComparedColumn& column) {
  return column.kind == ValueKind::kCalendar && column.nullable;
}

std::string ZeroDate(const ComparedColumn& column, const char* sign) {
  return Quoted(column) + " " + sign + " '0000-00-00'";
}

// Unlike IS NULL, <=> NULL does not find the zero dates of a NOT NULL column.
std::string IsNull(const ComparedColumn& column) {
  std::string text = Quoted(column) + " <=> NULL";
  if (HasZeroDate(column)) text += " OR " + ZeroDate(column, "=");
  return text;
}

bool IsListed(const ComparedColumn& column) {
  return column.kind == ValueKind::kEnum && !column.members.empty() &&
         column.members.size() <= kMostListedMembers;
}

// One column against one value; `sign` is "<", ">" or ">=".
arrow::Result<std::string> Compared(const ComparedColumn& column, const std::string& sign,
                                    const std::string& value) {
  ARROW_ASSIGN_OR_RAISE(std::string literal, LiteralText(column, value));
  if (!IsListed(column)) return Quoted(column) + " " + sign + " " + literal;
  const uint64_t bound = *MemberNumber(column, value);
  std::string numbers;
  for (uint64_t number = 0; number <= column.members.size(); ++number) {
    bool holds = sign == "<"   ? number < bound
                 : sign == ">" ? number > bound
                               : number >= bound;
    if (holds) numbers += (numbers.empty() ? "" : ", ") + std::to_string(number);
  }
  if (numbers.empty()) return std::string("FALSE");
  return Quoted(column) + " IN (" + numbers + ")";
}

arrow::Result<std::string> Equal(const ComparedColumn& column, const std::string& value) {
  ARROW_ASSIGN_OR_RAISE(std::string literal, LiteralText(column, value));
  std::string text = Quoted(column) + " = " + literal;
  // Only the label tells the server that the column is constant and needs no sorting.
  const bool labelled = column.kind == ValueKind::kEnum && !column.members.empty();
  if (labelled && !value.empty())
    text += " AND " + Quoted(column) + " = " + QuoteLiteral(value);
  return text;
}

// The rows whose tuple is below `values`: null sorts before every value. Of the first
// column null is not meant.
arrow::Result<std::string> Below(Columns columns, Values values, bool first = true) {
  ARROW_ASSIGN_OR_RAISE(std::string text, Compared(columns[0], "<", values[0]));
  if (!first && columns[0].nullable)
    text = "(" + text + " OR " + IsNull(columns[0]) + ")";
  if (values.size() == 1) return text;
  ARROW_ASSIGN_OR_RAISE(std::string equal, Equal(columns[0], values[0]));
  ARROW_ASSIGN_OR_RAISE(std::string rest,
                        Below(columns.subspan(1), values.subspan(1), false));
  return "(" + text + " OR (" + equal + " AND " + rest + "))";
}

arrow::Result<std::string> AtOrAbove(Columns columns, Values values) {
  if (values.size() == 1) return Compared(columns[0], ">=", values[0]);
  ARROW_ASSIGN_OR_RAISE(std::string text, Compared(columns[0], ">", values[0]));
  ARROW_ASSIGN_OR_RAISE(std::string equal, Equal(columns[0], values[0]));
  ARROW_ASSIGN_OR_RAISE(std::string rest,
                        AtOrAbove(columns.subspan(1), values.subspan(1)));
  return "(" + text + " OR (" + equal + " AND " + rest + "))";
}

arrow::Result<std::string> RangeText(const Predicate& predicate, Columns columns) {
  const ComparedColumn& first = columns[0];
  Values lower(predicate.lower);
  Values upper(predicate.upper);
  std::string text;
  auto add = [&](const std::string& condition) {
    text += (text.empty() ? "" : " AND ") + condition;
  };
  // What both bounds begin with is said once.
  while (lower.size() > 1 && upper.size() > 1 && lower[0] == upper[0]) {
    ARROW_ASSIGN_OR_RAISE(std::string equal, Equal(columns[0], lower[0]));
    add(equal);
    columns = columns.subspan(1);
    lower = lower.subspan(1);
    upper = upper.subspan(1);
  }
  if (!lower.empty()) {
    ARROW_ASSIGN_OR_RAISE(std::string condition, AtOrAbove(columns, lower));
    add(condition);
  }
  if (!upper.empty()) {
    ARROW_ASSIGN_OR_RAISE(std::string condition, Below(columns, upper));
    add(condition);
  }
  if (text.empty() && (predicate.or_null || !first.nullable)) return std::string("TRUE");
  if (predicate.lower.empty() && HasZeroDate(first)) add(ZeroDate(first, ">"));
  if (text.empty()) return Quoted(first) + " IS NOT NULL";
  return predicate.or_null ? "(" + text + ") OR " + IsNull(first) : text;
}

// The collation may take other text for the same; the bytes do not.
std::string BytesOf(const ComparedColumn& column) {
  return "CAST(CONVERT(" + Quoted(column) + " USING utf8mb4) AS BINARY)";
}

std::string HexLiteral(std::string_view text) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string literal = "X'";
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    literal += kDigits[byte >> 4];
    literal += kDigits[byte & 15];
  }
  return literal + "'";
}

arrow::Result<std::string> OneColumnKeyset(std::span<const std::vector<std::string>> keys,
                                           const ComparedColumn& column) {
  // MariaDB turns longer lists into joins, and then scans the table.
  constexpr std::size_t kLongestList = 500;
  if (keys.size() > kLongestList) {
    ARROW_ASSIGN_OR_RAISE(std::string first,
                          OneColumnKeyset(keys.first(kLongestList), column));
    ARROW_ASSIGN_OR_RAISE(std::string rest,
                          OneColumnKeyset(keys.subspan(kLongestList), column));
    return "(" + first + ") OR " + rest;
  }
  std::string literals;
  std::string bytes;
  for (const auto& key : keys) {
    ARROW_ASSIGN_OR_RAISE(std::string literal, LiteralText(column, key[0]));
    literals += (literals.empty() ? "" : ", ") + literal;
    if (column.kind == ValueKind::kText) {
      bytes += (bytes.empty() ? "" : ", ") + HexLiteral(key[0]);
    }
  }
  std::string text = Quoted(column) + " IN (" + literals + ")";
  if (!bytes.empty()) text += " AND " + BytesOf(column) + " IN (" + bytes + ")";
  return text;
}

arrow::Result<std::string> KeysetText(const Predicate& predicate, Columns columns) {
  if (predicate.keys.empty()) return std::string("FALSE");
  if (columns.size() == 1) return OneColumnKeyset(predicate.keys, columns[0]);
  std::string text;
  for (const auto& key : predicate.keys) {
    std::string one;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      ARROW_ASSIGN_OR_RAISE(std::string equal, Equal(columns[i], key[i]));
      one += (one.empty() ? "" : " AND ") + equal;
      if (columns[i].kind != ValueKind::kText) continue;
      one += " AND " + BytesOf(columns[i]) + " = " + HexLiteral(key[i]);
    }
    text += (text.empty() ? "(" : " OR (") + one + ")";
  }
  return text;
}

arrow::Status CheckSizes(const Predicate& predicate) {
  const std::size_t width = predicate.columns.size();
  bool sound =
      width > 0 && predicate.lower.size() <= width && predicate.upper.size() <= width;
  for (const auto& key : predicate.keys) sound = sound && key.size() == width;
  if (sound) return arrow::Status::OK();
  return MakeError(ErrorKind::kInternal,
                   "a predicate's values and columns differ in number");
}

}  // namespace

arrow::Result<std::string> PredicateText(const Predicate& predicate,
                                         const arrow::Schema& schema) {
  ARROW_RETURN_NOT_OK(CheckSizes(predicate));
  std::vector<ComparedColumn> columns;
  for (const std::string& name : predicate.columns) {
    auto field = schema.GetFieldByName(name);
    if (field == nullptr) {
      return MakeError(
          ErrorKind::kNotFound,
          "column " + name + " does not exist" + DidYouMean(name, schema.field_names()),
          {{"column", name}});
    }
    columns.push_back(ComparedColumn::Of(*field));
  }
  std::string text;
  switch (predicate.kind) {
    case PredicateKind::kRange: {
      ARROW_ASSIGN_OR_RAISE(text, RangeText(predicate, columns));
      break;
    }
    case PredicateKind::kNull:
      text = IsNull(columns[0]);
      break;
    case PredicateKind::kKeyset: {
      ARROW_ASSIGN_OR_RAISE(text, KeysetText(predicate, columns));
      break;
    }
    case PredicateKind::kHash:
      return MakeError(ErrorKind::kUnsupported,
                       "MySQL tables are cut by ranges of a key, not by hash buckets");
  }
  return "(" + text + ")";
}

}  // namespace keelboat::mysql
