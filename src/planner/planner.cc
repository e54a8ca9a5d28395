#include "planner/planner.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>

#include "core/field_metadata.h"
#include "core/nearest.h"
#include "keelboat/error.h"

namespace keelboat {
namespace {

bool Contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string Joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::string SourceType(const arrow::Field& field) {
  if (field.metadata() != nullptr) {
    auto type = field.metadata()->Get(kSourceTypeKey);
    if (type.ok()) return *type;
  }
  return field.type()->ToString();
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

SchemaDelta Compare(const arrow::Schema& lake, const arrow::Schema& source) {
  SchemaDelta delta;
  for (const auto& field : source.fields()) {
    auto before = lake.GetFieldByName(field->name());
    if (before == nullptr) {
      delta.added.push_back(field->name());
    } else if (SourceType(*before) != SourceType(*field)) {
      delta.retyped.push_back(field->name() + ": " + SourceType(*before) + " -> " +
                              SourceType(*field));
    }
  }
  for (const auto& field : lake.fields()) {
    if (source.GetFieldIndex(field->name()) < 0) delta.dropped.push_back(field->name());
  }
  return delta;
}

arrow::Status Forbidden(const TableSpec& spec, const std::string& what) {
  const char* policy = spec.schema_change == SchemaChange::kFail ? "fail" : "freeze";
  return MakeError(ErrorKind::kContract,
                   "table " + spec.table + ": the source's columns changed (" + what +
                       ") and schema_change is " + policy +
                       "; set schema_change to evolve to accept the change",
                   {{"table", spec.table}});
}

// Applies `schema_change` to a table that is read whole: anything may evolve.
arrow::Status ApplySchemaPolicy(TablePlan& plan) {
  const SchemaDelta& delta = plan.schema_change;
  if (delta.empty() || plan.spec.schema_change == SchemaChange::kEvolve) {
    return arrow::Status::OK();
  }
  if (!delta.retyped.empty()) return Forbidden(plan.spec, Joined(delta.retyped));
  if (!delta.dropped.empty()) {
    return Forbidden(plan.spec, "dropped " + Joined(delta.dropped));
  }
  if (plan.spec.schema_change == SchemaChange::kFail) {
    return Forbidden(plan.spec, "added " + Joined(delta.added));
  }
  arrow::FieldVector kept;
  for (const auto& field : plan.schema->fields()) {
    if (!Contains(delta.added, field->name())) kept.push_back(field);
  }
  plan.warnings.push_back("schema_change is freeze: new columns are left out: " +
                          Joined(delta.added));
  plan.schema = arrow::schema(std::move(kept));
  return arrow::Status::OK();
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
  // A key that is only partly read cannot identify what was read.
  for (const std::string& column : plan.key) {
    if (plan.schema->GetFieldIndex(column) < 0) {
      plan.key.clear();
      break;
    }
  }
  return arrow::Status::OK();
}

std::string ReasonForFull(const PlanOptions& options, const TableSpec& spec) {
  if (spec.strategy == LoadStrategy::kFull) return {};
  const std::string asked = LoadStrategyName(spec.strategy);
  if (options.full_refresh) return "full refresh was asked for";
  return "this version loads " + asked + " tables in full";
}

Partition WholeTable(const PlanOptions& options, const TablePlan& plan) {
  Partition partition;
  partition.source = plan.spec.source;
  partition.table = plan.spec.table;
  partition.columns = plan.schema->field_names();
  partition.where = plan.spec.where;
  partition.limit = options.row_limit;
  return partition;
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
    plan.schema_change = Compare(*facts.lake->schema, *plan.schema);
    if (!options.full_refresh) ARROW_RETURN_NOT_OK(ApplySchemaPolicy(plan));
  }
  ARROW_RETURN_NOT_OK(PickKey(facts, plan));
  if (facts.spec.partitions.value_or(1) > 1 || !facts.spec.partition_on.empty()) {
    plan.warnings.push_back(
        "this version reads every table as one stream: partitions and "
        "partition_on do not split it");
  }
  plan.reason = ReasonForFull(options, facts.spec);
  plan.partitions.push_back(WholeTable(options, plan));
  return plan;
}

bool BeginsBefore(const TablePlan& left, const TablePlan& right) {
  auto order = [](const TablePlan& plan) {
    return plan.spec.pipeline_order.value_or(std::numeric_limits<int>::max());
  };
  auto size = [](const TablePlan& plan) {
    return plan.relation.estimated_bytes.value_or(
        plan.relation.estimated_rows.value_or(0));
  };
  if (order(left) != order(right)) return order(left) < order(right);
  return size(left) > size(right);
}

}  // namespace keelboat
