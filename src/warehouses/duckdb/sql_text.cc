#include "warehouses/duckdb/sql_text.h"

namespace keelboat::duckdb {

std::string QuoteText(std::string_view text) {
  std::string quoted = "'";
  for (char c : text) {
    if (c == '\'') quoted += c;
    quoted += c;
  }
  return quoted += '\'';
}

std::string QuoteTable(std::string_view schema, std::string_view table) {
  return QuoteName(schema) + "." + QuoteName(table);
}

std::string EscapePattern(std::string_view path) {
  std::string escaped;
  for (char c : path) {
    if (c == '*' || c == '?' || c == '[') {
      escaped += {'[', c, ']'};
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::string QuotePathList(const std::vector<std::string>& paths) {
  std::string list = "[";
  for (const std::string& path : paths) {
    if (list.size() > 1) list += ", ";
    list += QuoteText(EscapePattern(path));
  }
  return list += "]";
}

}  // namespace keelboat::duckdb
