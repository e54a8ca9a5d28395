#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <arrow/array/array_base.h>
#include <arrow/result.h>

namespace keelboat {

/// \brief What a column's type means for rules, masks and texts.
enum class ValueKind {
  kInteger,
  kDecimal,
  kFloat,
  kBoolean,
  kText,
  kBinary,
  kDate,
  kDateTime,
  kTimeOfDay,
  kDuration,
  kOther,  ///< A type that contracts cannot judge: lists, structs …
};

/// The kind of a type; a dictionary has the kind of its values.
ValueKind ValueKindOf(const arrow::DataType& type);

/// "an integer column", "a date column" …, for messages.
const char* ValueKindName(ValueKind kind);

/// \brief Appends the cell's text: the same for equal values on every machine.
///
/// Integers and decimals in full ("1.50"), floats in the shortest form that reads back
/// the same, "2024-01-31", "2024-01-31 10:00:00.5" ("Z" at its end for a column in UTC),
/// "-838:59:59", true/false, text as it is, binary in lower-case hexadecimal. The cell
/// must not be null, and neither a dictionary's nor of kind kOther.
void AppendCellText(const arrow::Array& column, int64_t row, std::string* text);

/// The column as utf8, cell by cell as AppendCellText; nulls stay.
arrow::Result<std::shared_ptr<arrow::Array>> TextColumn(
    const std::shared_ptr<arrow::Array>& column);

/// The column itself, or a dictionary's values in their places.
arrow::Result<std::shared_ptr<arrow::Array>> DenseColumn(
    const std::shared_ptr<arrow::Array>& column);

}  // namespace keelboat
