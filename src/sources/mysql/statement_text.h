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
  /// Let the server print it: CAST(… AS CHAR).
  bool as_text = false;
};

/// What a SELECT over one table or query is made of.
struct SelectParts {
  std::string database;
  std::string table;
  /// The user's own query, read instead of a table; may be empty.
  std::string sql;
  std::vector<SelectColumn> columns;
  /// The user's own filter, in the server's SQL; may be empty.
  std::string where;
  /// Conditions that hold too, each in parentheses (predicate_text.h).
  std::vector<std::string> conditions;
  /// The key to order by when `limit` is set; may be empty.
  std::vector<std::string> order_by;
  std::optional<int64_t> limit;
  /// A word that finds the statement in the server's list of processes; may be empty.
  std::string tag;
};

/// What follows FROM: the table, or the query in parentheses.
std::string FromText(const SelectParts& parts);

/// The SELECT statement. The user's own SQL stands on lines of its own, so that a
/// comment at its end cannot swallow what follows.
std::string SelectText(const SelectParts& parts);

/// A column of a key, and how two of its values are told apart.
struct KeyColumn {
  enum class Compare {
    kValue,   ///< As the server compares: numbers, dates, bytes.
    kBytes,   ///< Text byte by byte: in a lake 'a' and 'A' are two keys, whatever the
              ///< column's collation says.
    kDigest,  ///< By SHA-256: servers compare only the first kilobyte of long values.
  };
  std::string name;
  Compare compare = Compare::kValue;
};

/// How values of a column of the declared type ("varchar(300)") are told apart.
KeyColumn::Compare CompareOf(std::string_view declared_type);

/// Counts the rows that share the values of the columns with another row. Answers
/// one number. `tag` as in `SelectParts`.
std::string CountDuplicatesText(std::string_view database, std::string_view table,
                                const std::vector<KeyColumn>& columns,
                                std::string_view tag = {});

}  // namespace keelboat::mysql
