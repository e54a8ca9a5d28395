#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <arrow/result.h>
#include <arrow/type_fwd.h>

#include "sources/mysql/connection.h"
#include "sources/mysql/literal.h"
#include "sources/source.h"

namespace keelboat::mysql {

/// A key that the server holds: values of the key's columns as `Predicate` has them.
using Key = std::vector<std::optional<std::string>>;
/// Values of the key's first columns; a place in the key's order. Empty: no limit.
using Bound = std::vector<std::string>;

/// Lower inclusive, upper exclusive.
struct KeyRange {
  Bound lower;
  Bound upper;
};

/// What a probe looks at. A value.
struct ProbeTarget {
  /// Of the FROM clause: "`shop`.`orders` FORCE INDEX (`PRIMARY`)".
  std::string from;
  std::string table;  ///< For messages.
  std::vector<ComparedColumn> key;
  std::shared_ptr<arrow::Schema> schema;
  std::vector<std::string> lookup_conditions;    ///< Of ours, answered from the index.
  std::vector<std::string> estimate_conditions;  ///< Also the user's own.
};

/// \brief Looks up single keys and estimates ranges, each at the cost of an index dive.
///
/// Borrows the connection; one thread. Null in the key's first column is never found.
class KeyProbe {
 public:
  KeyProbe(Connection* connection, ProbeTarget target);

  const std::vector<ComparedColumn>& key() const { return target_.key; }
  /// Statements sent so far.
  int64_t statements() const { return statements_; }

  /// Whether the server finds the first key in the index instead of reading and sorting.
  arrow::Result<bool> IsCheap();
  /// The smallest key in the range, and the largest.
  arrow::Result<std::optional<Key>> First(const KeyRange& range);
  arrow::Result<std::optional<Key>> Last(const KeyRange& range);
  /// For every place the smallest key in the range that is not below it; without
  /// repetition, in the server's order.
  arrow::Result<std::vector<Key>> FirstFrom(const KeyRange& range,
                                            const std::vector<Bound>& places);
  /// Those of the values that the column's character set can hold; no others may be
  /// compared with it.
  arrow::Result<std::vector<std::string>> Expressible(const ComparedColumn& column,
                                                      std::vector<std::string> values);
  /// The smallest key in the range that begins with `prefix` and goes on with a value.
  arrow::Result<std::optional<Key>> FirstWithValue(const KeyRange& range,
                                                   const Bound& prefix);
  /// The server's guess of the rows in the range; nullopt: it makes none.
  arrow::Result<std::optional<int64_t>> Estimate(const KeyRange& range);
  /// The same of the rows whose first key column is null.
  arrow::Result<std::optional<int64_t>> EstimateNulls();
  arrow::Result<bool> HasNulls();

 private:
  arrow::Result<std::string> RangeCondition(const KeyRange& range) const;
  arrow::Result<std::string> NullCondition() const;
  arrow::Result<std::string> Lookup(const KeyRange& range, const std::string& further,
                                    bool backward) const;
  arrow::Result<std::vector<Key>> Ask(const std::string& statement);
  arrow::Result<std::optional<Key>> AskOne(const std::string& statement);
  arrow::Result<std::optional<int64_t>> Explain(const std::string& condition);

  Connection& connection_;
  const ProbeTarget target_;
  int64_t statements_ = 0;
  std::map<std::string, std::string> character_sets_;  // By column.
};

}  // namespace keelboat::mysql
