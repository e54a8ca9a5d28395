#include "contracts/draft.h"

#include <optional>

#include <arrow/type.h>
#include <arrow/type_traits.h>
#include <arrow/util/key_value_metadata.h>
#include <nlohmann/json.hpp>

#include "contracts/cell_text.h"
#include "contracts/sql_type.h"
#include "core/field_metadata.h"
#include "keelboat/error.h"

namespace keelboat {
namespace {

using Json = nlohmann::ordered_json;

std::string MetadataOf(const arrow::Field& field, const char* key) {
  if (!field.HasMetadata()) return {};
  return field.metadata()->Get(key).ValueOr("");
}

/// The JSON type of a column; empty for one that contracts cannot judge.
std::string JsonType(ValueKind kind) {
  switch (kind) {
    case ValueKind::kInteger:
      return "integer";
    case ValueKind::kDecimal:
    case ValueKind::kFloat:
      return "number";
    case ValueKind::kBoolean:
      return "boolean";
    case ValueKind::kOther:
      return "";
    default:
      return "string";
  }
}

bool StartsWith(const std::string& text, const std::string& prefix) {
  return text.compare(0, prefix.size(), prefix) == 0;
}

void AddText(const std::string& source_type, bool nullable, Json* column) {
  const std::vector<std::string> members = EnumMembers(source_type);
  if (!members.empty() && StartsWith(source_type, "enum")) {
    Json values = Json::array();
    for (const std::string& member : members) values.push_back(member);
    if (nullable) values.push_back(nullptr);
    (*column)["enum"] = std::move(values);
    return;
  }
  // Only types that count characters; what a type unknown here says stays unsaid.
  if (!StartsWith(source_type, "char") && !StartsWith(source_type, "varchar") &&
      !StartsWith(source_type, "binary") && !StartsWith(source_type, "varbinary")) {
    return;
  }
  ColumnRules rules;
  if (ApplySqlType(source_type, &rules).ok() && rules.max_length) {
    (*column)["maxLength"] = *rules.max_length;
  }
}

/// The step of a decimal, spelled so that it is read back exactly.
double DecimalStep(int scale) { return std::stod("1e-" + std::to_string(scale)); }

void AddNumber(const arrow::DataType& type, const std::string& source_type,
               Json* column) {
  const bool is_unsigned = arrow::is_unsigned_integer(type.id()) ||
                           source_type.find("unsigned") != std::string::npos;
  if (is_unsigned) (*column)["minimum"] = 0;
  if (!arrow::is_decimal(type.id())) return;
  const int scale = static_cast<const arrow::DecimalType&>(type).scale();
  if (scale > 0) (*column)["multipleOf"] = DecimalStep(scale);
}

Json DraftColumn(const arrow::Field& field) {
  Json column = Json::object();
  const arrow::DataType* type = field.type().get();
  if (type->id() == arrow::Type::DICTIONARY) {
    type = static_cast<const arrow::DictionaryType*>(type)->value_type().get();
  }
  const ValueKind kind = ValueKindOf(*type);
  const std::string json_type = JsonType(kind);
  const std::string source_type = MetadataOf(field, kSourceTypeKey);
  if (const std::string comment = MetadataOf(field, kCommentKey); !comment.empty()) {
    column["description"] = comment;
  }
  if (json_type.empty()) return column;
  if (field.nullable()) {
    column["type"] = Json::array({json_type, "null"});
  } else {
    column["type"] = json_type;
  }
  if (kind == ValueKind::kText || kind == ValueKind::kBinary) {
    AddText(source_type, field.nullable(), &column);
  } else if (kind == ValueKind::kDate) {
    column["format"] = "date";
  } else if (kind == ValueKind::kDateTime) {
    column["format"] = "date-time";
  } else if (json_type == "integer" || json_type == "number") {
    AddNumber(*type, source_type, &column);
  }
  return column;
}

}  // namespace

arrow::Result<std::string> DraftContract(const std::string& table,
                                         const arrow::Schema& schema,
                                         const std::vector<std::string>& key) {
  Json contract;
  contract["$schema"] = "https://json-schema.org/draft/2020-12/schema";
  contract["title"] = table;
  if (!key.empty()) {
    std::string columns;
    for (const std::string& name : key) columns += (columns.empty() ? "" : ", ") + name;
    contract["$comment"] = "primary key: " + columns;
  }
  contract["type"] = "object";
  contract["x-on-violation"] = "fail";
  contract["required"] = schema.field_names();
  Json properties = Json::object();
  for (const auto& field : schema.fields())
    properties[field->name()] = DraftColumn(*field);
  contract["properties"] = std::move(properties);
  try {
    return contract.dump(2) + "\n";
  } catch (const nlohmann::json::type_error&) {
    return MakeError(ErrorKind::kData, "drawing the contract of table " + table +
                                           ": a name or a comment is not valid UTF-8");
  }
}

}  // namespace keelboat
