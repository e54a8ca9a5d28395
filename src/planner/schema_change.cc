#include "planner/schema_change.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>

#include "core/field_metadata.h"
#include "keelboat/error.h"

namespace keelboat {
namespace {

std::string Joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

arrow::Status Forbidden(const TableSpec& spec, const std::string& what) {
  const char* policy = spec.schema_change == SchemaChange::kFail ? "fail" : "freeze";
  return MakeError(ErrorKind::kContract,
                   "table " + spec.table + ": the source's columns changed (" + what +
                       ") and schema_change is " + policy +
                       "; set schema_change to evolve to accept the change",
                   {{"table", spec.table}});
}

}  // namespace

std::string SourceTypeOf(const arrow::Field& field) {
  if (field.metadata() != nullptr) {
    auto type = field.metadata()->Get(kSourceTypeKey);
    if (type.ok()) return *type;
  }
  return field.type()->ToString();
}

SchemaDelta CompareSchemas(const arrow::Schema& lake, const arrow::Schema& source,
                           const std::vector<std::string>& masked) {
  SchemaDelta delta;
  for (const auto& field : source.fields()) {
    auto before = lake.GetFieldByName(field->name());
    if (before == nullptr) {
      delta.added.push_back(field->name());
    } else if (std::find(masked.begin(), masked.end(), field->name()) != masked.end()) {
      // The lake has a text in its place; the mask itself is compared elsewhere.
    } else if (SourceTypeOf(*before) != SourceTypeOf(*field)) {
      delta.retyped.push_back(field->name() + ": " + SourceTypeOf(*before) + " -> " +
                              SourceTypeOf(*field));
    }
  }
  for (const auto& field : lake.fields()) {
    if (source.GetFieldIndex(field->name()) < 0) delta.dropped.push_back(field->name());
  }
  return delta;
}

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
    const auto& added = delta.added;
    if (std::find(added.begin(), added.end(), field->name()) == added.end()) {
      kept.push_back(field);
    }
  }
  plan.warnings.push_back("schema_change is freeze: new columns are left out: " +
                          Joined(delta.added));
  plan.schema = arrow::schema(std::move(kept));
  return arrow::Status::OK();
}

std::string DescribeChange(const SchemaDelta& delta) {
  std::string text;
  auto add = [&](const std::string& part) { text += (text.empty() ? "" : "; ") + part; };
  if (!delta.added.empty()) add("added " + Joined(delta.added));
  if (!delta.dropped.empty()) add("dropped " + Joined(delta.dropped));
  if (!delta.retyped.empty()) add(Joined(delta.retyped));
  return text;
}

}  // namespace keelboat
