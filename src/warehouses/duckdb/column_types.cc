#include "warehouses/duckdb/column_types.h"

#include <string_view>

#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>

#include "core/field_metadata.h"
#include "keelboat/error.h"
#include "warehouses/duckdb/sql_text.h"
#include "warehouses/taken_name.h"
#include "warehouses/warehouse.h"

namespace keelboat::duckdb {
namespace {

std::string MetadataOf(const arrow::Field& field, const char* key) {
  if (field.metadata() == nullptr) return "";
  return field.metadata()->Get(key).ValueOr("");
}

/// Whether a DECIMAL(20,0) of the lake is the source's 64-bit unsigned integer.
bool IsUnsignedBigint(const arrow::Decimal128Type& type, std::string_view source_type) {
  if (type.precision() != 20 || type.scale() != 0) return false;
  bool is_bigint = source_type.starts_with("bigint") &&
                   source_type.find("unsigned") != std::string_view::npos;
  return is_bigint || source_type.starts_with("bit");
}

}  // namespace

arrow::Result<std::string> ColumnType(const arrow::Field& field) {
  const arrow::DataType& type = *field.type();
  switch (type.id()) {
    case arrow::Type::BOOL:
      return "BOOLEAN";
    case arrow::Type::INT8:
      return "TINYINT";
    case arrow::Type::INT16:
      return "SMALLINT";
    case arrow::Type::INT32:
      return "INTEGER";
    case arrow::Type::INT64:
      return "BIGINT";
    case arrow::Type::FLOAT:
      return "FLOAT";
    case arrow::Type::DOUBLE:
      return "DOUBLE";
    case arrow::Type::DATE32:
      return "DATE";
    case arrow::Type::BINARY:
    case arrow::Type::LARGE_BINARY:
      return "BLOB";
    case arrow::Type::STRING:
    case arrow::Type::LARGE_STRING:
      return MetadataOf(field, kLogicalTypeKey) == "json" ? "JSON" : "VARCHAR";
    case arrow::Type::DECIMAL128: {
      const auto& decimal = static_cast<const arrow::Decimal128Type&>(type);
      if (IsUnsignedBigint(decimal, MetadataOf(field, kSourceTypeKey))) return "UBIGINT";
      return "DECIMAL(" + std::to_string(decimal.precision()) + "," +
             std::to_string(decimal.scale()) + ")";
    }
    case arrow::Type::TIMESTAMP: {
      const auto& timestamp = static_cast<const arrow::TimestampType&>(type);
      if (timestamp.unit() != arrow::TimeUnit::MICRO) break;
      return timestamp.timezone().empty() ? "TIMESTAMP" : "TIMESTAMP WITH TIME ZONE";
    }
    default:
      break;
  }
  return MakeError(ErrorKind::kUnsupported,
                   "column '" + field.name() + "' has the type " + type.ToString() +
                       ", which tables of the lake do not have: exclude the column",
                   {{"column", field.name()}, {"type", type.ToString()}});
}

arrow::Result<std::vector<Column>> TableColumns(const arrow::Schema& schema) {
  ARROW_RETURN_NOT_OK(CheckColumnNames(schema, "DuckDB"));
  std::vector<Column> columns;
  for (const auto& field : schema.fields()) {
    ARROW_ASSIGN_OR_RAISE(std::string type, ColumnType(*field));
    columns.push_back({field->name(), std::move(type), MetadataOf(*field, kCommentKey)});
  }
  columns.push_back({kRunIdColumn, "VARCHAR", kRunIdComment});
  columns.push_back({kLoadedAtColumn, "TIMESTAMP WITH TIME ZONE", kLoadedAtComment});
  return columns;
}

}  // namespace keelboat::duckdb
