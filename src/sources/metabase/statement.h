#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/result.h>

#include "sources/metabase/engine_kind.h"

namespace keelboat::metabase {

/// One element of a top-level ORDER BY that is nothing but an output column.
struct OrderItem {
  std::string column;  ///< Its name, unquoted; empty when `position` says which.
  int position = 0;    ///< From 1; 0: by name.
  bool quoted = false;
  bool descending = false;
  std::optional<bool> nulls_first;  ///< As written; nullopt: the database's own.

  bool operator==(const OrderItem&) const = default;
};

/// \brief What a SQL text is, as far as cutting its rows into pieces goes. A value.
struct StatementShape {
  std::string sql;  ///< Without what ends it: blanks, comments, a semicolon.
  /// Can stand in parentheses after FROM: no SHOW, DESCRIBE, EXPLAIN.
  bool is_query = true;
  /// Which rows come is decided by more than the rows: LIMIT, OFFSET, FETCH, TOP,
  /// WITH FILL at the top, or below without an order of its own.
  bool limited = false;
  bool united = false;   ///< UNION, INTERSECT, EXCEPT at the top.
  bool ordered = false;  ///< ORDER BY at the top.
  /// The order, when every element is an output column; then `unordered_sql` is the
  /// text that gives the same rows in any order.
  std::vector<OrderItem> order;
  std::string unordered_sql;
  /// The first function that may answer otherwise the next time: "now"; or empty.
  std::string volatile_function;
};

/// \brief Reads the shape of one SQL statement.
///
/// Doubts are decided for the careful side: limited, volatile, an order that is not
/// understood. kConfig, with the reason, for what cannot be read from as a whole: no
/// statement, several, one that writes, a FORMAT clause, INTO OUTFILE, unbalanced text.
arrow::Result<StatementShape> ShapeOf(std::string_view sql, EngineKind engine);

}  // namespace keelboat::metabase
