#pragma once

#include <string>

#include <arrow/result.h>
#include <arrow/type_fwd.h>

#include "sources/source.h"

namespace keelboat::mysql {

/// \brief A predicate as a condition in the server's SQL, in parentheses.
///
/// Written so that the server can answer it from an index: tuples in the expanded form,
/// columns bare on the left. Text in ranges compares in the column's collation; text in
/// keysets must also be the same byte by byte. "0000-00-00" is null in a column of dates
/// that may be null: it has no place in time, and may be read as null. Pure.
///
/// kNotFound for a column that `schema` has not, kConfig for a value that is none of
/// its type, kUnsupported for columns whose values cannot be compared.
arrow::Result<std::string> PredicateText(const Predicate& predicate,
                                         const arrow::Schema& schema);

}  // namespace keelboat::mysql
