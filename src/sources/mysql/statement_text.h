#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keelboat::mysql {

/// Backticks around a name: `Preço (R$)`.
std::string QuoteIdentifier(std::string_view name);

/// A text literal for sessions without NO_BACKSLASH_ESCAPES, as ours are.
std::string QuoteLiteral(std::string_view text);

struct SelectColumn {
  std::string name;
  /// Select: let the server print it, CAST(… AS CHAR). Count: compare as bytes.
  bool as_text = false;
};

/// What a SELECT over one table is made of.
struct SelectParts {
  std::string database;
  std::string table;
  std::vector<SelectColumn> columns;
  /// The user's own filter, in the server's SQL; may be empty.
  std::string where;
  /// The key to order by when `limit` is set; may be empty.
  std::vector<std::string> order_by;
  std::optional<int64_t> limit;
  /// A word that finds the statement in the server's list of processes; may be empty.
  std::string tag;
};

/// The SELECT statement. The filter stands on lines of its own, so that a comment
/// at its end cannot swallow what follows.
std::string SelectText(const SelectParts& parts);

/// Counts the rows that share the values of the columns with another row. Answers
/// one number.
std::string CountDuplicatesText(std::string_view database, std::string_view table,
                                const std::vector<SelectColumn>& columns);

}  // namespace keelboat::mysql
