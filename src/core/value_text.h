#pragma once

#include <cstdint>
#include <string>

#include <arrow/array/array_base.h>
#include <arrow/result.h>

namespace keelboat {

/// \brief The text of one value, as predicates for a source spell it.
///
/// Digits for numbers ("-0.0010"; floats in the shortest form that reads back the same),
/// 1 and 0 for booleans, "2024-01-31" for dates, "2024-01-31 10:00:00.000000" for times
/// (UTC where the column has a zone), "0x0AFF" for bytes, the text itself for text.
/// kData for a null and for what six digits of a second cannot tell; kUnsupported for
/// types without a text.
arrow::Result<std::string> ValueText(const arrow::Array& column, int64_t row);

}  // namespace keelboat
