#include "contracts/sql_type.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <limits>
#include <utility>
#include <vector>

#include "core/nearest.h"
#include "keelboat/error.h"

namespace keelboat {
namespace {

enum class Family {
  kInteger,
  kDecimal,
  kFloat,
  kBoolean,
  kText,
  kSized,
  kDate,
  kDateTime,
  kTime,
  kEnum
};

struct KnownType {
  const char* name;
  Family family;
  /// For integers: bits; unsigned has the same.
  int bits;
};

const std::vector<KnownType>& KnownTypes() {
  static const std::vector<KnownType> types = {
      {"tinyint", Family::kInteger, 8},    {"smallint", Family::kInteger, 16},
      {"mediumint", Family::kInteger, 24}, {"int", Family::kInteger, 32},
      {"integer", Family::kInteger, 32},   {"bigint", Family::kInteger, 64},
      {"year", Family::kInteger, 16},      {"bit", Family::kInteger, 0},
      {"decimal", Family::kDecimal, 0},    {"numeric", Family::kDecimal, 0},
      {"number", Family::kDecimal, 0},     {"float", Family::kFloat, 0},
      {"double", Family::kFloat, 0},       {"double precision", Family::kFloat, 0},
      {"real", Family::kFloat, 0},         {"bool", Family::kBoolean, 0},
      {"boolean", Family::kBoolean, 0},    {"char", Family::kSized, 0},
      {"varchar", Family::kSized, 0},      {"string", Family::kSized, 0},
      {"binary", Family::kSized, 0},       {"varbinary", Family::kSized, 0},
      {"tinytext", Family::kText, 0},      {"text", Family::kText, 0},
      {"mediumtext", Family::kText, 0},    {"longtext", Family::kText, 0},
      {"tinyblob", Family::kText, 0},      {"blob", Family::kText, 0},
      {"mediumblob", Family::kText, 0},    {"longblob", Family::kText, 0},
      {"json", Family::kText, 0},          {"uuid", Family::kText, 0},
      {"set", Family::kText, 0},           {"enum", Family::kEnum, 0},
      {"date", Family::kDate, 0},          {"datetime", Family::kDateTime, 0},
      {"timestamp", Family::kDateTime, 0}, {"time", Family::kTime, 0},
  };
  return types;
}

/// "int(11) unsigned" in its parts.
struct ParsedType {
  std::string name;
  std::vector<int64_t> sizes;
  bool is_unsigned = false;
};

bool IsSpace(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

std::string LowerTrimmed(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

arrow::Status BadType(std::string_view type, const std::string& why) {
  return MakeError(ErrorKind::kConfig, "'" + std::string(type) + "' " + why);
}

arrow::Result<std::vector<int64_t>> ReadSizes(std::string_view list,
                                              std::string_view type) {
  std::vector<int64_t> sizes;
  while (true) {
    const std::size_t comma = list.find(',');
    const std::string part = LowerTrimmed(list.substr(0, comma));
    int64_t size = 0;
    const auto parsed = std::from_chars(part.data(), part.data() + part.size(), size);
    if (parsed.ec != std::errc() || parsed.ptr != part.data() + part.size() || size < 0) {
      return BadType(type, "has sizes that are not numbers");
    }
    sizes.push_back(size);
    if (comma == std::string_view::npos) return sizes;
    list.remove_prefix(comma + 1);
  }
}

arrow::Result<ParsedType> Split(std::string_view type) {
  ParsedType parsed;
  const std::size_t open = type.find('(');
  parsed.name = LowerTrimmed(type.substr(0, open));
  std::string rest;
  if (open != std::string_view::npos) {
    const std::size_t close = type.rfind(')');
    if (close == std::string_view::npos || close < open) {
      return BadType(type, "has an opening bracket without a closing one");
    }
    rest = LowerTrimmed(type.substr(close + 1));
    if (parsed.name != "enum" && parsed.name != "set") {
      ARROW_ASSIGN_OR_RAISE(parsed.sizes,
                            ReadSizes(type.substr(open + 1, close - open - 1), type));
    }
  } else if (const std::size_t space = parsed.name.find(' ');
             space != std::string::npos && parsed.name != "double precision") {
    rest = LowerTrimmed(std::string_view(parsed.name).substr(space));
    parsed.name.resize(space);
  }
  if (rest == "unsigned" || rest == "unsigned zerofill" || rest == "zerofill") {
    parsed.is_unsigned = true;
  } else if (!rest.empty() && rest != "signed") {
    return BadType(type, "has the unknown attribute '" + rest + "'");
  }
  return parsed;
}

ExactNumber Number(const std::string& text) {
  return ExactNumber::Parse(text).ValueOrDie();
}

arrow::Status ApplyInteger(std::string_view type, const KnownType& known,
                           const ParsedType& parsed, ColumnRules* rules) {
  rules->types->integer = true;
  int bits = known.bits;
  bool is_unsigned = parsed.is_unsigned;
  if (parsed.name == "bit") {
    if (!parsed.sizes.empty() && parsed.sizes[0] == 0)
      return BadType(type, "has no bits");
    bits = parsed.sizes.empty()
               ? 1
               : static_cast<int>(std::min<int64_t>(parsed.sizes[0], 64));
    is_unsigned = true;
  }
  if (parsed.name == "year") is_unsigned = true;
  if (is_unsigned) {
    const uint64_t most =
        bits >= 64 ? std::numeric_limits<uint64_t>::max() : (uint64_t{1} << bits) - 1;
    rules->minimum = Number("0");
    rules->maximum = Number(std::to_string(most));
  } else {
    const uint64_t half = uint64_t{1} << (bits - 1);
    rules->minimum = Number("-" + std::to_string(half));
    rules->maximum = Number(std::to_string(half - 1));
  }
  return arrow::Status::OK();
}

arrow::Status ApplyDecimal(std::string_view type, const ParsedType& parsed,
                           ColumnRules* rules) {
  rules->types->number = true;
  // As MySQL and Snowflake complete it: DECIMAL is DECIMAL(10,0), NUMBER is NUMBER(38,0).
  int64_t precision = parsed.name == "number" ? 38 : 10;
  int64_t scale = 0;
  if (!parsed.sizes.empty()) precision = parsed.sizes[0];
  if (parsed.sizes.size() > 1) scale = parsed.sizes[1];
  if (precision < 1 || precision > 76 || scale > precision) {
    return BadType(type,
                   "is not a decimal: 1 to 76 digits, no more of them behind the point");
  }
  rules->decimal = DecimalShape{static_cast<int>(precision), static_cast<int>(scale)};
  if (parsed.is_unsigned) rules->minimum = Number("0");
  return arrow::Status::OK();
}

void ApplyEnum(std::string_view type, ColumnRules* rules) {
  rules->types->string = true;
  std::vector<JsonValue> values;
  for (std::string& member : EnumMembers(type)) {
    JsonValue value;
    value.kind = JsonKind::kString;
    value.line = rules->line;
    value.text = std::move(member);
    values.push_back(std::move(value));
  }
  if (!values.empty()) rules->enumeration = std::move(values);
}

}  // namespace

std::vector<std::string> EnumMembers(std::string_view type) {
  const std::size_t open = type.find('(');
  if (open == std::string_view::npos) return {};
  const std::string name = LowerTrimmed(type.substr(0, open));
  if (name != "enum" && name != "set") return {};
  std::vector<std::string> members;
  std::string member;
  bool inside = false;
  for (std::size_t i = open + 1; i < type.size(); ++i) {
    const char c = type[i];
    const char next = i + 1 < type.size() ? type[i + 1] : '\0';
    if (!inside) {
      inside = c == '\'';
      continue;
    }
    if (c == '\'' && next == '\'') {
      member += '\'';
      ++i;
    } else if (c == '\\' && next != '\0') {
      member += next == 'n' ? '\n' : next == 'r' ? '\r' : next == '0' ? '\0' : next;
      ++i;
    } else if (c == '\'') {
      members.push_back(std::exchange(member, {}));
      inside = false;
    } else {
      member += c;
    }
  }
  return members;
}

arrow::Status ApplySqlType(std::string_view type, ColumnRules* rules) {
  ARROW_ASSIGN_OR_RAISE(ParsedType parsed, Split(type));
  std::vector<std::string> names;
  const KnownType* known = nullptr;
  for (const KnownType& candidate : KnownTypes()) {
    names.emplace_back(candidate.name);
    if (parsed.name == candidate.name) known = &candidate;
  }
  if (known == nullptr) {
    return BadType(type, "is not a known type" + DidYouMean(parsed.name, names));
  }
  if (parsed.sizes.size() > (known->family == Family::kDecimal ? 2U : 1U) &&
      known->family != Family::kFloat) {
    return BadType(type, "has too many sizes");
  }
  rules->types = TypeSet{};
  switch (known->family) {
    case Family::kInteger:
      return ApplyInteger(type, *known, parsed, rules);
    case Family::kDecimal:
      return ApplyDecimal(type, parsed, rules);
    case Family::kFloat:
      rules->types->number = true;
      if (parsed.is_unsigned) rules->minimum = Number("0");
      break;
    case Family::kBoolean:
      rules->types->boolean = true;
      // MySQL's BOOLEAN is a TINYINT.
      rules->types->integer = true;
      break;
    case Family::kSized:
      rules->types->string = true;
      if (!parsed.sizes.empty()) rules->max_length = parsed.sizes[0];
      break;
    case Family::kText:
      rules->types->string = true;
      if (parsed.name == "uuid") rules->format = TextFormat::kUuid;
      break;
    case Family::kEnum:
      ApplyEnum(type, rules);
      break;
    case Family::kDate:
      rules->types->string = true;
      rules->format = TextFormat::kDate;
      break;
    case Family::kDateTime:
      rules->types->string = true;
      rules->format = TextFormat::kDateTime;
      break;
    case Family::kTime:
      // MySQL's TIME is a length of time as well, beyond 24 hours: no format.
      rules->types->string = true;
      break;
  }
  return arrow::Status::OK();
}

}  // namespace keelboat
