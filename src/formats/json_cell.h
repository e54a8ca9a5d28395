#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <arrow/array/array_base.h>
#include <arrow/status.h>
#include <arrow/type_fwd.h>

namespace keelboat {

/// Appends a text in JSON's quotes. The text is UTF-8.
void AppendJsonString(std::string_view text, std::string* json);

/// \brief Appends a cell as JSON.
///
/// Integers and decimals are numbers with all of their digits; floats too, but for "NaN",
/// "Infinity" and "-Infinity"; dates, times ("2024-01-31T10:00:00.5", "Z" at the end in a
/// zone) and bytes (hexadecimal) are texts; lists are arrays, structs objects, maps
/// arrays of [key, value]; null is null.
void AppendJsonCell(const arrow::Array& column, int64_t row, std::string* json);

/// kUnsupported for a type that has no JSON here; names the column.
arrow::Status CheckJsonType(const arrow::Field& field);

}  // namespace keelboat
