#include "planner/planner.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <arrow/type.h>

#include "core/nearest.h"
#include "keelboat/error.h"
#include "planner/backfill.h"
#include "planner/increment.h"
#include "planner/schema_change.h"
#include "planner/slice.h"

namespace keelboat {
namespace {

/// A table below it is read within seconds.
constexpr int64_t kSmallBytes = int64_t{256} << 20;
constexpr int64_t kUsualRowBytes = 100;

bool Contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string Joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

arrow::Status CheckColumnsExist(const TableSpec& spec, const arrow::Schema& schema,
                                const std::vector<std::string>& names,
                                const char* setting) {
  for (const std::string& name : names) {
    if (schema.GetFieldIndex(name) >= 0) continue;
    return MakeError(ErrorKind::kConfig,
                     "table " + spec.table + ": " + setting + " names the column '" +
                         name + "', which the table does not have" +
                         DidYouMean(name, schema.field_names()),
                     {{"table", spec.table}, {"column", name}});
  }
  return arrow::Status::OK();
}

arrow::Result<std::shared_ptr<arrow::Schema>> PickColumns(const TableSpec& spec,
                                                          const arrow::Schema& schema) {
  ARROW_RETURN_NOT_OK(CheckColumnsExist(spec, schema, spec.columns, "columns"));
  ARROW_RETURN_NOT_OK(CheckColumnsExist(spec, schema, spec.exclude, "exclude"));
  arrow::FieldVector fields;
  for (const auto& field : schema.fields()) {
    if (!spec.columns.empty() && !Contains(spec.columns, field->name())) continue;
    if (Contains(spec.exclude, field->name())) continue;
    fields.push_back(field);
  }
  if (fields.empty()) {
    return MakeError(
        ErrorKind::kConfig,
        "table " + spec.table + ": columns and exclude leave no column to read",
        {{"table", spec.table}});
  }
  return arrow::schema(std::move(fields));
}

arrow::Status PickKey(const TableFacts& facts, TablePlan& plan) {
  const TableSpec& spec = facts.spec;
  ARROW_RETURN_NOT_OK(
      CheckColumnsExist(spec, *facts.relation.schema, spec.primary_key, "primary_key"));
  if (spec.primary_key.empty()) {
    plan.key = facts.relation.primary_key;
  } else if (facts.key_duplicates.value_or(0) == 0) {
    plan.key = spec.primary_key;
  } else {
    plan.warnings.push_back(
        "the declared key (" + Joined(spec.primary_key) +
        ") is not unique: " + std::to_string(*facts.key_duplicates) +
        " rows share their key with another row; it is not used as a key");
  }
  if (plan.spec.strategy != LoadStrategy::kFull) {
    for (const std::string& column : plan.key) {
      if (!facts.relation.schema->GetFieldByName(column)->nullable()) continue;
      plan.warnings.push_back("the declared key (" + Joined(plan.key) +
                              ") is not used: " + column + " may be null");
      plan.key.clear();
      break;
    }
  }
  // A key that is only partly read cannot identify what was read.
  for (const std::string& column : plan.key) {
    if (plan.schema->GetFieldIndex(column) < 0) {
      plan.key.clear();
      break;
    }
  }
  return arrow::Status::OK();
}

// Two runs at once: the one whose view is older may not overwrite what the other read.
arrow::Status CheckViewIsLater(const TableFacts& facts) {
  const auto& lake = facts.lake->configuration;
  const auto source = lake.find(lake_key::kSource);
  const auto taken = lake.find(lake_key::kTakenAt);
  if (source == lake.end() || source->second != facts.spec.source ||
      taken == lake.end() || facts.snapshot.taken_at.empty() ||
      taken->second <= facts.snapshot.taken_at) {
    return arrow::Status::OK();
  }
  return MakeError(ErrorKind::kConflict,
                   "table " + facts.spec.table + ": someone else has loaded it as of " +
                       taken->second + ", later than this run's view of " +
                       facts.snapshot.taken_at +
                       ": run again; if the server's clock was set back, with "
                       "--full-refresh",
                   {{"table", facts.spec.table}});
}

}  // namespace

bool IsProvenKey(const Relation& relation, const std::vector<std::string>& columns) {
  auto covered = [&](const std::vector<std::string>& key) {
    return !key.empty() &&
           std::all_of(key.begin(), key.end(), [&](const std::string& name) {
             auto field = relation.schema->GetFieldByName(name);
             return Contains(columns, name) && field != nullptr && !field->nullable();
           });
  };
  if (covered(relation.primary_key)) return true;
  return std::any_of(
      relation.indexes.begin(), relation.indexes.end(),
      [&](const Index& index) { return index.unique && covered(index.columns); });
}

arrow::Result<TablePlan> PlanTable(const PlanOptions& options, const TableFacts& facts) {
  TablePlan plan;
  plan.spec = facts.spec;
  plan.relation = facts.relation;
  plan.snapshot = facts.snapshot;
  ARROW_ASSIGN_OR_RAISE(plan.schema, PickColumns(facts.spec, *facts.relation.schema));
  if (!facts.spec.incremental_column.empty()) {
    ARROW_RETURN_NOT_OK(CheckColumnsExist(
        facts.spec, *plan.schema, {facts.spec.incremental_column}, "incremental_column"));
  }
  if (!facts.spec.partition_on.empty()) {
    ARROW_RETURN_NOT_OK(CheckColumnsExist(facts.spec, *facts.relation.schema,
                                          {facts.spec.partition_on}, "partition_on"));
  }
  if (facts.lake.has_value()) {
    plan.lake_version = facts.lake->version;
    if (!options.full_refresh) ARROW_RETURN_NOT_OK(CheckViewIsLater(facts));
    plan.schema_change = CompareSchemas(*facts.lake->schema, *plan.schema, facts.masked);
    if (!options.full_refresh) ARROW_RETURN_NOT_OK(ApplySchemaPolicy(plan));
  }
  ARROW_RETURN_NOT_OK(PickKey(facts, plan));
  if (options.backfill.has_value()) {
    ARROW_RETURN_NOT_OK(DecideBackfill(*options.backfill, facts, plan));
    plan.slices.push_back(WindowSlice(plan));
    return plan;
  }
  if (facts.spec.strategy != LoadStrategy::kFull) {
    ARROW_RETURN_NOT_OK(DecideIncrement(options, facts, plan));
  }
  plan.slices.push_back(
      WholeSlice(plan, options.row_limit, ConfigurationOf(options, facts, plan)));
  return plan;
}

bool BeginsBefore(const TablePlan& left, const TablePlan& right) {
  auto order = [](const TablePlan& plan) {
    return plan.spec.pipeline_order.value_or(std::numeric_limits<int>::max());
  };
  auto size = [](const TablePlan& plan) {
    return plan.relation.estimated_bytes.value_or(
        plan.relation.estimated_rows.value_or(0) * kUsualRowBytes);
  };
  if (order(left) != order(right)) return order(left) < order(right);
  const int64_t a = size(left);
  const int64_t b = size(right);
  if ((a < kSmallBytes) != (b < kSmallBytes)) return a < kSmallBytes;
  return a < kSmallBytes ? a < b : a > b;
}

}  // namespace keelboat
