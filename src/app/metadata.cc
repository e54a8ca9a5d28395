#include "app/metadata.h"

#include <algorithm>
#include <utility>

#include "app/lookback.h"
#include "app/metadata_tables.h"
#include "contracts/json_object.h"
#include "core/nearest.h"
#include "core/quantity.h"
#include "keelboat/error.h"

namespace keelboat {
namespace {

template <typename Choice>
arrow::Result<Choice> Choose(const JsonObject& object, const std::string& key,
                             const std::vector<std::pair<std::string, Choice>>& choices,
                             Choice otherwise) {
  ARROW_ASSIGN_OR_RAISE(std::optional<std::string> text, object.Text(key));
  if (!text) return otherwise;
  std::vector<std::string> names;
  std::string list;
  for (const auto& [name, choice] : choices) {
    if (name == *text) return choice;
    names.push_back(name);
    list += (list.empty() ? "" : ", ") + name;
  }
  return object.Error(key,
                      "'" + *text + "' is not one of " + list + DidYouMean(*text, names));
}

/// One table of the dictionary form.
class TableReader {
 public:
  TableReader(const JsonObject& object, TableSpec* spec)
      : object_(object), spec_(*spec) {}

  arrow::Status Read() {
    ARROW_RETURN_NOT_OK(object_.CheckKeys(
        {"load_strategy", "incremental_column", "description", "primary_key", "lookback",
         "null_cursor", "columns", "exclude", "where", "partition_on", "partitions",
         "schema_change", "full_refresh_every", "source"}));
    ARROW_ASSIGN_OR_RAISE(
        spec_.strategy, Choose<LoadStrategy>(object_, "load_strategy",
                                             {{"full", LoadStrategy::kFull},
                                              {"incremental", LoadStrategy::kIncremental},
                                              {"hybrid", LoadStrategy::kHybrid}},
                                             LoadStrategy::kFull));
    ARROW_ASSIGN_OR_RAISE(spec_.null_cursor,
                          Choose<NullCursor>(object_, "null_cursor",
                                             {{"fail", NullCursor::kFail},
                                              {"include", NullCursor::kInclude}},
                                             NullCursor::kFail));
    ARROW_ASSIGN_OR_RAISE(spec_.schema_change,
                          Choose<SchemaChange>(object_, "schema_change",
                                               {{"evolve", SchemaChange::kEvolve},
                                                {"freeze", SchemaChange::kFreeze},
                                                {"fail", SchemaChange::kFail}},
                                               SchemaChange::kEvolve));
    ARROW_RETURN_NOT_OK(ReadText("incremental_column", &spec_.incremental_column));
    ARROW_RETURN_NOT_OK(ReadText("description", &spec_.description));
    ARROW_RETURN_NOT_OK(ReadText("where", &spec_.where));
    ARROW_RETURN_NOT_OK(ReadText("partition_on", &spec_.partition_on));
    ARROW_RETURN_NOT_OK(ReadText("source", &spec_.source));
    ARROW_ASSIGN_OR_RAISE(spec_.primary_key, object_.Names("primary_key"));
    ARROW_ASSIGN_OR_RAISE(spec_.columns, object_.Names("columns"));
    ARROW_ASSIGN_OR_RAISE(spec_.exclude, object_.Names("exclude"));
    ARROW_ASSIGN_OR_RAISE(std::optional<int64_t> partitions,
                          object_.Integer("partitions", 1, 10'000));
    if (partitions) spec_.partitions = static_cast<int>(*partitions);
    ARROW_RETURN_NOT_OK(ReadLookback());
    ARROW_RETURN_NOT_OK(ReadRefresh());
    return CheckTogether();
  }

 private:
  arrow::Status ReadText(const std::string& key, std::string* text) const {
    ARROW_ASSIGN_OR_RAISE(std::optional<std::string> found, object_.Text(key));
    if (found && !found->empty()) *text = *std::move(found);
    return arrow::Status::OK();
  }

  /// "10m", "10000", or the number 10000.
  arrow::Status ReadLookback() {
    const JsonMember* member = object_.Find("lookback");
    if (member == nullptr) return arrow::Status::OK();
    const JsonValue& value = member->value;
    if (value.kind != JsonKind::kString && value.kind != JsonKind::kNumber) {
      return object_.Error("lookback",
                           std::string("expected a length of time or a number, "
                                       "found ") +
                               JsonKindName(value.kind));
    }
    if (arrow::Status valid = CheckLookback(value.text); !valid.ok()) {
      return object_.Error("lookback", valid.message());
    }
    spec_.lookback = value.text;
    return arrow::Status::OK();
  }

  arrow::Status ReadRefresh() {
    ARROW_ASSIGN_OR_RAISE(std::optional<std::string> text,
                          object_.Text("full_refresh_every"));
    if (!text) return arrow::Status::OK();
    auto period = ParseDuration(*text);
    if (!period.ok()) {
      return object_.Error("full_refresh_every", period.status().message());
    }
    if (period->count() <= 0) {
      return object_.Error("full_refresh_every", "must be longer than 0");
    }
    spec_.full_refresh_every = *period;
    return arrow::Status::OK();
  }

  arrow::Status CheckTogether() const {
    if (spec_.strategy != LoadStrategy::kFull && spec_.incremental_column.empty()) {
      return object_.Error("load_strategy", std::string("'") +
                                                LoadStrategyName(spec_.strategy) +
                                                "' needs an incremental_column");
    }
    if (object_.Find("load_strategy") == nullptr && !spec_.incremental_column.empty()) {
      return object_.Error(
          "incremental_column",
          "says nothing without a load_strategy (incremental or hybrid)");
    }
    for (const std::string& name : spec_.exclude) {
      if (Has(spec_.columns, name)) {
        return object_.Error("exclude", "'" + name + "' is among columns as well");
      }
    }
    ARROW_RETURN_NOT_OK(CheckIsRead("incremental_column", spec_.incremental_column));
    for (const std::string& name : spec_.primary_key) {
      ARROW_RETURN_NOT_OK(CheckIsRead("primary_key", name));
    }
    return arrow::Status::OK();
  }

  static bool Has(const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  }

  arrow::Status CheckIsRead(const std::string& key, const std::string& column) const {
    if (column.empty()) return arrow::Status::OK();
    if (Has(spec_.exclude, column)) {
      return object_.Error(key, "'" + column + "' is excluded from the columns read");
    }
    if (!spec_.columns.empty() && !Has(spec_.columns, column)) {
      return object_.Error(key, "'" + column + "' is not among columns");
    }
    return arrow::Status::OK();
  }

  const JsonObject& object_;
  TableSpec& spec_;
};

arrow::Result<std::vector<TableSpec>> ReadDictionary(const JsonValue& document,
                                                     const std::string& file_name,
                                                     const std::string& default_source) {
  std::vector<TableSpec> specs;
  for (const JsonMember& member : document.members) {
    if (member.name.empty()) {
      return JsonError(file_name, member.line, "a table's name is empty");
    }
    TableSpec spec;
    spec.table = member.name;
    spec.source = default_source;
    ARROW_ASSIGN_OR_RAISE(JsonObject object,
                          JsonObject::Make(member.value, member.name, file_name));
    ARROW_RETURN_NOT_OK(TableReader(object, &spec).Read());
    specs.push_back(std::move(spec));
  }
  return specs;
}

}  // namespace

arrow::Result<std::vector<TableSpec>> ParseTableMetadata(
    std::string_view json, const std::string& file_name,
    const std::string& default_source) {
  ARROW_ASSIGN_OR_RAISE(JsonValue document, ParseJson(json, file_name));
  if (document.kind != JsonKind::kObject) {
    return JsonError(file_name, document.line,
                     std::string("expected an object by table name, found ") +
                         JsonKindName(document.kind));
  }
  const JsonMember* tables = document.Find("tables");
  const bool list = document.Find("metadata_version") != nullptr ||
                    (tables != nullptr && tables->value.kind == JsonKind::kArray);
  ARROW_ASSIGN_OR_RAISE(std::vector<TableSpec> specs,
                        list ? ReadMetadataTables(document, file_name, default_source)
                             : ReadDictionary(document, file_name, default_source));
  std::stable_sort(
      specs.begin(), specs.end(), [](const TableSpec& left, const TableSpec& right) {
        if (!left.pipeline_order || !right.pipeline_order) {
          return left.pipeline_order.has_value() && !right.pipeline_order.has_value();
        }
        return *left.pipeline_order < *right.pipeline_order;
      });
  return specs;
}

}  // namespace keelboat
