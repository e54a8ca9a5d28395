#include "contracts/cell_text.h"

#include <arrow/array/array_dict.h>
#include <arrow/array/builder_binary.h>
#include <arrow/compute/cast.h>
#include <arrow/datum.h>
#include <arrow/type.h>

#include "contracts/compute.h"
#include "keelboat/error.h"

namespace keelboat {

ValueKind ValueKindOf(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::INT8:
    case arrow::Type::INT16:
    case arrow::Type::INT32:
    case arrow::Type::INT64:
    case arrow::Type::UINT8:
    case arrow::Type::UINT16:
    case arrow::Type::UINT32:
    case arrow::Type::UINT64:
      return ValueKind::kInteger;
    case arrow::Type::DECIMAL128:
    case arrow::Type::DECIMAL256:
      return ValueKind::kDecimal;
    case arrow::Type::FLOAT:
    case arrow::Type::DOUBLE:
      return ValueKind::kFloat;
    case arrow::Type::BOOL:
      return ValueKind::kBoolean;
    case arrow::Type::STRING:
    case arrow::Type::LARGE_STRING:
      return ValueKind::kText;
    case arrow::Type::BINARY:
    case arrow::Type::LARGE_BINARY:
      return ValueKind::kBinary;
    case arrow::Type::DATE32:
      return ValueKind::kDate;
    case arrow::Type::TIMESTAMP:
      return ValueKind::kDateTime;
    case arrow::Type::TIME32:
    case arrow::Type::TIME64:
      return ValueKind::kTimeOfDay;
    case arrow::Type::DURATION:
      return ValueKind::kDuration;
    case arrow::Type::DICTIONARY:
      return ValueKindOf(*static_cast<const arrow::DictionaryType&>(type).value_type());
    default:
      return ValueKind::kOther;
  }
}

const char* ValueKindName(ValueKind kind) {
  switch (kind) {
    case ValueKind::kInteger:
      return "an integer column";
    case ValueKind::kDecimal:
      return "a decimal column";
    case ValueKind::kFloat:
      return "a floating-point column";
    case ValueKind::kBoolean:
      return "a boolean column";
    case ValueKind::kText:
      return "a text column";
    case ValueKind::kBinary:
      return "a binary column";
    case ValueKind::kDate:
      return "a date column";
    case ValueKind::kDateTime:
      return "a datetime column";
    case ValueKind::kTimeOfDay:
    case ValueKind::kDuration:
      return "a time column";
    case ValueKind::kOther:
      return "a column of a type that contracts cannot judge";
  }
  return "";
}

arrow::Result<std::shared_ptr<arrow::Array>> TextColumn(
    const std::shared_ptr<arrow::Array>& column) {
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Array> dense, DenseColumn(column));
  if (dense->type_id() == arrow::Type::STRING) return dense;
  arrow::StringBuilder builder;
  ARROW_RETURN_NOT_OK(builder.Reserve(dense->length()));
  std::string text;
  for (int64_t row = 0; row < dense->length(); ++row) {
    if (dense->IsNull(row)) {
      builder.UnsafeAppendNull();
      continue;
    }
    text.clear();
    AppendCellText(*dense, row, &text);
    ARROW_RETURN_NOT_OK(builder.Append(text));
  }
  return builder.Finish();
}

arrow::Result<std::shared_ptr<arrow::Array>> DenseColumn(
    const std::shared_ptr<arrow::Array>& column) {
  if (column->type_id() != arrow::Type::DICTIONARY) return column;
  ARROW_RETURN_NOT_OK(PrepareCompute());
  const auto& type = static_cast<const arrow::DictionaryType&>(*column->type());
  ARROW_ASSIGN_OR_RAISE(
      arrow::Datum dense,
      arrow::compute::Cast(column, arrow::compute::CastOptions::Safe(type.value_type())));
  return dense.make_array();
}

}  // namespace keelboat
