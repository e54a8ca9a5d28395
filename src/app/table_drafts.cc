#include "app/table_drafts.h"

#include <memory>
#include <optional>
#include <set>
#include <utility>

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "contracts/compute.h"
#include "keelboat/error.h"
#include "planner/planner.h"

namespace keelboat {
namespace {

// The table in the lake; nullopt where there is none, or no lake yet.
arrow::Result<std::optional<LakeSnapshot>> InLake(LakeTable& table) {
  auto newest = table.Latest();
  if (!newest.ok() && KindOf(newest.status()) == ErrorKind::kNotFound) {
    return std::nullopt;
  }
  return newest;
}

arrow::Result<TableDraft> FromSource(Project& project, const ConfiguredTable& table,
                                     const LakeTable& lake_table,
                                     const std::stop_token& stop) {
  ARROW_ASSIGN_OR_RAISE(Source * source, project.OpenSource(table.spec.source));
  TableFacts facts;
  facts.spec = table.spec;
  // Columns are the same whatever the strategy, and nothing has to be measured for it.
  facts.spec.strategy = LoadStrategy::kFull;
  ARROW_ASSIGN_OR_RAISE(facts.relation, source->DescribeTable(table.spec.table, stop));
  PlanOptions options;
  options.now = project.clock().Now();
  ARROW_ASSIGN_OR_RAISE(const TablePlan plan, PlanTable(options, facts));
  const auto schema =
      table.contract == nullptr ? plan.schema : table.contract->MaskedSchema(plan.schema);
  ARROW_ASSIGN_OR_RAISE(auto none, arrow::RecordBatch::MakeEmpty(schema));
  ARROW_ASSIGN_OR_RAISE(auto in_lake, lake_table.ToLakeTypes(*none));
  TableDraft draft{table.spec.table, in_lake->schema(), table.spec.description};
  if (draft.description.empty()) draft.description = facts.relation.comment;
  return draft;
}

arrow::Result<TableDraft> DraftOf(Project& project, const ConfiguredTable& table,
                                  Lake& lake, const std::stop_token& stop) {
  ARROW_ASSIGN_OR_RAISE(auto lake_table, lake.Table(table.spec.table));
  ARROW_ASSIGN_OR_RAISE(auto newest, InLake(*lake_table));
  if (newest.has_value()) {
    return TableDraft{table.spec.table, newest->schema, newest->description};
  }
  return FromSource(project, table, *lake_table, stop);
}

// Whether an error is about the whole source, and the next table would have the same.
bool ConcernsSource(const arrow::Status& status) {
  return ExitCodeOf(KindOf(status)) == 3;
}

}  // namespace

DraftedTables DraftTables(Project& project, const std::stop_token& stop) {
  DraftedTables drafted;
  auto fail = [&](std::string what, const arrow::Status& error) {
    drafted.failures.push_back({std::move(what), error});
  };
  auto lake = project.OpenLake(false);
  auto tables = project.Tables({}, stop);
  const arrow::Status ready = PrepareCompute();
  if (!ready.ok() || !lake.ok() || !tables.ok()) {
    fail("tables", !ready.ok() ? ready : !lake.ok() ? lake.status() : tables.status());
    return drafted;
  }
  std::set<std::string> unreachable;
  for (const ConfiguredTable& table : *tables) {
    const std::string& source = table.spec.source;
    if (stop.stop_requested() || unreachable.contains(source)) continue;
    auto draft = DraftOf(project, table, **lake, stop);
    if (draft.ok()) {
      drafted.drafts.push_back(*std::move(draft));
    } else if (ConcernsSource(draft.status())) {
      unreachable.insert(source);
      fail("tables of " + source, draft.status());
    } else {
      fail("table " + table.spec.table, draft.status());
    }
  }
  return drafted;
}

}  // namespace keelboat
