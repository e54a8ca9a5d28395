#include "formats/json_cell.h"

#include <cmath>

#include <arrow/array/array_binary.h>
#include <arrow/array/array_dict.h>
#include <arrow/array/array_nested.h>
#include <arrow/array/array_primitive.h>
#include <arrow/type.h>

#include "core/cell_text.h"
#include "keelboat/error.h"

namespace keelboat {
namespace {

void AppendQuotedCell(const arrow::Array& column, int64_t row, std::string* json) {
  std::string text;
  AppendCellText(column, row, &text);
  AppendJsonString(text, json);
}

void AppendMoment(const arrow::Array& column, int64_t row, std::string* json) {
  *json += '"';
  const std::size_t start = json->size();
  AppendCellText(column, row, json);
  const std::size_t space = json->find(' ', start);
  if (space != std::string::npos) (*json)[space] = 'T';
  *json += '"';
}

void AppendFloat(double value, const arrow::Array& column, int64_t row,
                 std::string* json) {
  if (std::isnan(value)) {
    *json += "\"NaN\"";
  } else if (std::isinf(value)) {
    *json += value > 0 ? "\"Infinity\"" : "\"-Infinity\"";
  } else {
    AppendCellText(column, row, json);
  }
}

void AppendItems(const arrow::Array& items, int64_t from, int64_t count,
                 std::string* json) {
  *json += '[';
  for (int64_t i = 0; i < count; ++i) {
    if (i > 0) *json += ',';
    AppendJsonCell(items, from + i, json);
  }
  *json += ']';
}

template <typename ListType>
void AppendList(const arrow::Array& column, int64_t row, std::string* json) {
  const auto& list = static_cast<const ListType&>(column);
  AppendItems(*list.values(), list.value_offset(row), list.value_length(row), json);
}

void AppendMap(const arrow::MapArray& map, int64_t row, std::string* json) {
  *json += '[';
  const int64_t from = map.value_offset(row);
  for (int64_t i = 0; i < map.value_length(row); ++i) {
    *json += i > 0 ? ",[" : "[";
    AppendJsonCell(*map.keys(), from + i, json);
    *json += ',';
    AppendJsonCell(*map.items(), from + i, json);
    *json += ']';
  }
  *json += ']';
}

void AppendStruct(const arrow::StructArray& column, int64_t row, std::string* json) {
  *json += '{';
  for (int i = 0; i < column.num_fields(); ++i) {
    if (i > 0) *json += ',';
    AppendJsonString(column.struct_type()->field(i)->name(), json);
    *json += ':';
    AppendJsonCell(*column.field(i), row, json);
  }
  *json += '}';
}

bool IsKnown(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::NA:
    case arrow::Type::BOOL:
    case arrow::Type::INT8:
    case arrow::Type::INT16:
    case arrow::Type::INT32:
    case arrow::Type::INT64:
    case arrow::Type::UINT8:
    case arrow::Type::UINT16:
    case arrow::Type::UINT32:
    case arrow::Type::UINT64:
    case arrow::Type::FLOAT:
    case arrow::Type::DOUBLE:
    case arrow::Type::DECIMAL128:
    case arrow::Type::DECIMAL256:
    case arrow::Type::STRING:
    case arrow::Type::LARGE_STRING:
    case arrow::Type::BINARY:
    case arrow::Type::LARGE_BINARY:
    case arrow::Type::FIXED_SIZE_BINARY:
    case arrow::Type::DATE32:
    case arrow::Type::TIMESTAMP:
    case arrow::Type::TIME32:
    case arrow::Type::TIME64:
    case arrow::Type::DURATION:
      return true;
    case arrow::Type::DICTIONARY:
      return IsKnown(*static_cast<const arrow::DictionaryType&>(type).value_type());
    case arrow::Type::LIST:
    case arrow::Type::LARGE_LIST:
    case arrow::Type::FIXED_SIZE_LIST:
    case arrow::Type::STRUCT:
    case arrow::Type::MAP:
      for (const auto& field : type.fields()) {
        if (!IsKnown(*field->type())) return false;
      }
      return true;
    default:
      return false;
  }
}

}  // namespace

void AppendJsonString(std::string_view text, std::string* json) {
  constexpr char kDigits[] = "0123456789abcdef";
  *json += '"';
  for (const char c : text) {
    switch (c) {
      case '"':
        *json += "\\\"";
        break;
      case '\\':
        *json += "\\\\";
        break;
      case '\n':
        *json += "\\n";
        break;
      case '\r':
        *json += "\\r";
        break;
      case '\t':
        *json += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) {
          *json += c;
        } else {
          *json += "\\u00";
          *json += kDigits[static_cast<unsigned char>(c) >> 4];
          *json += kDigits[static_cast<unsigned char>(c) & 15];
        }
    }
  }
  *json += '"';
}

void AppendJsonCell(const arrow::Array& column, int64_t row, std::string* json) {
  if (column.IsNull(row)) {
    *json += "null";
    return;
  }
  switch (column.type_id()) {
    case arrow::Type::FLOAT:
      return AppendFloat(static_cast<const arrow::FloatArray&>(column).Value(row), column,
                         row, json);
    case arrow::Type::DOUBLE:
      return AppendFloat(static_cast<const arrow::DoubleArray&>(column).Value(row),
                         column, row, json);
    case arrow::Type::TIMESTAMP:
      return AppendMoment(column, row, json);
    case arrow::Type::STRING:
      return AppendJsonString(static_cast<const arrow::StringArray&>(column).GetView(row),
                              json);
    case arrow::Type::LARGE_STRING:
      return AppendJsonString(
          static_cast<const arrow::LargeStringArray&>(column).GetView(row), json);
    case arrow::Type::BINARY:
    case arrow::Type::LARGE_BINARY:
    case arrow::Type::FIXED_SIZE_BINARY:
    case arrow::Type::DATE32:
    case arrow::Type::TIME32:
    case arrow::Type::TIME64:
    case arrow::Type::DURATION:
      return AppendQuotedCell(column, row, json);
    case arrow::Type::DICTIONARY: {
      const auto& encoded = static_cast<const arrow::DictionaryArray&>(column);
      return AppendJsonCell(*encoded.dictionary(), encoded.GetValueIndex(row), json);
    }
    case arrow::Type::LIST:
      return AppendList<arrow::ListArray>(column, row, json);
    case arrow::Type::LARGE_LIST:
      return AppendList<arrow::LargeListArray>(column, row, json);
    case arrow::Type::FIXED_SIZE_LIST:
      return AppendList<arrow::FixedSizeListArray>(column, row, json);
    case arrow::Type::MAP:
      return AppendMap(static_cast<const arrow::MapArray&>(column), row, json);
    case arrow::Type::STRUCT:
      return AppendStruct(static_cast<const arrow::StructArray&>(column), row, json);
    default:
      AppendCellText(column, row, json);
  }
}

arrow::Status CheckJsonType(const arrow::Field& field) {
  if (IsKnown(*field.type())) return arrow::Status::OK();
  return MakeError(ErrorKind::kUnsupported,
                   "column " + field.name() +
                       " has a type that is not written as text: " +
                       field.type()->ToString() + "; Arrow files take it",
                   {{"column", field.name()}});
}

}  // namespace keelboat
