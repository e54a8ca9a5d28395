#include "app/metadata_tables.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <limits>
#include <map>
#include <utility>

#include "contracts/json_object.h"
#include "core/nearest.h"
#include "keelboat/error.h"

namespace keelboat {
namespace {

std::string Upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

arrow::Status ReadRetryPolicy(const JsonObject& object, RetryPolicy* policy) {
  ARROW_RETURN_NOT_OK(object.CheckKeys(
      {"max_retries", "retry_delay", "retry_delay_seconds", "exponential_backoff"}));
  ARROW_ASSIGN_OR_RAISE(std::optional<int64_t> retries,
                        object.Integer("max_retries", 0, 100));
  if (retries) policy->max_retries = static_cast<int>(*retries);
  if (object.Find("retry_delay") != nullptr &&
      object.Find("retry_delay_seconds") != nullptr) {
    return object.Error("retry_delay", "is given as retry_delay_seconds too");
  }
  for (const char* key : {"retry_delay", "retry_delay_seconds"}) {
    ARROW_ASSIGN_OR_RAISE(std::optional<int64_t> seconds, object.Integer(key, 0, 86'400));
    if (seconds) policy->delay = std::chrono::seconds(*seconds);
  }
  policy->max_delay = std::max(policy->max_delay, policy->delay);
  ARROW_ASSIGN_OR_RAISE(std::optional<bool> exponential,
                        object.Flag("exponential_backoff"));
  if (exponential) policy->exponential_backoff = *exponential;
  return arrow::Status::OK();
}

/// A share from 0 to 1, bare or as `{"enabled", "threshold", "description"}`.
arrow::Result<std::optional<double>> ReadThreshold(const JsonObject& checks,
                                                   const std::string& name) {
  const JsonMember* member = checks.Find(name);
  if (member == nullptr) return std::nullopt;
  const JsonValue* threshold = &member->value;
  if (member->value.kind == JsonKind::kObject) {
    ARROW_ASSIGN_OR_RAISE(std::optional<JsonObject> check, checks.Object(name));
    ARROW_RETURN_NOT_OK(check->CheckKeys({"enabled", "threshold", "description"}));
    ARROW_RETURN_NOT_OK(check->Text("description").status());
    ARROW_ASSIGN_OR_RAISE(std::optional<bool> enabled, check->Flag("enabled"));
    const JsonMember* inner = check->Find("threshold");
    if (!enabled.value_or(true)) return std::nullopt;
    if (inner == nullptr) return 1.0;
    threshold = &inner->value;
  }
  if (threshold->kind == JsonKind::kNumber) {
    const std::string& text = threshold->text;
    double share = -1;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), share);
    if (parsed.ec == std::errc() && share >= 0 && share <= 1) return share;
  }
  return JsonError(checks.file_name(), threshold->line,
                   checks.PlaceOf(name) + ": the threshold is a share from 0 to 1");
}

arrow::Status ReadQualityChecks(const JsonObject& object, QualityChecks* checks) {
  ARROW_RETURN_NOT_OK(object.CheckKeys(
      {"primary_key_uniqueness", "null_check_primary_keys", "row_count_validation"}));
  ARROW_ASSIGN_OR_RAISE(checks->primary_key_uniqueness,
                        ReadThreshold(object, "primary_key_uniqueness"));
  ARROW_ASSIGN_OR_RAISE(checks->null_check_primary_keys,
                        ReadThreshold(object, "null_check_primary_keys"));
  ARROW_ASSIGN_OR_RAISE(checks->row_count_validation,
                        ReadThreshold(object, "row_count_validation"));
  return arrow::Status::OK();
}

/// What holds for every table of the file.
struct Defaults {
  std::string source;
  RetryPolicy retry;
  QualityChecks quality;
};

arrow::Result<Defaults> ReadDefaults(const JsonObject& root,
                                     const std::string& default_source) {
  Defaults defaults;
  defaults.source = default_source;
  for (const char* label :
       {"metadata_version", "created_date", "description", "source_system"}) {
    ARROW_RETURN_NOT_OK(root.Text(label).status());
  }
  ARROW_RETURN_NOT_OK(root.Names("target_systems").status());
  ARROW_RETURN_NOT_OK(root.Object("load_strategies").status());
  ARROW_ASSIGN_OR_RAISE(std::optional<JsonObject> checks,
                        root.Object("data_quality_checks"));
  if (checks) ARROW_RETURN_NOT_OK(ReadQualityChecks(*checks, &defaults.quality));
  // Connections come from keelboat.yaml or the environment; only the retries are read.
  ARROW_ASSIGN_OR_RAISE(std::optional<JsonObject> connections,
                        root.Object("data_source_config"));
  ARROW_ASSIGN_OR_RAISE(std::optional<JsonObject> retry, root.Object("retry_policy"));
  if (!retry && connections) {
    ARROW_ASSIGN_OR_RAISE(retry, connections->Object("retry_policy"));
  }
  if (retry) ARROW_RETURN_NOT_OK(ReadRetryPolicy(*retry, &defaults.retry));
  return defaults;
}

/// keelboat names lake and warehouse tables after the source's; a file that asks for
/// other names, or for other bytes than Parquet, cannot be followed in silence.
arrow::Status CheckTargets(const JsonObject& table, const std::string& name) {
  ARROW_ASSIGN_OR_RAISE(std::optional<JsonObject> targets, table.Object("targets"));
  if (!targets) return arrow::Status::OK();
  for (const JsonMember& member : targets->value().members) {
    ARROW_ASSIGN_OR_RAISE(std::optional<JsonObject> target, targets->Object(member.name));
    if (!target) continue;
    ARROW_RETURN_NOT_OK(
        target->CheckKeys({"target_table", "target_path", "format", "compression"}));
    ARROW_RETURN_NOT_OK(target->Text("target_path").status());
    ARROW_RETURN_NOT_OK(target->Text("compression").status());
    ARROW_ASSIGN_OR_RAISE(std::optional<std::string> renamed,
                          target->Text("target_table"));
    if (renamed && Upper(*renamed) != Upper(name)) {
      return target->Error("target_table",
                           "'" + *renamed + "' differs from the source table '" + name +
                               "': tables keep the source's name; rename "
                               "in a dbt model");
    }
    ARROW_ASSIGN_OR_RAISE(std::optional<std::string> format, target->Text("format"));
    if (format && Upper(*format) != "PARQUET") {
      return target->Error("format", "'" + *format + "': the lake holds parquet");
    }
  }
  return arrow::Status::OK();
}

arrow::Status ReadStrategy(const JsonObject& table, TableSpec* spec) {
  const std::map<std::string, LoadStrategy> strategies = {
      {"full_load", LoadStrategy::kFull},
      {"incremental_by_watermark", LoadStrategy::kIncremental},
      {"incremental_by_partition", LoadStrategy::kHybrid},
      {"full", LoadStrategy::kFull},
      {"incremental", LoadStrategy::kIncremental},
      {"hybrid", LoadStrategy::kHybrid}};
  ARROW_ASSIGN_OR_RAISE(std::string text, table.RequiredText("strategy"));
  const auto found = strategies.find(text);
  if (found == strategies.end()) {
    std::vector<std::string> names;
    for (const auto& [name, strategy] : strategies) names.push_back(name);
    return table.Error("strategy",
                       "'" + text +
                           "' is not one of full_load, incremental_by_watermark, "
                           "incremental_by_partition" +
                           DidYouMean(text, names));
  }
  spec->strategy = found->second;
  ARROW_ASSIGN_OR_RAISE(std::optional<std::string> watermark,
                        table.Text("watermark_column"));
  ARROW_ASSIGN_OR_RAISE(std::optional<std::string> partition,
                        table.Text("partition_column"));
  spec->incremental_column = watermark.value_or("");
  // Loading by partition follows the partition's column where no watermark is named.
  if (spec->incremental_column.empty() && spec->strategy == LoadStrategy::kHybrid) {
    spec->incremental_column = partition.value_or("");
  }
  if (spec->strategy == LoadStrategy::kFull || !spec->incremental_column.empty()) {
    return arrow::Status::OK();
  }
  return table.Error("strategy", "'" + text + "' needs a watermark_column");
}

arrow::Result<TableSpec> ReadTable(const JsonValue& value, const std::string& file_name,
                                   const Defaults& defaults) {
  ARROW_ASSIGN_OR_RAISE(JsonObject unnamed, JsonObject::Make(value, "tables", file_name));
  TableSpec spec;
  ARROW_ASSIGN_OR_RAISE(spec.table, unnamed.RequiredText("source_table"));
  ARROW_ASSIGN_OR_RAISE(JsonObject table, JsonObject::Make(value, spec.table, file_name));
  ARROW_RETURN_NOT_OK(table.CheckKeys(
      {"source_table", "targets", "strategy", "description", "primary_key",
       "load_frequency", "partition_column", "watermark_column", "data_classification",
       "estimated_row_count", "schema_file", "pipeline_order"}));
  spec.source = defaults.source;
  spec.retry = defaults.retry;
  spec.quality = defaults.quality;
  ARROW_RETURN_NOT_OK(ReadStrategy(table, &spec));
  ARROW_RETURN_NOT_OK(CheckTargets(table, spec.table));
  ARROW_ASSIGN_OR_RAISE(spec.primary_key, table.Names("primary_key"));
  ARROW_ASSIGN_OR_RAISE(std::optional<std::string> description,
                        table.Text("description"));
  spec.description = description.value_or("");
  ARROW_ASSIGN_OR_RAISE(std::optional<std::string> schema_file,
                        table.Text("schema_file"));
  spec.contract_file = schema_file.value_or("");
  ARROW_ASSIGN_OR_RAISE(std::optional<int64_t> order,
                        table.Integer("pipeline_order", std::numeric_limits<int>::min(),
                                      std::numeric_limits<int>::max()));
  if (order) spec.pipeline_order = static_cast<int>(*order);
  ARROW_RETURN_NOT_OK(table.Text("load_frequency").status());
  ARROW_RETURN_NOT_OK(table.Text("data_classification").status());
  ARROW_RETURN_NOT_OK(
      table.Integer("estimated_row_count", 0, std::numeric_limits<int64_t>::max())
          .status());
  return spec;
}

}  // namespace

arrow::Result<std::vector<TableSpec>> ReadMetadataTables(
    const JsonValue& document, const std::string& file_name,
    const std::string& default_source) {
  ARROW_ASSIGN_OR_RAISE(JsonObject root, JsonObject::Make(document, "", file_name));
  ARROW_RETURN_NOT_OK(
      root.CheckKeys({"metadata_version", "created_date", "description", "source_system",
                      "target_systems", "tables", "load_strategies",
                      "data_quality_checks", "data_source_config", "retry_policy"}));
  ARROW_RETURN_NOT_OK(root.Require("tables").status());
  ARROW_ASSIGN_OR_RAISE(const std::vector<JsonValue>* tables, root.List("tables"));
  ARROW_ASSIGN_OR_RAISE(const Defaults defaults, ReadDefaults(root, default_source));
  std::vector<TableSpec> specs;
  std::map<std::string, int> lines;
  for (const JsonValue& value : *tables) {
    ARROW_ASSIGN_OR_RAISE(TableSpec spec, ReadTable(value, file_name, defaults));
    const auto [first, fresh] = lines.emplace(spec.table, value.line);
    if (!fresh) {
      return JsonError(file_name, value.line,
                       "tables: '" + spec.table + "' is listed twice, first on line " +
                           std::to_string(first->second));
    }
    specs.push_back(std::move(spec));
  }
  return specs;
}

}  // namespace keelboat
