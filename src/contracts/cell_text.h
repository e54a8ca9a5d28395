#pragma once

#include <memory>
#include <string>

#include <arrow/array/array_base.h>
#include <arrow/result.h>

#include "core/cell_text.h"  // IWYU pragma: export

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

/// The column as utf8, cell by cell as AppendCellText; nulls stay.
arrow::Result<std::shared_ptr<arrow::Array>> TextColumn(
    const std::shared_ptr<arrow::Array>& column);

/// The column itself, or a dictionary's values in their places.
arrow::Result<std::shared_ptr<arrow::Array>> DenseColumn(
    const std::shared_ptr<arrow::Array>& column);

}  // namespace keelboat
