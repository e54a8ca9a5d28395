#include "contracts/column_list.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "contracts/json_object.h"
#include "contracts/sql_type.h"
#include "core/nearest.h"

namespace keelboat {
namespace {

using Names = std::vector<std::string>;

/// Reads one document; holds what every error needs.
class ListReader {
 public:
  explicit ListReader(const std::string& file_name) { rules_.file_name = file_name; }

  arrow::Result<ContractRules> Read(const JsonValue& document) {
    ARROW_ASSIGN_OR_RAISE(const JsonObject root, Object(document, ""));
    ARROW_RETURN_NOT_OK(root.CheckKeys(
        {"table_name", "description", "columns", "constraints", "estimated_row_count",
         "data_classification", "data_masking", "x-on-violation"}));
    for (const char* label : {"table_name", "description", "data_classification"}) {
      ARROW_RETURN_NOT_OK(root.Text(label).status());
    }
    ARROW_RETURN_NOT_OK(
        root.Integer("estimated_row_count", 0, std::numeric_limits<int64_t>::max())
            .status());
    if (const JsonMember* action = root.Find("x-on-violation")) {
      ARROW_ASSIGN_OR_RAISE(rules_.on_violation,
                            ReadOnViolation(*action, rules_.file_name));
    }
    ARROW_RETURN_NOT_OK(root.Require("columns").status());
    ARROW_ASSIGN_OR_RAISE(const std::vector<JsonValue>* columns, root.List("columns"));
    for (const JsonValue& column : *columns) ARROW_RETURN_NOT_OK(ReadColumn(column));
    ARROW_ASSIGN_OR_RAISE(std::optional<JsonObject> constraints,
                          root.Object("constraints"));
    if (constraints) ARROW_RETURN_NOT_OK(ReadConstraints(*constraints));
    ARROW_ASSIGN_OR_RAISE(std::optional<JsonObject> masking, root.Object("data_masking"));
    if (masking) ARROW_RETURN_NOT_OK(ReadMasking(*masking));
    if (rules_.declared_key.empty()) rules_.declared_key = flagged_key_;
    for (const std::string& name : rules_.declared_key) ForbidNull(name);
    return std::move(rules_);
  }

 private:
  arrow::Result<JsonObject> Object(const JsonValue& value,
                                   const std::string& place) const {
    return JsonObject::Make(value, place, rules_.file_name);
  }

  arrow::Status ReadColumn(const JsonValue& value) {
    ARROW_ASSIGN_OR_RAISE(const JsonObject unnamed, Object(value, "columns"));
    ARROW_ASSIGN_OR_RAISE(std::string name, unnamed.RequiredText("name"));
    ColumnRules column;
    column.place = "columns." + name;
    column.line = value.line;
    ARROW_ASSIGN_OR_RAISE(const JsonObject object, Object(value, column.place));
    ARROW_RETURN_NOT_OK(
        object.CheckKeys({"name", "type", "nullable", "primary_key", "description"}));
    ARROW_RETURN_NOT_OK(object.Text("description").status());
    ARROW_ASSIGN_OR_RAISE(std::string type, object.RequiredText("type"));
    if (arrow::Status applied = ApplySqlType(type, &column); !applied.ok()) {
      return object.Error("type", applied.message());
    }
    ARROW_ASSIGN_OR_RAISE(std::optional<bool> in_key, object.Flag("primary_key"));
    ARROW_ASSIGN_OR_RAISE(std::optional<bool> nullable, object.Flag("nullable"));
    column.types->null = nullable.value_or(!in_key.value_or(false));
    column.null_rule = "nullable false";
    // A list of values says nothing about null here; `nullable` does.
    if (column.enumeration) column.enumeration->emplace_back();
    if (in_key.value_or(false)) flagged_key_.push_back(name);
    rules_.required.push_back(name);
    if (!rules_.columns.emplace(name, std::move(column)).second) {
      return unnamed.Error("name", "'" + name + "' is listed twice");
    }
    return arrow::Status::OK();
  }

  /// A key's columns are never null, whatever `nullable` says.
  void ForbidNull(const std::string& name) {
    ColumnRules& column = rules_.columns.at(name);
    if (column.types->null) column.null_rule = "primary_key";
    column.types->null = false;
  }

  arrow::Status CheckKnown(const JsonObject& object, const std::string& key,
                           const Names& names) const {
    for (const std::string& name : names) {
      if (rules_.columns.contains(name)) continue;
      return object.Error(key, "'" + name + "' is not among the columns" +
                                   DidYouMean(name, rules_.required));
    }
    return arrow::Status::OK();
  }

  arrow::Status ReadConstraints(const JsonObject& constraints) {
    ARROW_RETURN_NOT_OK(
        constraints.CheckKeys({"primary_key", "foreign_keys", "unique_keys", "indexes"}));
    ARROW_ASSIGN_OR_RAISE(rules_.declared_key, constraints.Names("primary_key"));
    ARROW_RETURN_NOT_OK(CheckKnown(constraints, "primary_key", rules_.declared_key));
    ARROW_RETURN_NOT_OK(CompareKeys(constraints));
    ARROW_ASSIGN_OR_RAISE(const std::vector<JsonValue>* keys,
                          constraints.List("foreign_keys"));
    if (keys != nullptr) {
      for (const JsonValue& key : *keys) ARROW_RETURN_NOT_OK(ReadForeignKey(key));
    }
    for (const char* name : {"unique_keys", "indexes"}) {
      ARROW_ASSIGN_OR_RAISE(const std::vector<JsonValue>* items, constraints.List(name));
      if (items == nullptr) continue;
      for (const JsonValue& item : *items) {
        ARROW_RETURN_NOT_OK(ReadIndex(item, constraints, name));
      }
    }
    return arrow::Status::OK();
  }

  /// The key may be written twice, but not in two ways.
  arrow::Status CompareKeys(const JsonObject& constraints) const {
    if (flagged_key_.empty() || rules_.declared_key.empty()) return arrow::Status::OK();
    Names flagged = flagged_key_;
    Names declared = rules_.declared_key;
    std::sort(flagged.begin(), flagged.end());
    std::sort(declared.begin(), declared.end());
    if (flagged == declared) return arrow::Status::OK();
    return constraints.Error("primary_key",
                             "names other columns than those with \"primary_key\": true");
  }

  arrow::Status ReadForeignKey(const JsonValue& value) const {
    ARROW_ASSIGN_OR_RAISE(const JsonObject key,
                          Object(value, "constraints.foreign_keys"));
    ARROW_RETURN_NOT_OK(
        key.CheckKeys({"column", "references_table", "references_column"}));
    ARROW_ASSIGN_OR_RAISE(std::string column, key.RequiredText("column"));
    ARROW_RETURN_NOT_OK(CheckKnown(key, "column", {column}));
    ARROW_RETURN_NOT_OK(key.RequiredText("references_table").status());
    return key.RequiredText("references_column").status();
  }

  /// A column, a list of columns, or an object with `name`, `columns`, `unique`.
  arrow::Status ReadIndex(const JsonValue& item, const JsonObject& constraints,
                          const std::string& name) const {
    if (item.kind == JsonKind::kString) return CheckKnown(constraints, name, {item.text});
    if (item.kind == JsonKind::kArray) {
      Names columns;
      for (const JsonValue& column : item.items) {
        if (column.kind != JsonKind::kString) {
          return JsonError(rules_.file_name, column.line,
                           constraints.PlaceOf(name) + ": expected column names, found " +
                               JsonKindName(column.kind));
        }
        columns.push_back(column.text);
      }
      return CheckKnown(constraints, name, columns);
    }
    ARROW_ASSIGN_OR_RAISE(const JsonObject object,
                          Object(item, constraints.PlaceOf(name)));
    ARROW_RETURN_NOT_OK(object.CheckKeys({"name", "columns", "unique"}));
    ARROW_RETURN_NOT_OK(object.Text("name").status());
    ARROW_RETURN_NOT_OK(object.Flag("unique").status());
    ARROW_RETURN_NOT_OK(object.Require("columns").status());
    ARROW_ASSIGN_OR_RAISE(Names columns, object.Names("columns"));
    return CheckKnown(object, "columns", columns);
  }

  arrow::Status ReadMasking(const JsonObject& masking) {
    ARROW_RETURN_NOT_OK(masking.CheckKeys({"enabled", "masked_columns"}));
    ARROW_ASSIGN_OR_RAISE(std::optional<bool> flag, masking.Flag("enabled"));
    const bool enabled = flag.value_or(true);
    if (enabled) ARROW_RETURN_NOT_OK(masking.Require("masked_columns").status());
    ARROW_ASSIGN_OR_RAISE(const std::vector<JsonValue>* columns,
                          masking.List("masked_columns"));
    if (columns == nullptr) return arrow::Status::OK();
    for (const JsonValue& column : *columns) {
      ARROW_RETURN_NOT_OK(ReadMaskedColumn(column, enabled));
    }
    return arrow::Status::OK();
  }

  arrow::Status ReadMaskedColumn(const JsonValue& value, bool enabled) {
    ARROW_ASSIGN_OR_RAISE(const JsonObject mask,
                          Object(value, "data_masking.masked_columns"));
    ARROW_RETURN_NOT_OK(mask.CheckKeys({"column_name", "masking_type", "description"}));
    ARROW_RETURN_NOT_OK(mask.Text("description").status());
    ARROW_ASSIGN_OR_RAISE(std::string name, mask.RequiredText("column_name"));
    ARROW_RETURN_NOT_OK(CheckKnown(mask, "column_name", {name}));
    ARROW_ASSIGN_OR_RAISE(const JsonMember* type, mask.Require("masking_type"));
    ARROW_ASSIGN_OR_RAISE(MaskKind kind, ReadMaskKind(*type, mask.PlaceOf("masking_type"),
                                                      rules_.file_name));
    if (!enabled) return arrow::Status::OK();
    ColumnRules& column = rules_.columns.at(name);
    if (column.mask) return mask.Error("column_name", "'" + name + "' is listed twice");
    column.mask = kind;
    return arrow::Status::OK();
  }

  ContractRules rules_;
  Names flagged_key_;
};

}  // namespace

arrow::Result<ContractRules> ReadColumnList(const JsonValue& document,
                                            const std::string& file_name) {
  return ListReader(file_name).Read(document);
}

}  // namespace keelboat
