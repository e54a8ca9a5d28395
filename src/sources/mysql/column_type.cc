#include "sources/mysql/column_type.h"

#include <arrow/type.h>

#include "keelboat/error.h"

namespace keelboat::mysql {
namespace {

constexpr unsigned int kBinaryCharset = 63;
// MySQL 9's VECTOR, which this library's headers do not know.
constexpr int kMysqlVector = 242;

ColumnType Integer(const ServerField& field, CellKind cell,
                   std::shared_ptr<arrow::DataType> with_sign,
                   std::shared_ptr<arrow::DataType> without_sign) {
  bool is_unsigned = (field.flags & UNSIGNED_FLAG) != 0;
  return {cell, is_unsigned ? std::move(without_sign) : std::move(with_sign), ""};
}

arrow::Result<ColumnType> Decimal(const ServerField& field) {
  // The server reports the longest text: digits, point and sign.
  auto scale = static_cast<int32_t>(field.decimals);
  auto precision = static_cast<int32_t>(field.length);
  if (scale > 0) --precision;
  if ((field.flags & UNSIGNED_FLAG) == 0) --precision;
  if (precision <= 38) {
    ARROW_ASSIGN_OR_RAISE(auto type, arrow::Decimal128Type::Make(precision, scale));
    return ColumnType{CellKind::kDecimal128, std::move(type), ""};
  }
  ARROW_ASSIGN_OR_RAISE(auto type, arrow::Decimal256Type::Make(precision, scale));
  return ColumnType{CellKind::kDecimal256, std::move(type), ""};
}

ColumnType TextOrBytes(const ServerField& field) {
  if (field.extended == "json" || field.type == MYSQL_TYPE_JSON) {
    return {CellKind::kText, arrow::utf8(), "json"};
  }
  if (field.charset == kBinaryCharset) return {CellKind::kBytes, arrow::binary(), ""};
  if ((field.flags & ENUM_FLAG) != 0) return {CellKind::kText, arrow::utf8(), "enum"};
  if ((field.flags & SET_FLAG) != 0) return {CellKind::kText, arrow::utf8(), "set"};
  return {CellKind::kText, arrow::utf8(), ""};
}

}  // namespace

ServerField ServerField::Of(const MYSQL_FIELD& field) {
  ServerField copy;
  copy.name.assign(field.name, field.name_length);
  copy.type = field.type;
  copy.flags = field.flags;
  copy.charset = field.charsetnr;
  copy.length = field.length;
  copy.decimals = field.decimals;
  MARIADB_CONST_STRING text{nullptr, 0};
  for (auto attribute :
       {MARIADB_FIELD_ATTR_FORMAT_NAME, MARIADB_FIELD_ATTR_DATA_TYPE_NAME}) {
    if (!copy.extended.empty()) break;
    if (mariadb_field_attr(&text, &field, attribute) == 0 && text.length > 0) {
      copy.extended.assign(text.str, text.length);
    }
  }
  return copy;
}

arrow::Result<ColumnType> TypeOf(const ServerField& field) {
  if (static_cast<int>(field.type) == kMysqlVector) {
    return ColumnType{CellKind::kBytes, arrow::binary(), ""};
  }
  switch (field.type) {
    case MYSQL_TYPE_TINY:
      return Integer(field, CellKind::kFixed1, arrow::int8(), arrow::uint8());
    case MYSQL_TYPE_SHORT:
      return Integer(field, CellKind::kFixed2, arrow::int16(), arrow::uint16());
    case MYSQL_TYPE_YEAR:
      return ColumnType{CellKind::kFixed2, arrow::int16(), ""};
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
      return Integer(field, CellKind::kFixed4, arrow::int32(), arrow::uint32());
    case MYSQL_TYPE_LONGLONG:
      return Integer(field, CellKind::kFixed8, arrow::int64(), arrow::uint64());
    case MYSQL_TYPE_FLOAT:
      return ColumnType{CellKind::kFixed4, arrow::float32(), ""};
    case MYSQL_TYPE_DOUBLE:
      return ColumnType{CellKind::kFixed8, arrow::float64(), ""};
    case MYSQL_TYPE_NEWDECIMAL:
      return Decimal(field);
    case MYSQL_TYPE_BIT:
      return ColumnType{CellKind::kBit, arrow::uint64(), ""};
    case MYSQL_TYPE_DATE:
    case MYSQL_TYPE_NEWDATE:
      return ColumnType{CellKind::kDate, arrow::date32(), ""};
    case MYSQL_TYPE_DATETIME:
      return ColumnType{CellKind::kDateTime, arrow::timestamp(arrow::TimeUnit::MICRO),
                        ""};
    case MYSQL_TYPE_TIMESTAMP:
      return ColumnType{CellKind::kDateTime,
                        arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"), ""};
    case MYSQL_TYPE_TIME:
      return ColumnType{CellKind::kTime, arrow::duration(arrow::TimeUnit::MICRO), ""};
    case MYSQL_TYPE_GEOMETRY:
      return ColumnType{CellKind::kGeometry, arrow::binary(), ""};
    case MYSQL_TYPE_VARCHAR:
    case MYSQL_TYPE_VAR_STRING:
    case MYSQL_TYPE_STRING:
    case MYSQL_TYPE_ENUM:
    case MYSQL_TYPE_SET:
    case MYSQL_TYPE_TINY_BLOB:
    case MYSQL_TYPE_MEDIUM_BLOB:
    case MYSQL_TYPE_LONG_BLOB:
    case MYSQL_TYPE_BLOB:
    case MYSQL_TYPE_JSON:
      return TextOrBytes(field);
    default:
      break;
  }
  return MakeError(ErrorKind::kUnsupported,
                   "column " + field.name + " has a type that is not known (number " +
                       std::to_string(static_cast<int>(field.type)) +
                       "); exclude it from the table's columns",
                   {{"column", field.name}});
}

bool IsCalendarType(std::string_view declared_type) {
  return declared_type.rfind("date", 0) == 0 || declared_type.rfind("timestamp", 0) == 0;
}

}  // namespace keelboat::mysql
