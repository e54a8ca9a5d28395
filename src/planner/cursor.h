#pragma once

#include <string>

#include <arrow/result.h>
#include <arrow/type_fwd.h>

namespace keelboat {

/// What the values of a cursor column are, as far as its arithmetic goes.
enum class CursorKind { kNumber, kDate, kTime, kText };

/// Returns "number", "date", "time" or "text".
const char* CursorKindName(CursorKind kind);

/// kConfig for a column whose type has no order to follow.
arrow::Result<CursorKind> CursorKindOf(const arrow::Field& field);

/// \brief Compares two values in the text form of `Predicate`: below 0, 0, above 0.
///
/// Text is compared by bytes, which need not be the source's own order.
arrow::Result<int> CompareCursors(CursorKind kind, const std::string& left,
                                  const std::string& right);

/// \brief A value that somebody typed, in the text form of `Predicate`.
///
/// Takes digits for numbers, "2024-01-31" for dates, the same with or without
/// "10:00[:00[.000000]]" for times (UTC). kConfig, naming the form, for anything else and
/// for text, which has none.
arrow::Result<std::string> ParseCursorValue(const arrow::Field& field,
                                            const std::string& text);

/// \brief The value that lies `lookback` before another one, within the type's range.
///
/// \param lookback "10m" or "1d" for times and dates, "10000" for numbers; empty: the
///     default (10 minutes, 1 day, 10,000). Text has none and is returned as it is.
/// kConfig for a lookback that does not fit the kind.
arrow::Result<std::string> LookBack(const arrow::Field& field, const std::string& value,
                                    const std::string& lookback);

/// Whether a lookback, as written, is nothing: "0", "0s".
bool IsNoLookback(const std::string& lookback);

}  // namespace keelboat
