#include "sources/metabase/clickhouse_type.h"

namespace keelboat::metabase {
namespace {

std::string_view Trim(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') {
    text.remove_prefix(1);
  }
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') {
    text.remove_suffix(1);
  }
  return text;
}

// At the commas that stand in no parenthesis and no quotes.
std::vector<std::string> SplitArguments(std::string_view text) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  int depth = 0;
  char quote = '\0';
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char letter = text[at];
    if (quote != '\0') {
      if (letter == '\\') ++at;
      if (letter == quote) quote = '\0';
    } else if (letter == '\'' || letter == '`' || letter == '"') {
      quote = letter;
    } else if (letter == '(') {
      ++depth;
    } else if (letter == ')') {
      --depth;
    } else if (letter == ',' && depth == 0) {
      parts.emplace_back(Trim(text.substr(begin, at - begin)));
      begin = at + 1;
    }
  }
  parts.emplace_back(Trim(text.substr(begin)));
  return parts;
}

}  // namespace

ClickHouseType ParseClickHouseType(std::string_view text) {
  text = Trim(text);
  ClickHouseType type;
  std::size_t open = text.find('(');
  if (open == std::string_view::npos || text.back() != ')') {
    type.name = text;
    return type;
  }
  type.name = Trim(text.substr(0, open));
  type.arguments = SplitArguments(text.substr(open + 1, text.size() - open - 2));
  const bool wraps = type.name == "Nullable" || type.name == "LowCardinality" ||
                     type.name == "SimpleAggregateFunction";
  if (!wraps) return type;
  ClickHouseType inner = ParseClickHouseType(type.arguments.back());
  inner.nullable = inner.nullable || type.name == "Nullable";
  return inner;
}

}  // namespace keelboat::metabase
