#include "warehouses/snowflake/column_types.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>

#include "core/field_metadata.h"
#include "keelboat/error.h"
#include "warehouses/snowflake/sql_text.h"
#include "warehouses/taken_name.h"
#include "warehouses/warehouse.h"

namespace keelboat::snowflake {
namespace {

/// Snowflake's largest scale.
constexpr int kMaxScale = 37;

std::string MetadataOf(const arrow::Field& field, const char* key) {
  if (field.metadata() == nullptr) return "";
  return field.metadata()->Get(key).ValueOr("");
}

struct TypeText {
  std::string name;
  int first = -1;  ///< -1: not given.
  int second = -1;
};

TypeText ParseType(const std::string& text) {
  TypeText type{text.substr(0, text.find('('))};
  if (type.name.size() == text.size()) return type;
  const char* end = text.data() + text.size();
  auto [comma, error] =
      std::from_chars(text.data() + type.name.size() + 1, end, type.first);
  if (error == std::errc() && comma != end && *comma == ',') {
    std::from_chars(comma + 1, end, type.second);
  }
  return type;
}

std::string Synonym(const std::string& name) {
  if (name == "TEXT" || name == "STRING") return "VARCHAR";
  if (name == "DOUBLE" || name == "REAL") return "FLOAT";
  if (name == "DECIMAL" || name == "NUMERIC") return "NUMBER";
  return name;
}

}  // namespace

arrow::Result<std::string> ColumnType(const arrow::Field& field) {
  const arrow::DataType& type = *field.type();
  switch (type.id()) {
    case arrow::Type::BOOL:
      return "BOOLEAN";
    case arrow::Type::INT8:
      return "NUMBER(3,0)";
    case arrow::Type::INT16:
      return "NUMBER(5,0)";
    case arrow::Type::INT32:
      return "NUMBER(10,0)";
    case arrow::Type::INT64:
      return "NUMBER(19,0)";
    case arrow::Type::FLOAT:
    case arrow::Type::DOUBLE:
      return "FLOAT";
    case arrow::Type::DATE32:
      return "DATE";
    case arrow::Type::BINARY:
    case arrow::Type::LARGE_BINARY:
      return "BINARY";
    case arrow::Type::STRING:
    case arrow::Type::LARGE_STRING:
      return MetadataOf(field, kLogicalTypeKey) == "json" ? "VARIANT" : "VARCHAR";
    case arrow::Type::DECIMAL128: {
      const auto& decimal = static_cast<const arrow::Decimal128Type&>(type);
      if (decimal.scale() < 0 || decimal.scale() > kMaxScale) break;
      return "NUMBER(" + std::to_string(decimal.precision()) + "," +
             std::to_string(decimal.scale()) + ")";
    }
    case arrow::Type::TIMESTAMP: {
      const auto& timestamp = static_cast<const arrow::TimestampType&>(type);
      if (timestamp.unit() != arrow::TimeUnit::MICRO) break;
      return timestamp.timezone().empty() ? "TIMESTAMP_NTZ(6)" : "TIMESTAMP_TZ(6)";
    }
    default:
      break;
  }
  return MakeError(ErrorKind::kUnsupported,
                   "column '" + field.name() + "' has the type " + type.ToString() +
                       ", which Snowflake has no exact type for: exclude the column",
                   {{"column", field.name()}, {"type", type.ToString()}});
}

arrow::Result<std::vector<Column>> TableColumns(const arrow::Schema& schema) {
  ARROW_RETURN_NOT_OK(CheckColumnNames(schema, "Snowflake"));
  std::vector<Column> columns;
  for (const auto& field : schema.fields()) {
    ARROW_ASSIGN_OR_RAISE(std::string type, ColumnType(*field));
    columns.push_back({UpperName(field->name()), field->name(), std::move(type),
                       MetadataOf(*field, kCommentKey), field->nullable()});
  }
  columns.push_back({UpperName(kRunIdColumn), "", "VARCHAR", kRunIdComment});
  columns.push_back(
      {UpperName(kLoadedAtColumn), "", "TIMESTAMP_TZ(6)", kLoadedAtComment});
  return columns;
}

TypeChange ChangeBetween(const std::string& existing, const std::string& wanted) {
  const TypeText from = ParseType(existing);
  const TypeText to = ParseType(wanted);
  const std::string name = Synonym(from.name);
  if (name != to.name) return TypeChange::kIncompatible;
  if (name == "NUMBER") {
    const int precision = from.first < 0 ? 38 : from.first;
    if (std::max(from.second, 0) != to.second) return TypeChange::kIncompatible;
    return precision >= to.first ? TypeChange::kNone : TypeChange::kWiden;
  }
  // Without a number it is the default, nine digits.
  const bool is_time = name == "TIMESTAMP_NTZ" || name == "TIMESTAMP_TZ";
  if (is_time && from.first >= 0 && from.first < to.first) {
    return TypeChange::kIncompatible;
  }
  return TypeChange::kNone;
}

}  // namespace keelboat::snowflake
