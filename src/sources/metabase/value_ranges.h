#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <arrow/result.h>

#include "sources/metabase/api.h"
#include "sources/metabase/asked_query.h"
#include "sources/metabase/key_ranges.h"

namespace keelboat::metabase {

/// A column's rows in pieces of about equal size, in its order.
struct ValueRanges {
  const AskedQuery::Column* column = nullptr;
  std::vector<CountedPiece> pieces;
};

/// \brief Pages through rows in the order of their columns, without OFFSET.
///
/// For databases whose SQL is not known: asked for the values that part a column's rows
/// into equal shares, they name the bounds, and they alone compare with them, in whatever
/// order they sort. That the ranges hold every row once is counted in one statement;
/// where it is not so, or where the database does not understand, the next of `columns`
/// is tried. Of several the most even parting is taken; rows alike stay together.
///
/// nullopt where no column parts the rows; `why` says more. Nothing is asked of columns
/// whose values have no literal that every database reads: `CanBeParted`.
arrow::Result<std::optional<ValueRanges>> CutByValues(
    Api& api, const AskedQuery& query,
    const std::vector<const AskedQuery::Column*>& columns, int64_t rows, int64_t target,
    const std::string& conditions, const std::stop_token& stop, std::string* why);

/// Whether CutByValues may take it: text, a decimal, a date, a moment.
bool CanBeParted(const AskedQuery::Column& column);

/// \brief What of a value can stand in a literal of any database; may be empty.
///
/// Of a text its beginning: a bound may lie anywhere.
std::string BoundOf(const AskedQuery::Column& column, const std::string& value);

}  // namespace keelboat::metabase
