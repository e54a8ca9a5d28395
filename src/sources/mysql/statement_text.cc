#include "sources/mysql/statement_text.h"

namespace keelboat::mysql {
namespace {

std::string Qualified(std::string_view database, std::string_view table) {
  return QuoteIdentifier(database) + "." + QuoteIdentifier(table);
}

template <typename Items, typename ToText>
std::string Joined(const Items& items, ToText to_text) {
  std::string text;
  for (const auto& item : items) {
    if (!text.empty()) text += ", ";
    text += to_text(item);
  }
  return text;
}

}  // namespace

std::string QuoteIdentifier(std::string_view name) {
  std::string quoted = "`";
  for (char c : name) {
    if (c == '`') quoted += '`';
    quoted += c;
  }
  return quoted + "`";
}

std::string QuoteLiteral(std::string_view text) {
  std::string quoted = "'";
  for (char c : text) {
    if (c == '\0') {
      quoted += "\\0";
      continue;
    }
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "'";
}

std::string SelectText(const SelectParts& parts) {
  std::string text = "SELECT ";
  if (!parts.tag.empty()) text += "/* " + parts.tag + " */ ";
  text += Joined(parts.columns, [](const SelectColumn& column) {
    std::string name = QuoteIdentifier(column.name);
    return column.as_text ? "CAST(" + name + " AS CHAR) AS " + name : name;
  });
  text += " FROM " + Qualified(parts.database, parts.table);
  if (!parts.where.empty()) text += " WHERE (\n" + parts.where + "\n)";
  if (parts.limit) {
    if (!parts.order_by.empty()) {
      text += " ORDER BY " + Joined(parts.order_by, [](const std::string& name) {
                return QuoteIdentifier(name);
              });
    }
    text += " LIMIT " + std::to_string(*parts.limit);
  }
  return text;
}

std::string CountDuplicatesText(std::string_view database, std::string_view table,
                                const std::vector<SelectColumn>& columns) {
  // Text is compared as bytes: in a lake 'a' and 'A' are two keys, whatever the
  // collation of the column says.
  std::string keys = Joined(columns, [](const SelectColumn& column) {
    std::string name = QuoteIdentifier(column.name);
    return column.as_text ? "CAST(" + name + " AS BINARY)" : name;
  });
  return "SELECT COALESCE(SUM(shared), 0) FROM (SELECT COUNT(*) AS shared FROM " +
         Qualified(database, table) + " GROUP BY " + keys +
         " HAVING COUNT(*) > 1) AS duplicates";
}

}  // namespace keelboat::mysql
