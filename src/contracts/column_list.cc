#include "contracts/column_list.h"

#include <algorithm>
#include <utility>

#include "contracts/sql_type.h"
#include "core/nearest.h"
#include "keelboat/error.h"

namespace keelboat {
namespace {

using Names = std::vector<std::string>;

bool Contains(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Reads one document; holds what every error needs.
class ListReader {
 public:
  explicit ListReader(const std::string& file_name) { rules_.file_name = file_name; }

  arrow::Result<ContractRules> Read(const JsonValue& document) {
    ARROW_RETURN_NOT_OK(CheckKeys(
        document, "",
        {"table_name", "description", "columns", "constraints", "estimated_row_count",
         "data_classification", "data_masking", "x-on-violation"}));
    const JsonMember* columns = document.Find("columns");
    if (columns == nullptr) return Error(document.line, "'columns' is missing");
    ARROW_RETURN_NOT_OK(Expect(*columns, JsonKind::kArray, "columns"));
    for (const JsonValue& column : columns->value.items) {
      ARROW_RETURN_NOT_OK(ReadColumn(column));
    }
    for (const JsonMember& member : document.members) {
      ARROW_RETURN_NOT_OK(ReadRootMember(member));
    }
    if (rules_.declared_key.empty()) rules_.declared_key = flagged_key_;
    for (const std::string& name : rules_.declared_key) ForbidNull(name);
    return std::move(rules_);
  }

 private:
  arrow::Status Error(int line, std::string message) const {
    return JsonError(rules_.file_name, line, std::move(message));
  }

  arrow::Status Expect(const JsonMember& member, JsonKind kind,
                       const std::string& place) const {
    return ExpectKind(member, kind, place, rules_.file_name);
  }

  arrow::Status ExpectObject(const JsonValue& value, const std::string& place) const {
    if (value.kind == JsonKind::kObject) return arrow::Status::OK();
    return Error(value.line,
                 place + ": expected an object, found " + JsonKindName(value.kind));
  }

  arrow::Status CheckKeys(const JsonValue& object, const std::string& place,
                          const Names& known) const {
    for (const JsonMember& member : object.members) {
      if (Contains(known, member.name)) continue;
      return Error(member.line, (place.empty() ? "" : place + ": ") + "'" + member.name +
                                    "' is not a known key" +
                                    DidYouMean(member.name, known));
    }
    return arrow::Status::OK();
  }

  arrow::Status ReadRootMember(const JsonMember& member) {
    const std::string& name = member.name;
    if (name == "x-on-violation") {
      ARROW_ASSIGN_OR_RAISE(rules_.on_violation,
                            ReadOnViolation(member, rules_.file_name));
      return arrow::Status::OK();
    }
    if (name == "constraints") return ReadConstraints(member);
    if (name == "data_masking") return ReadMasking(member);
    if (name == "estimated_row_count") {
      if (member.value.kind == JsonKind::kNull) return arrow::Status::OK();
      return Expect(member, JsonKind::kNumber, name);
    }
    if (name == "columns") return arrow::Status::OK();
    return Expect(member, JsonKind::kString, name);
  }

  /// The boolean of that name, or `otherwise`.
  arrow::Result<bool> ReadFlag(const JsonValue& object, const char* name, bool otherwise,
                               const std::string& place) const {
    const JsonMember* member = object.Find(name);
    if (member == nullptr) return otherwise;
    ARROW_RETURN_NOT_OK(Expect(*member, JsonKind::kBoolean, place + "." + name));
    return member->value.boolean;
  }

  /// The text of that name, which must be there and not be empty.
  arrow::Result<std::string> ReadText(const JsonValue& object, const char* name,
                                      const std::string& place) const {
    const JsonMember* member = object.Find(name);
    if (member == nullptr) {
      return Error(object.line, place + ": '" + name + "' is missing");
    }
    ARROW_RETURN_NOT_OK(Expect(*member, JsonKind::kString, place + "." + name));
    if (member->value.text.empty()) {
      return Error(member->value.line, place + "." + name + ": is empty");
    }
    return member->value.text;
  }

  arrow::Status ReadColumn(const JsonValue& value) {
    ARROW_RETURN_NOT_OK(ExpectObject(value, "columns"));
    ARROW_ASSIGN_OR_RAISE(std::string name, ReadText(value, "name", "columns"));
    ColumnRules column;
    column.place = "columns." + name;
    column.line = value.line;
    ARROW_RETURN_NOT_OK(CheckKeys(
        value, column.place, {"name", "type", "nullable", "primary_key", "description"}));
    if (const JsonMember* description = value.Find("description")) {
      ARROW_RETURN_NOT_OK(
          Expect(*description, JsonKind::kString, column.place + ".description"));
    }
    ARROW_ASSIGN_OR_RAISE(std::string type, ReadText(value, "type", column.place));
    if (arrow::Status applied = ApplySqlType(type, &column); !applied.ok()) {
      return Error(value.Find("type")->value.line,
                   column.place + ".type: " + applied.message());
    }
    ARROW_ASSIGN_OR_RAISE(const bool in_key,
                          ReadFlag(value, "primary_key", false, column.place));
    ARROW_ASSIGN_OR_RAISE(column.types->null,
                          ReadFlag(value, "nullable", !in_key, column.place));
    column.null_rule = "nullable false";
    if (column.types->null && column.enumeration) {
      column.enumeration->emplace_back();
    }
    if (in_key) flagged_key_.push_back(name);
    rules_.required.push_back(name);
    if (!rules_.columns.emplace(name, std::move(column)).second) {
      return Error(value.line, "columns: '" + name + "' is listed twice");
    }
    return arrow::Status::OK();
  }

  /// A key's columns are never null, whatever `nullable` says.
  void ForbidNull(const std::string& name) {
    ColumnRules& column = rules_.columns.at(name);
    if (column.types->null) column.null_rule = "primary_key";
    column.types->null = false;
  }

  arrow::Result<std::string> ReadKnownColumn(const JsonValue& value,
                                             const std::string& place) const {
    if (value.kind != JsonKind::kString) {
      return Error(value.line, place + ": expected a column's name, found " +
                                   JsonKindName(value.kind));
    }
    if (rules_.columns.contains(value.text)) return value.text;
    return Error(value.line, place + ": '" + value.text + "' is not among the columns" +
                                 DidYouMean(value.text, rules_.required));
  }

  arrow::Result<Names> ReadKnownColumns(const JsonValue& list,
                                        const std::string& place) const {
    if (list.kind != JsonKind::kArray) {
      return Error(list.line, place + ": expected a list of column names, found " +
                                  JsonKindName(list.kind));
    }
    Names names;
    for (const JsonValue& item : list.items) {
      ARROW_ASSIGN_OR_RAISE(std::string name, ReadKnownColumn(item, place));
      if (Contains(names, name)) {
        return Error(item.line, place + ": '" + name + "' is listed twice");
      }
      names.push_back(std::move(name));
    }
    return names;
  }

  arrow::Status ReadConstraints(const JsonMember& member) {
    const JsonValue& constraints = member.value;
    ARROW_RETURN_NOT_OK(ExpectObject(constraints, "constraints"));
    ARROW_RETURN_NOT_OK(
        CheckKeys(constraints, "constraints",
                  {"primary_key", "foreign_keys", "unique_keys", "indexes"}));
    if (const JsonMember* key = constraints.Find("primary_key")) {
      ARROW_ASSIGN_OR_RAISE(rules_.declared_key,
                            ReadKnownColumns(key->value, "constraints.primary_key"));
      ARROW_RETURN_NOT_OK(CompareKeys(*key));
    }
    if (const JsonMember* keys = constraints.Find("foreign_keys")) {
      ARROW_RETURN_NOT_OK(Expect(*keys, JsonKind::kArray, "constraints.foreign_keys"));
      for (const JsonValue& key : keys->value.items) {
        ARROW_RETURN_NOT_OK(ReadForeignKey(key));
      }
    }
    for (const char* name : {"unique_keys", "indexes"}) {
      const JsonMember* list = constraints.Find(name);
      if (list == nullptr) continue;
      const std::string place = std::string("constraints.") + name;
      ARROW_RETURN_NOT_OK(Expect(*list, JsonKind::kArray, place));
      for (const JsonValue& item : list->value.items) {
        ARROW_RETURN_NOT_OK(ReadIndex(item, place));
      }
    }
    return arrow::Status::OK();
  }

  /// The key may be written twice, but not in two ways.
  arrow::Status CompareKeys(const JsonMember& key) const {
    if (flagged_key_.empty() || rules_.declared_key.empty()) return arrow::Status::OK();
    Names flagged = flagged_key_;
    Names declared = rules_.declared_key;
    std::sort(flagged.begin(), flagged.end());
    std::sort(declared.begin(), declared.end());
    if (flagged == declared) return arrow::Status::OK();
    return Error(key.line,
                 "constraints.primary_key: names other columns than those with "
                 "\"primary_key\": true");
  }

  arrow::Status ReadForeignKey(const JsonValue& key) const {
    const std::string place = "constraints.foreign_keys";
    ARROW_RETURN_NOT_OK(ExpectObject(key, place));
    ARROW_RETURN_NOT_OK(
        CheckKeys(key, place, {"column", "references_table", "references_column"}));
    ARROW_ASSIGN_OR_RAISE(std::string column, ReadText(key, "column", place));
    ARROW_RETURN_NOT_OK(
        ReadKnownColumn(key.Find("column")->value, place + ".column").status());
    ARROW_RETURN_NOT_OK(ReadText(key, "references_table", place).status());
    return ReadText(key, "references_column", place).status();
  }

  /// A column, a list of columns, or an object with `name`, `columns`, `unique`.
  arrow::Status ReadIndex(const JsonValue& item, const std::string& place) const {
    if (item.kind == JsonKind::kString) return ReadKnownColumn(item, place).status();
    if (item.kind == JsonKind::kArray) return ReadKnownColumns(item, place).status();
    ARROW_RETURN_NOT_OK(ExpectObject(item, place));
    ARROW_RETURN_NOT_OK(CheckKeys(item, place, {"name", "columns", "unique"}));
    const JsonMember* columns = item.Find("columns");
    if (columns == nullptr) return Error(item.line, place + ": 'columns' is missing");
    ARROW_RETURN_NOT_OK(ReadFlag(item, "unique", false, place).status());
    if (item.Find("name") != nullptr) {
      ARROW_RETURN_NOT_OK(ReadText(item, "name", place).status());
    }
    return ReadKnownColumns(columns->value, place + ".columns").status();
  }

  arrow::Status ReadMasking(const JsonMember& member) {
    const std::string place = "data_masking";
    ARROW_RETURN_NOT_OK(ExpectObject(member.value, place));
    ARROW_RETURN_NOT_OK(CheckKeys(member.value, place, {"enabled", "masked_columns"}));
    ARROW_ASSIGN_OR_RAISE(const bool enabled,
                          ReadFlag(member.value, "enabled", true, place));
    const JsonMember* columns = member.value.Find("masked_columns");
    if (columns == nullptr) {
      if (!enabled) return arrow::Status::OK();
      return Error(member.line, place + ": 'masked_columns' is missing");
    }
    ARROW_RETURN_NOT_OK(Expect(*columns, JsonKind::kArray, place + ".masked_columns"));
    for (const JsonValue& item : columns->value.items) {
      ARROW_RETURN_NOT_OK(ReadMaskedColumn(item, enabled));
    }
    return arrow::Status::OK();
  }

  arrow::Status ReadMaskedColumn(const JsonValue& item, bool enabled) {
    const std::string place = "data_masking.masked_columns";
    ARROW_RETURN_NOT_OK(ExpectObject(item, place));
    ARROW_RETURN_NOT_OK(
        CheckKeys(item, place, {"column_name", "masking_type", "description"}));
    ARROW_RETURN_NOT_OK(ReadText(item, "column_name", place).status());
    ARROW_ASSIGN_OR_RAISE(
        std::string name,
        ReadKnownColumn(item.Find("column_name")->value, place + ".column_name"));
    ARROW_RETURN_NOT_OK(ReadText(item, "masking_type", place).status());
    ARROW_ASSIGN_OR_RAISE(
        MaskKind kind, ReadMaskKind(*item.Find("masking_type"), place + ".masking_type",
                                    rules_.file_name));
    if (!enabled) return arrow::Status::OK();
    ColumnRules& column = rules_.columns.at(name);
    if (column.mask) return Error(item.line, place + ": '" + name + "' is listed twice");
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
