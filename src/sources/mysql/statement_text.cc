#include "sources/mysql/statement_text.h"

namespace keelboat::mysql {
namespace {

std::string Qualified(std::string_view database, std::string_view table) {
  return QuoteIdentifier(database) + "." + QuoteIdentifier(table);
}

std::string Comment(std::string_view tag) {
  return tag.empty() ? "" : "/* " + std::string(tag) + " */ ";
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

std::string FromText(const SelectParts& parts) {
  if (parts.sql.empty()) return Qualified(parts.database, parts.table);
  return "(\n" + parts.sql + "\n) AS `query`";
}

std::string SelectText(const SelectParts& parts) {
  std::string text = "SELECT " + Comment(parts.tag);
  text += Joined(parts.columns, [](const SelectColumn& column) {
    std::string name = QuoteIdentifier(column.name);
    return column.as_text ? "CAST(" + name + " AS CHAR) AS " + name : name;
  });
  text += " FROM " + FromText(parts);
  const char* before = " WHERE ";
  if (!parts.where.empty()) {
    text += before + ("(\n" + parts.where + "\n)");
    before = " AND ";
  }
  for (const std::string& condition : parts.conditions) {
    text += before + condition;
    before = " AND ";
  }
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

KeyColumn::Compare CompareOf(std::string_view declared_type) {
  auto holds = [&](std::string_view word) {
    return declared_type.find(word) != std::string_view::npos;
  };
  std::string_view kind = declared_type.substr(0, declared_type.find('('));
  if (kind == "char" || kind == "varchar" || kind == "varbinary") {
    unsigned length = 0;
    for (char c : declared_type.substr(kind.size())) {
      if (c >= '0' && c <= '9') length = length * 10 + static_cast<unsigned>(c - '0');
      if (c == ')') break;
    }
    if (length > 255) return KeyColumn::Compare::kDigest;
    return kind == "varbinary" ? KeyColumn::Compare::kValue : KeyColumn::Compare::kBytes;
  }
  if (kind == "enum" || kind == "set") return KeyColumn::Compare::kBytes;
  if (holds("text") || holds("blob") || kind == "json" || kind == "vector") {
    return KeyColumn::Compare::kDigest;
  }
  return KeyColumn::Compare::kValue;
}

std::string CountDuplicatesText(std::string_view database, std::string_view table,
                                const std::vector<KeyColumn>& columns,
                                std::string_view tag) {
  std::string keys = Joined(columns, [](const KeyColumn& column) {
    std::string name = QuoteIdentifier(column.name);
    switch (column.compare) {
      case KeyColumn::Compare::kBytes:
        return "CAST(" + name + " AS BINARY)";
      case KeyColumn::Compare::kDigest:
        return "SHA2(" + name + ", 256)";
      case KeyColumn::Compare::kValue:
        break;
    }
    return name;
  });
  return "SELECT " + Comment(tag) +
         "COALESCE(SUM(copies), 0) FROM (SELECT COUNT(*) AS copies FROM " +
         Qualified(database, table) + " GROUP BY " + keys +
         " HAVING COUNT(*) > 1) AS duplicates";
}

}  // namespace keelboat::mysql
