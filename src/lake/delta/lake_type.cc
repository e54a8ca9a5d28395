#include "lake/delta/lake_type.h"

#include <charconv>
#include <map>
#include <utility>
#include <vector>

#include <arrow/extension_type.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <nlohmann/json.hpp>

#include "core/field_metadata.h"
#include "keelboat/error.h"

namespace keelboat::delta {
namespace {

using arrow::DataType;
using arrow::Type;
using Json = nlohmann::json;

constexpr int32_t kMostDigits = 38;
constexpr const char* kDeltaComment = "comment";

arrow::Status Unsupported(const DataType& type) {
  return MakeError(ErrorKind::kUnsupported,
                   "the lake has no type for " + type.ToString() +
                       ": leave the column out or convert it in the query");
}

arrow::Result<std::shared_ptr<DataType>> LakeDecimal(const DataType& type) {
  const auto& decimal = static_cast<const arrow::DecimalType&>(type);
  if (decimal.scale() < 0 || decimal.scale() > decimal.precision()) {
    return Unsupported(type);
  }
  if (decimal.precision() > kMostDigits) return arrow::utf8();
  return arrow::decimal128(decimal.precision(), decimal.scale());
}

std::string LowerCase(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

// What a string column was, where its type no longer says so.
std::string LogicalTypeOf(const DataType& source) {
  switch (source.id()) {
    case Type::DURATION:
    case Type::TIME32:
    case Type::TIME64:
      return "time";
    case Type::DECIMAL256:
      return static_cast<const arrow::DecimalType&>(source).precision() > kMostDigits
                 ? "decimal"
                 : "";
    default:
      return {};
  }
}

std::string DeltaTypeName(const DataType& type) {
  switch (type.id()) {
    case Type::BOOL:
      return "boolean";
    case Type::INT8:
      return "byte";
    case Type::INT16:
      return "short";
    case Type::INT32:
      return "integer";
    case Type::INT64:
      return "long";
    case Type::FLOAT:
      return "float";
    case Type::DOUBLE:
      return "double";
    case Type::STRING:
      return "string";
    case Type::BINARY:
      return "binary";
    case Type::DATE32:
      return "date";
    case Type::TIMESTAMP:
      return static_cast<const arrow::TimestampType&>(type).timezone().empty()
                 ? "timestamp_ntz"
                 : "timestamp";
    case Type::DECIMAL128: {
      const auto& decimal = static_cast<const arrow::DecimalType&>(type);
      return "decimal(" + std::to_string(decimal.precision()) + "," +
             std::to_string(decimal.scale()) + ")";
    }
    default:
      return {};  // Not a type of the lake; LakeTypeOf gives no other.
  }
}

std::shared_ptr<DataType> TypeOfDeltaName(const std::string& name) {
  static const std::map<std::string, std::shared_ptr<DataType>> kTypes = {
      {"boolean", arrow::boolean()},
      {"byte", arrow::int8()},
      {"short", arrow::int16()},
      {"integer", arrow::int32()},
      {"long", arrow::int64()},
      {"float", arrow::float32()},
      {"double", arrow::float64()},
      {"string", arrow::utf8()},
      {"binary", arrow::binary()},
      {"date", arrow::date32()},
      {"timestamp", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")},
      {"timestamp_ntz", arrow::timestamp(arrow::TimeUnit::MICRO)}};
  if (auto found = kTypes.find(name); found != kTypes.end()) return found->second;
  int precision = 0;
  int scale = 0;
  const char* end = name.data() + name.size();
  if (!name.starts_with("decimal(")) return nullptr;
  auto first = std::from_chars(name.data() + 8, end, precision);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != ',') return nullptr;
  auto second = std::from_chars(first.ptr + 1, end, scale);
  if (second.ec != std::errc() || second.ptr + 1 != end || *second.ptr != ')') {
    return nullptr;
  }
  if (precision < 1 || precision > kMostDigits || scale < 0 || scale > precision) {
    return nullptr;
  }
  return arrow::decimal128(precision, scale);
}

std::shared_ptr<arrow::KeyValueMetadata> MetadataFromJson(const Json& json) {
  std::vector<std::string> keys;
  std::vector<std::string> values;
  for (const auto& [key, value] : json.items()) {
    if (!value.is_string()) continue;
    keys.push_back(key == kDeltaComment ? kCommentKey : key);
    values.push_back(value.get<std::string>());
  }
  if (keys.empty()) return nullptr;
  return arrow::key_value_metadata(std::move(keys), std::move(values));
}

}  // namespace

arrow::Result<std::shared_ptr<DataType>> LakeTypeOf(const DataType& source) {
  switch (source.id()) {
    case Type::BOOL:
    case Type::INT8:
    case Type::INT16:
    case Type::INT32:
    case Type::INT64:
    case Type::FLOAT:
    case Type::DOUBLE:
    case Type::DATE32:
    case Type::STRING:
    case Type::BINARY:
      return source.GetSharedPtr();
    case Type::UINT8:
      return arrow::int16();
    case Type::UINT16:
      return arrow::int32();
    case Type::UINT32:
      return arrow::int64();
    case Type::UINT64:
      return arrow::decimal128(20, 0);
    case Type::HALF_FLOAT:
      return arrow::float32();
    case Type::DECIMAL32:
    case Type::DECIMAL64:
    case Type::DECIMAL128:
    case Type::DECIMAL256:
      return LakeDecimal(source);
    case Type::LARGE_STRING:
    case Type::STRING_VIEW:
    case Type::NA:
    case Type::TIME32:
    case Type::TIME64:
    case Type::DURATION:
      return arrow::utf8();
    case Type::LARGE_BINARY:
    case Type::BINARY_VIEW:
    case Type::FIXED_SIZE_BINARY:
      return arrow::binary();
    case Type::DATE64:
      return arrow::date32();
    case Type::TIMESTAMP: {
      const auto& timestamp = static_cast<const arrow::TimestampType&>(source);
      return timestamp.timezone().empty()
                 ? arrow::timestamp(arrow::TimeUnit::MICRO)
                 : arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
    }
    case Type::DICTIONARY:
      return LakeTypeOf(*static_cast<const arrow::DictionaryType&>(source).value_type());
    case Type::EXTENSION:
      return LakeTypeOf(*static_cast<const arrow::ExtensionType&>(source).storage_type());
    default:
      return Unsupported(source);
  }
}

arrow::Result<std::shared_ptr<arrow::Schema>> LakeSchemaOf(const arrow::Schema& source) {
  if (source.num_fields() == 0) {
    return MakeError(ErrorKind::kData, "a lake table needs at least one column");
  }
  std::map<std::string, std::string> names;
  arrow::FieldVector fields;
  for (const auto& field : source.fields()) {
    if (field->name().empty()) {
      return MakeError(ErrorKind::kData,
                       "a column has no name: name it in the query with AS");
    }
    auto [taken, fresh] = names.emplace(LowerCase(field->name()), field->name());
    if (!fresh) {
      return MakeError(ErrorKind::kData,
                       "columns '" + taken->second + "' and '" + field->name() +
                           "' have the same name to readers that ignore case: rename "
                           "one in the query with AS",
                       {{"column", field->name()}});
    }
    auto type = LakeTypeOf(*field->type());
    if (!type.ok()) {
      return AddContext(type.status(), "column '" + field->name() + "'");
    }
    std::shared_ptr<arrow::Field> result = field->WithType(*type);
    std::string logical = LogicalTypeOf(*field->type());
    const bool has_logical =
        field->metadata() != nullptr && field->metadata()->Contains(kLogicalTypeKey);
    if (!logical.empty() && !has_logical) {
      result = result->WithMergedMetadata(
          arrow::key_value_metadata({kLogicalTypeKey}, {logical}));
    }
    // A column of nothing but nulls says nothing of what may come.
    if (field->type()->id() == Type::NA) result = result->WithNullable(true);
    fields.push_back(std::move(result));
  }
  return arrow::schema(std::move(fields));
}

bool HasTimestampWithoutZone(const arrow::Schema& lake_schema) {
  for (const auto& field : lake_schema.fields()) {
    if (DeltaTypeName(*field->type()) == "timestamp_ntz") return true;
  }
  return false;
}

std::string SchemaToJson(const arrow::Schema& lake_schema) {
  Json fields = Json::array();
  for (const auto& field : lake_schema.fields()) {
    Json metadata = Json::object();
    if (field->metadata() != nullptr) {
      for (int64_t i = 0; i < field->metadata()->size(); ++i) {
        const std::string& key = field->metadata()->key(i);
        metadata[key == kCommentKey ? kDeltaComment : key] = field->metadata()->value(i);
      }
    }
    fields.push_back({{"name", field->name()},
                      {"type", DeltaTypeName(*field->type())},
                      {"nullable", field->nullable()},
                      {"metadata", std::move(metadata)}});
  }
  return Json{{"type", "struct"}, {"fields", std::move(fields)}}.dump(
      -1, ' ', false, Json::error_handler_t::replace);
}

arrow::Result<std::shared_ptr<arrow::Schema>> SchemaFromJson(const std::string& text) {
  try {
    Json json = Json::parse(text);
    arrow::FieldVector fields;
    for (const Json& field : json.at("fields")) {
      const auto name = field.at("name").get<std::string>();
      const Json& type = field.at("type");
      auto known = type.is_string() ? TypeOfDeltaName(type.get<std::string>()) : nullptr;
      if (known == nullptr) {
        std::string spelled = type.is_string() ? type.get<std::string>()
                                               : type.value("type", std::string("?"));
        return MakeError(ErrorKind::kUnsupported,
                         "column '" + name + "' has the type " + spelled +
                             ", which keelboat does not read: use another reader for "
                             "this table",
                         {{"column", name}});
      }
      fields.push_back(
          arrow::field(name, std::move(known), field.value("nullable", true),
                       MetadataFromJson(field.value("metadata", Json::object()))));
    }
    return arrow::schema(std::move(fields));
  } catch (const Json::exception& error) {
    return MakeError(ErrorKind::kData,
                     std::string("the table's schema cannot be read: ") + error.what());
  }
}

}  // namespace keelboat::delta
