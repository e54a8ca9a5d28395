#include "sources/metabase/column_type.h"

#include <array>
#include <cctype>
#include <charconv>
#include <string_view>
#include <utility>

#include <arrow/type.h>

#include "keelboat/error.h"
#include "sources/metabase/clickhouse_type.h"

namespace keelboat::metabase {
namespace {

constexpr int64_t kMicrosPerSecond = 1'000'000;

using TypePtr = std::shared_ptr<arrow::DataType>;

ColumnType Make(TypePtr arrow, CellForm form, std::string selected_as = "",
                std::string logical = "") {
  ColumnType type;
  type.arrow = std::move(arrow);
  type.form = form;
  type.selected_as = std::move(selected_as);
  type.logical = std::move(logical);
  return type;
}

ColumnType Integer(TypePtr arrow, std::string selected_as = "") {
  return Make(std::move(arrow), CellForm::kInteger, std::move(selected_as));
}

ColumnType Text(std::string selected_as = "", std::string logical = "") {
  return Make(arrow::utf8(), CellForm::kText, std::move(selected_as), std::move(logical));
}

ColumnType Instant(arrow::TimeUnit::type unit, std::string selected_as,
                   int64_t epoch_unit) {
  ColumnType type =
      Make(arrow::timestamp(unit, "UTC"), CellForm::kTimestamp, std::move(selected_as));
  type.epoch_unit = epoch_unit;
  return type;
}

ColumnType WallTime() {
  return Make(arrow::timestamp(arrow::TimeUnit::MICRO), CellForm::kTimestamp);
}

ColumnType Lossy(ColumnType type, std::string loss) {
  type.loss = std::move(loss);
  return type;
}

struct NamedInteger {
  std::string_view name;
  TypePtr (*arrow)();
};
template <const TypePtr& (*kMake)()>
TypePtr Copy() {
  return kMake();
}

TypePtr IntegerNamed(std::string_view name) {
  static constexpr std::array<NamedInteger, 8> kIntegers = {{
      {"Int8", Copy<arrow::int8>},
      {"Int16", Copy<arrow::int16>},
      {"Int32", Copy<arrow::int32>},
      {"Int64", Copy<arrow::int64>},
      {"UInt8", Copy<arrow::uint8>},
      {"UInt16", Copy<arrow::uint16>},
      {"UInt32", Copy<arrow::uint32>},
      {"UInt64", Copy<arrow::uint64>},
  }};
  for (const NamedInteger& each : kIntegers) {
    if (each.name == name) return each.arrow();
  }
  return nullptr;
}

int NumberIn(const std::vector<std::string>& arguments, std::size_t at) {
  int number = 0;
  if (at >= arguments.size()) return 0;
  const std::string& text = arguments[at];
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

TypePtr DecimalOf(int precision, int scale) {
  if (precision <= 38) return arrow::decimal128(precision, scale);
  return arrow::decimal256(precision, scale);
}

// Decimal(12, 2), Decimal64(2).
ColumnType ClickHouseDecimal(const ClickHouseType& type) {
  int precision = NumberIn(type.arguments, 0);
  int scale = NumberIn(type.arguments, 1);
  if (type.arguments.size() == 1) {
    scale = precision;
    precision = type.name == "Decimal32"    ? 9
                : type.name == "Decimal64"  ? 18
                : type.name == "Decimal128" ? 38
                                            : 76;
  }
  return Make(DecimalOf(precision, scale), CellForm::kDecimal);
}

ColumnType ClickHouseMoment(const ClickHouseType& type) {
  if (type.name == "DateTime") {
    return Instant(arrow::TimeUnit::MICRO, "toUnixTimestamp({})", kMicrosPerSecond);
  }
  switch (int digits = NumberIn(type.arguments, 0)) {
    case 3:
      return Instant(arrow::TimeUnit::MICRO, "toUnixTimestamp64Milli({})", 1000);
    case 6:
      return Instant(arrow::TimeUnit::MICRO, "toUnixTimestamp64Micro({})", 1);
    case 9:
      return Instant(arrow::TimeUnit::NANO, "toUnixTimestamp64Nano({})", 1);
    default:
      if (digits < 6) {
        return Instant(arrow::TimeUnit::MICRO,
                       "toUnixTimestamp64Micro(toDateTime64({}, 6))", 1);
      }
      // Nanoseconds do not reach as far as the column: as text, checked here.
      return Instant(arrow::TimeUnit::NANO, "", 1);
  }
}

arrow::Result<ColumnType> ClickHouseColumn(const ClickHouseType& type) {
  const std::string& name = type.name;
  if (TypePtr integer = IntegerNamed(name)) return Integer(std::move(integer));
  if (name == "Bool") return Make(arrow::boolean(), CellForm::kBool);
  if (name == "Float32") return Make(arrow::float32(), CellForm::kFloat);
  if (name == "Float64") return Make(arrow::float64(), CellForm::kFloat);
  if (name == "BFloat16") {
    return Make(arrow::float32(), CellForm::kFloat, "toFloat32({})");
  }
  if (name.starts_with("Decimal")) return ClickHouseDecimal(type);
  if (name == "Int128" || name == "UInt128") {
    return Make(arrow::decimal256(39, 0), CellForm::kDecimal, "toString({})");
  }
  if (name == "Int256" || name == "UInt256") return Text("toString({})", "decimal");
  if (name == "String") return Text();
  if (name.starts_with("Enum")) return Text("", "enum");
  if (name == "FixedString") {
    return Lossy(Make(arrow::binary(), CellForm::kHexBytes, "hex({})"),
                 "bytes that are no UTF-8 are replaced by the server");
  }
  if (name == "Date" || name == "Date32") {
    return Make(arrow::date32(), CellForm::kDate, "toInt32({})");
  }
  if (name == "DateTime" || name == "DateTime64") return ClickHouseMoment(type);
  if (name == "Time" || name == "Time64") return Text("toString({})", "time");
  if (name == "UUID") return Text();
  if (name == "IPv4" || name == "IPv6") return Text("toString({})");
  if (name == "Nothing") return Text();
  if (name.starts_with("Interval")) return Integer(arrow::int64(), "toInt64({})");
  if (name == "AggregateFunction") {
    return MakeError(ErrorKind::kUnsupported,
                     "it is the state of an aggregate function, which has no value: "
                     "select finalizeAggregation(it)");
  }
  static constexpr std::array<std::string_view, 13> kStructures = {
      "Array",           "Map",     "Tuple",       "Nested", "JSON",
      "Object",          "Variant", "Point",       "Ring",   "LineString",
      "MultiLineString", "Polygon", "MultiPolygon"};
  for (std::string_view structure : kStructures) {
    if (name != structure) continue;
    return Lossy(Text("toJSONString({})", "json"),
                 "the server prints arrays without quotes");
  }
  if (name == "Dynamic") return Text("toJSONString({})", "json");
  return Text("toString({})");
}

// By what Metabase itself says, where the database's word is not known.
ColumnType BaseColumn(std::string_view base, const std::string& as_text,
                      const std::string& as_json) {
  auto is = [&](std::string_view name) { return base == "type/" + std::string(name); };
  if (is("Integer") || is("BigInteger")) return Integer(arrow::int64());
  if (is("Float") || is("Number")) return Make(arrow::float64(), CellForm::kFloat);
  if (is("Boolean")) return Make(arrow::boolean(), CellForm::kBool);
  if (is("Decimal") || is("Currency")) return Text(as_text, "decimal");
  if (is("Date")) return Make(arrow::date32(), CellForm::kDate);
  if (is("DateTime")) return WallTime();
  if (base.starts_with("type/DateTimeWith") || is("Instant")) {
    return Instant(arrow::TimeUnit::MICRO, "", 1);
  }
  if (is("Time")) {
    return Make(arrow::time64(arrow::TimeUnit::MICRO), CellForm::kTime);
  }
  if (base.starts_with("type/TimeWith")) return Text(as_text, "time");
  if (is("Array")) {
    return Lossy(Text(as_json, "json"), "the server prints arrays as it likes");
  }
  if (is("JSON") || is("SerializedJSON") || is("Dictionary") || is("Structured")) {
    return Text(as_text, "json");
  }
  if (is("Text")) return Text();
  return Text(as_text);
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& letter : lower) {
    letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  }
  return lower;
}

ColumnType PostgresColumn(std::string_view base, const std::string& name) {
  static constexpr const char* kAsText = "({})::text";
  static constexpr const char* kAsJson = "to_json({})::text";
  auto is = [&](auto... names) { return ((name == names) || ...); };
  if (is("int2", "smallint", "smallserial")) return Integer(arrow::int16());
  if (is("int4", "integer", "serial")) return Integer(arrow::int32());
  if (is("int8", "bigint", "bigserial")) return Integer(arrow::int64());
  if (is("oid", "xid", "cid")) return Integer(arrow::int64(), "(({})::text)::bigint");
  if (is("float4", "real")) return Make(arrow::float32(), CellForm::kFloat);
  if (is("float8", "double precision")) {
    return Make(arrow::float64(), CellForm::kFloat);
  }
  if (is("bool", "boolean")) return Make(arrow::boolean(), CellForm::kBool);
  if (is("numeric", "decimal")) return Text(kAsText, "decimal");
  if (is("text", "varchar", "bpchar", "name", "citext", "char")) return Text();
  if (is("json", "jsonb")) return Text(kAsText, "json");
  if (is("bytea")) {
    return Make(arrow::binary(), CellForm::kHexBytes, "encode({}, 'hex')");
  }
  if (is("date")) return Make(arrow::date32(), CellForm::kDate);
  if (is("time")) return Make(arrow::time64(arrow::TimeUnit::MICRO), CellForm::kTime);
  if (is("timetz")) return Text(kAsText, "time");
  if (is("timestamp")) return WallTime();
  if (is("timestamptz")) return Instant(arrow::TimeUnit::MICRO, "", 1);
  if (name.starts_with("_")) {
    return Lossy(Text(kAsJson, "json"), "the server prints arrays as it likes");
  }
  if (base == "type/PostgresEnum") return Text(kAsText, "enum");
  if (!name.empty()) return Text(kAsText);
  return BaseColumn(base, kAsText, kAsJson);
}

ColumnType MysqlColumn(std::string_view base, const std::string& name) {
  static constexpr const char* kAsText = "CAST({} AS CHAR)";
  const bool is_unsigned = name.find("unsigned") != std::string::npos;
  const std::string word = name.substr(0, name.find_first_of(" ("));
  auto is = [&](auto... names) { return ((word == names) || ...); };
  auto integer = [&](const TypePtr& with_sign, const TypePtr& without) {
    return Integer(is_unsigned ? without : with_sign, "({} + 0)");
  };
  if (is("tinyint")) return integer(arrow::int8(), arrow::uint8());
  if (is("smallint")) return integer(arrow::int16(), arrow::uint16());
  if (is("mediumint", "int", "integer")) return integer(arrow::int32(), arrow::uint32());
  if (is("bigint")) return integer(arrow::int64(), arrow::uint64());
  if (is("bit")) return Integer(arrow::uint64(), "({} + 0)");
  if (is("year")) return Integer(arrow::int16(), "({} + 0)");
  if (is("float")) return Make(arrow::float32(), CellForm::kFloat);
  if (is("double", "real")) return Make(arrow::float64(), CellForm::kFloat);
  if (is("decimal", "numeric")) return Text(kAsText, "decimal");
  if (is("date")) return Make(arrow::date32(), CellForm::kDate);
  if (is("datetime")) return WallTime();
  if (is("timestamp")) return Instant(arrow::TimeUnit::MICRO, "", 1);
  if (is("time")) return Text(kAsText, "time");
  if (is("json")) return Text(kAsText, "json");
  if (is("enum", "set")) return Text("", word);
  if (is("binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob")) {
    return Make(arrow::binary(), CellForm::kHexBytes, "HEX({})");
  }
  if (is("geometry", "point", "linestring", "polygon")) {
    return Make(arrow::binary(), CellForm::kHexBytes, "HEX(ST_AsBinary({}))");
  }
  // A tinyint(1) may hold 5.
  if (base == "type/Boolean") return Integer(arrow::int8(), "({} + 0)");
  if (is("char", "varchar", "tinytext", "text", "mediumtext", "longtext")) return Text();
  return BaseColumn(base, kAsText, kAsText);
}

arrow::Result<ColumnType> Decide(EngineKind engine, const AnswerColumn& column) {
  const std::string& base =
      column.effective_type.empty() ? column.base_type : column.effective_type;
  // A coerced column's values are not of the database's type any more.
  const bool coerced = base != column.base_type && !column.base_type.empty();
  const std::string& own = column.database_type;
  switch (coerced ? EngineKind::kOther : engine) {
    case EngineKind::kClickHouse:
      if (!own.empty()) {
        ClickHouseType parsed = ParseClickHouseType(own);
        ARROW_ASSIGN_OR_RAISE(ColumnType type, ClickHouseColumn(parsed));
        // What may hold anything may hold null.
        const bool any = parsed.name == "Variant" || parsed.name == "Dynamic" ||
                         parsed.name == "Nothing";
        type.nullable = parsed.nullable || any;
        return type;
      }
      // Its plain DateTime is an instant, too.
      if (base == "type/DateTime") return Instant(arrow::TimeUnit::MICRO, "", 1);
      return BaseColumn(base, "toString({})", "toJSONString({})");
    case EngineKind::kPostgres:
      return PostgresColumn(base, Lower(own));
    case EngineKind::kMysql:
      return MysqlColumn(base, Lower(own));
    case EngineKind::kOther:
      break;
  }
  return BaseColumn(base, "", "");
}

}  // namespace

arrow::Result<ColumnType> TypeOfColumn(EngineKind engine, const AnswerColumn& column,
                                       bool wrapped) {
  auto decided = Decide(engine, column);
  if (!decided.ok()) return AddContext(decided.status(), "column " + column.name);
  ColumnType type = std::move(*decided);
  if (wrapped) {
    type.loss.clear();
    return type;
  }
  if (type.form == CellForm::kHexBytes && engine != EngineKind::kClickHouse) {
    return MakeError(ErrorKind::kUnsupported,
                     "column " + column.name +
                         " holds bytes, of which Metabase passes on the first four only: "
                         "select them as text, in hexadecimal digits",
                     {{"column", column.name}});
  }
  if (type.form == CellForm::kHexBytes) {
    type.arrow = arrow::utf8();
    type.form = CellForm::kText;
  }
  type.selected_as.clear();
  // An answer as it is says nothing of nulls.
  type.nullable = true;
  return type;
}

ColumnType TextType(EngineKind engine, const ColumnType& type) {
  ColumnType text = Text();
  text.nullable = type.nullable;
  text.logical = type.form == CellForm::kText ? type.logical : "";
  switch (engine) {
    case EngineKind::kClickHouse:
      text.selected_as = "toString({})";
      break;
    case EngineKind::kPostgres:
      text.selected_as = "({})::text";
      break;
    case EngineKind::kMysql:
      text.selected_as = "CAST({} AS CHAR)";
      break;
    case EngineKind::kOther:
      break;
  }
  // What is text already comes the way it is exact.
  if (type.form == CellForm::kText && type.arrow->id() == arrow::Type::STRING) {
    text.selected_as = type.selected_as;
  }
  return text;
}

}  // namespace keelboat::metabase
