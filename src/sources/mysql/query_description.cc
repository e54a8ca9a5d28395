#include "sources/mysql/query_description.h"

#include <utility>
#include <vector>

#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>

#include "core/field_metadata.h"
#include "keelboat/error.h"
#include "sources/mysql/query_text.h"
#include "sources/mysql/row_stream.h"
#include "sources/mysql/statement_text.h"

namespace keelboat::mysql {
namespace {

constexpr unsigned int kBinaryCharset = 63;
constexpr unsigned long kMostBytesOfACharacter = 4;  // Of utf8mb4, the session's.

std::string WithDigits(const std::string& type, unsigned int decimals) {
  const bool has_digits = decimals >= 1 && decimals <= 6;
  return has_digits ? type + "(" + std::to_string(decimals) + ")" : type;
}

std::string WithLength(const std::string& type, unsigned long length) {
  return type + "(" + std::to_string(length) + ")";
}

std::string TextOrBlob(const ServerField& field, bool bytes) {
  const unsigned long length =
      bytes ? field.length : field.length / kMostBytesOfACharacter;
  const std::string type = bytes ? "blob" : "text";
  if (length < 256) return "tiny" + type;
  if (length < 65'536) return type;
  return (length < 16'777'216 ? "medium" : "long") + type;
}

// What the server cannot make out is the query's fault, not the world's.
arrow::Status Reinterpret(const arrow::Status& status) {
  const bool of_server = !DetailOf(status, "errno").empty();
  ErrorKind kind = KindOf(status);
  if (kind == ErrorKind::kUnsupported && of_server) kind = ErrorKind::kConfig;
  if (kind != ErrorKind::kConfig || !of_server) {
    return AddContext(status, "describing the query");
  }
  return MakeError(kind, "describing the query: " + status.message(),
                   static_cast<const ErrorDetail&>(*status.detail()).details());
}

std::shared_ptr<arrow::Field> FieldOf(const ServerField& server, ColumnType type,
                                      MysqlZeroDates zero_dates) {
  auto metadata = std::make_shared<arrow::KeyValueMetadata>();
  const std::string declared = DeclaredType(server);
  metadata->Append(kSourceTypeKey, declared);
  const bool calendar = IsCalendarType(declared);
  if (calendar && zero_dates == MysqlZeroDates::kText) {
    type = {CellKind::kText, arrow::utf8(), ""};
  }
  if (!type.logical.empty()) metadata->Append(kLogicalTypeKey, type.logical);
  const bool nullable = (server.flags & NOT_NULL_FLAG) == 0 ||
                        (calendar && zero_dates == MysqlZeroDates::kNull);
  return arrow::field(server.name, std::move(type.arrow), nullable, std::move(metadata));
}

}  // namespace

std::string DeclaredType(const ServerField& field) {
  const std::string sign = (field.flags & UNSIGNED_FLAG) != 0 ? " unsigned" : "";
  const bool bytes = field.charset == kBinaryCharset;
  if (!field.extended.empty() && field.extended != "json") return field.extended;
  if ((field.flags & ENUM_FLAG) != 0) return "enum";
  if ((field.flags & SET_FLAG) != 0) return "set";
  switch (field.type) {
    case MYSQL_TYPE_TINY:
      return "tinyint" + sign;
    case MYSQL_TYPE_SHORT:
      return "smallint" + sign;
    case MYSQL_TYPE_INT24:
      return "mediumint" + sign;
    case MYSQL_TYPE_LONG:
      return "int" + sign;
    case MYSQL_TYPE_LONGLONG:
      return "bigint" + sign;
    case MYSQL_TYPE_YEAR:
      return "year";
    case MYSQL_TYPE_FLOAT:
      return "float" + sign;
    case MYSQL_TYPE_DOUBLE:
      return "double" + sign;
    case MYSQL_TYPE_NEWDECIMAL: {
      const unsigned long point = field.decimals > 0 ? 1 : 0;
      const unsigned long minus = sign.empty() ? 1 : 0;
      return "decimal(" + std::to_string(field.length - point - minus) + "," +
             std::to_string(field.decimals) + ")" + sign;
    }
    case MYSQL_TYPE_BIT:
      return WithLength("bit", field.length);
    case MYSQL_TYPE_DATE:
    case MYSQL_TYPE_NEWDATE:
      return "date";
    case MYSQL_TYPE_DATETIME:
      return WithDigits("datetime", field.decimals);
    case MYSQL_TYPE_TIMESTAMP:
      return WithDigits("timestamp", field.decimals);
    case MYSQL_TYPE_TIME:
      return WithDigits("time", field.decimals);
    case MYSQL_TYPE_GEOMETRY:
      return "geometry";
    case MYSQL_TYPE_JSON:
      return "json";
    case MYSQL_TYPE_STRING:
      return bytes ? WithLength("binary", field.length)
                   : WithLength("char", field.length / kMostBytesOfACharacter);
    case MYSQL_TYPE_VARCHAR:
    case MYSQL_TYPE_VAR_STRING:
      return bytes ? WithLength("varbinary", field.length)
                   : WithLength("varchar", field.length / kMostBytesOfACharacter);
    case MYSQL_TYPE_TINY_BLOB:
    case MYSQL_TYPE_MEDIUM_BLOB:
    case MYSQL_TYPE_LONG_BLOB:
    case MYSQL_TYPE_BLOB:
      return TextOrBlob(field, bytes);
    default:
      return "vector";  // The only other one that TypeOf knows.
  }
}

arrow::Result<Relation> DescribeQuery(ConnectionPtr connection, const std::string& sql) {
  Relation relation;
  ARROW_ASSIGN_OR_RAISE(relation.sql, QueryText(sql));
  const MysqlZeroDates zero_dates = connection->options().zero_dates;
  SelectParts parts;
  parts.sql = relation.sql;
  auto prepared =
      RowStream::Prepare(std::move(connection), "SELECT * FROM " + FromText(parts), "");
  if (!prepared.ok()) return Reinterpret(prepared.status());
  ARROW_ASSIGN_OR_RAISE(auto server_fields, (*prepared)->Fields());
  std::vector<std::shared_ptr<arrow::Field>> fields;
  for (const ServerField& field : server_fields) {
    auto type = TypeOf(field);
    if (!type.ok()) return AddContext(type.status(), "describing the query");
    fields.push_back(FieldOf(field, std::move(*type), zero_dates));
  }
  relation.schema = arrow::schema(std::move(fields));
  return relation;
}

}  // namespace keelboat::mysql
