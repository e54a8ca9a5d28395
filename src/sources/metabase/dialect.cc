#include "sources/metabase/dialect.h"

#include <algorithm>
#include <array>
#include <string>

#include <arrow/type.h>
#include <arrow/type_traits.h>
#include <arrow/util/key_value_metadata.h>

#include "core/field_metadata.h"
#include "keelboat/error.h"
#include "sources/metabase/cell_value.h"

namespace keelboat::metabase {
namespace {

constexpr std::array<std::string_view, 6> kBackquoted = {
    "bigquery-cloud-sdk", "bigquery", "sparksql", "databricks", "hive", "mysql"};

std::string MetadataOf(const arrow::Field& field, const std::string& key) {
  if (field.metadata() == nullptr) return {};
  return field.metadata()->Get(key).ValueOr("");
}

arrow::Status NoValue(const arrow::Field& field, std::string_view value) {
  return MakeError(ErrorKind::kConfig,
                   "column " + field.name() + " is " + field.type()->ToString() + ": " +
                       std::string(value) + " is no value of it",
                   {{"column", field.name()}});
}

bool IsNumber(std::string_view text) {
  arrow::Decimal256 number;
  int32_t precision = 0;
  int32_t scale = 0;
  return !text.empty() && text.size() <= 100 &&
         text.find_first_not_of("0123456789+-.eE") == std::string_view::npos &&
         arrow::Decimal256::FromString(text, &number, &precision, &scale).ok();
}

// In pieces that Metabase does not take for a tag or an optional clause.
std::vector<std::string_view> WithoutTags(std::string_view text) {
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  for (std::size_t at = 0; at + 1 < text.size(); ++at) {
    const bool doubled =
        text[at] == text[at + 1] &&
        std::string_view("{}[]").find(text[at]) != std::string_view::npos;
    if (!doubled) continue;
    parts.push_back(text.substr(begin, at + 1 - begin));
    begin = at + 1;
  }
  parts.push_back(text.substr(begin));
  return parts;
}

}  // namespace

Dialect::Dialect(std::string_view engine) : kind_(EngineKindOf(engine)) {
  if (kind_ == EngineKind::kMysql || kind_ == EngineKind::kClickHouse ||
      std::ranges::find(kBackquoted, engine) != kBackquoted.end()) {
    open_ = close_ = '`';
  } else if (engine == "sqlserver") {
    open_ = '[';
    close_ = ']';
  }
}

arrow::Result<std::string> Dialect::Quote(std::string_view name) const {
  if (WithoutTags(name).size() > 1) {
    return MakeError(ErrorKind::kUnsupported,
                     "column " + std::string(name) +
                         " has a name that Metabase reads as a tag: give it another one "
                         "in the query");
  }
  std::string quoted(1, open_);
  for (char letter : name) {
    if (letter == close_) quoted += letter;
    if (letter == '\\' && kind_ == EngineKind::kClickHouse) quoted += letter;
    quoted += letter;
  }
  return quoted + close_;
}

std::string Dialect::Text(std::string_view text) const {
  const bool backslash = kind_ == EngineKind::kClickHouse || kind_ == EngineKind::kMysql;
  std::string literal;
  const auto parts = WithoutTags(text);
  for (std::string_view part : parts) {
    if (!literal.empty()) {
      literal +=
          kind_ == EngineKind::kClickHouse || kind_ == EngineKind::kMysql ? ", " : " || ";
    }
    literal += '\'';
    for (char letter : part) {
      if (letter == '\'') literal += letter;
      if (letter == '\\' && backslash) literal += letter;
      literal += letter;
    }
    literal += '\'';
  }
  if (parts.size() == 1) return literal;
  return backslash ? "concat(" + literal + ")" : "(" + literal + ")";
}

arrow::Result<std::string> Dialect::Literal(const arrow::Field& field,
                                            std::string_view value) const {
  const arrow::DataType& type = *field.type();
  const std::string source_type = MetadataOf(field, kSourceTypeKey);
  if (arrow::is_integer(type.id())) {
    int64_t number = 0;
    uint64_t unsigned_number = 0;
    if (!ParseInteger(value, &number) && !ParseInteger(value, &unsigned_number)) {
      return NoValue(field, value);
    }
    return std::string(value);
  }
  switch (type.id()) {
    case arrow::Type::DECIMAL128:
    case arrow::Type::DECIMAL256: {
      if (!IsNumber(value)) return NoValue(field, value);
      if (kind_ != EngineKind::kClickHouse) return std::string(value);
      const auto& decimal = static_cast<const arrow::DecimalType&>(type);
      return "toDecimal256('" + std::string(value) + "', " +
             std::to_string(decimal.scale()) + ")";
    }
    case arrow::Type::FLOAT:
    case arrow::Type::DOUBLE: {
      double number = 0;
      if (!ParseFloat(value, &number) || !IsNumber(value)) return NoValue(field, value);
      return std::string(value);
    }
    case arrow::Type::BOOL:
      if (value != "0" && value != "1") return NoValue(field, value);
      return std::string(value == "1" ? "true" : "false");
    case arrow::Type::DATE32: {
      int32_t days = 0;
      if (value.size() != 10 || !ParseDate(value, &days)) return NoValue(field, value);
      const std::string quoted = "'" + std::string(value) + "'";
      if (kind_ != EngineKind::kClickHouse) return "DATE " + quoted;
      // Its own type lets the primary key be used.
      constexpr int32_t kLastDate = 65'535;
      const bool short_date = source_type.find("Date32") == std::string::npos;
      return (short_date && days >= 0 && days <= kLastDate ? "toDate(" : "toDate32(") +
             quoted + ")";
    }
    case arrow::Type::TIMESTAMP: {
      int64_t number = 0;
      const auto& timestamp = static_cast<const arrow::TimestampType&>(type);
      if (!ParseTimestamp(value, timestamp.unit(), false, &number)) {
        return NoValue(field, value);
      }
      return MomentLiteral(timestamp, source_type, value);
    }
    case arrow::Type::STRING: {
      const std::string logical = MetadataOf(field, kLogicalTypeKey);
      if (logical == "decimal") {
        if (!IsNumber(value)) return NoValue(field, value);
        return std::string(value);
      }
      if (logical.empty() || logical == "enum") return Text(value);
      [[fallthrough]];
    }
    default:
      return MakeError(ErrorKind::kUnsupported,
                       "column " + field.name() + " is " + type.ToString() +
                           ", which Metabase's databases cannot be asked to compare",
                       {{"column", field.name()}});
  }
}

arrow::Result<std::string> Dialect::MomentLiteral(const arrow::TimestampType& type,
                                                  std::string_view source_type,
                                                  std::string_view value) const {
  const std::string quoted = "'" + std::string(value) + "'";
  const bool instant = !type.timezone().empty();
  switch (kind_) {
    case EngineKind::kClickHouse: {
      // Seconds, where the column knows no less: its key can be used then.
      const std::size_t point = value.find('.');
      const bool whole =
          value.substr(std::min(point, value.size())).find_first_not_of(".0") ==
          std::string_view::npos;
      const bool in_reach = value >= "1970-01-02" && value < "2106-02-07";
      if (source_type.find("DateTime64") == std::string_view::npos && whole && in_reach) {
        return "toDateTime('" + std::string(value.substr(0, point)) + "', 'UTC')";
      }
      const bool fine = type.unit() == arrow::TimeUnit::NANO;
      return "toDateTime64(" + quoted + (fine ? ", 9, 'UTC')" : ", 6, 'UTC')");
    }
    case EngineKind::kPostgres:
      return instant ? "TIMESTAMPTZ '" + std::string(value) + "+00'"
                     : "TIMESTAMP " + quoted;
    case EngineKind::kMysql:
      if (instant) return "CONVERT_TZ(" + quoted + ", '+00:00', @@session.time_zone)";
      [[fallthrough]];
    case EngineKind::kOther:
      break;
  }
  return "TIMESTAMP " + quoted;
}

std::string Dialect::HashIs(const std::vector<std::string>& columns, int64_t bucket,
                            int64_t buckets) const {
  std::string list;
  for (const std::string& column : columns) {
    list += list.empty() ? "" : ", ";
    if (kind_ == EngineKind::kMysql) {
      list += "IFNULL(HEX(" + column + "), 'NULL')";
    } else {
      list += column;
    }
  }
  std::string hash;
  switch (kind_) {
    case EngineKind::kClickHouse:
      hash = "cityHash64(tuple(" + list + "))";
      break;
    case EngineKind::kPostgres:
      hash = "('x' || substr(md5(ROW(" + list + ")::text), 1, 8))::bit(32)::bigint";
      break;
    case EngineKind::kMysql:
      hash = "CAST(CONV(LEFT(MD5(CONCAT_WS('|', " + list + ")), 8), 16, 10) AS UNSIGNED)";
      break;
    case EngineKind::kOther:
      break;
  }
  return hash + " % " + std::to_string(buckets) + " = " + std::to_string(bucket);
}

bool Dialect::NullsFirst(bool descending) const {
  if (kind_ == EngineKind::kMysql) return !descending;
  if (kind_ == EngineKind::kPostgres) return descending;
  return false;
}

std::string Dialect::Limit(int64_t rows) const {
  const std::string number = std::to_string(rows);
  if (kind_ == EngineKind::kOther) return "FETCH FIRST " + number + " ROWS ONLY";
  return "LIMIT " + number;
}

}  // namespace keelboat::metabase
