#pragma once

#include <cstdint>
#include <string>

#include <arrow/array/array_base.h>

namespace keelboat {

/// \brief Appends the cell's text: the same for equal values on every machine.
///
/// Integers and decimals in full ("1.50"), floats in the shortest form that reads back
/// the same, "2024-01-31", "2024-01-31 10:00:00.5" ("Z" at its end for a column in a
/// zone), "-838:59:59", true/false, text as it is, binary in lower-case hexadecimal. The
/// cell must not be null; of lists, structs, maps and dictionaries nothing is appended.
void AppendCellText(const arrow::Array& column, int64_t row, std::string* text);

}  // namespace keelboat
