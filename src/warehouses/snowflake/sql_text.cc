#include "warehouses/snowflake/sql_text.h"

namespace keelboat::snowflake {

std::string QuoteText(std::string_view text) {
  std::string quoted = "'";
  for (char c : text) {
    if (c == '\'' || c == '\\') quoted += c;
    quoted += c;
  }
  return quoted += '\'';
}

std::string UpperName(std::string_view name) {
  std::string upper(name);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return upper;
}

std::string ObjectName(std::string_view configured) {
  if (configured.size() < 2 || configured.front() != '"' || configured.back() != '"') {
    return UpperName(configured);
  }
  std::string name;
  for (std::size_t i = 1; i + 1 < configured.size(); ++i) {
    name += configured[i];
    if (configured[i] == '"' && configured[i + 1] == '"') ++i;
  }
  return name;
}

std::string TimeLiteral(SystemTime time) {
  std::string text = FormatTime(time);  // "2026-11-21T02:00:00.123456Z"
  text.at(10) = ' ';
  text.pop_back();
  return "CAST(" + QuoteText(text) + " AS TIMESTAMP_TZ(6))";
}

std::string Place::Schema() const {
  return QuoteName(database) + "." + QuoteName(schema);
}

std::string Place::Name(std::string_view object) const {
  return Schema() + "." + QuoteName(object);
}

}  // namespace keelboat::snowflake
