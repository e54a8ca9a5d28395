#include "app/planning.h"

#include <algorithm>
#include <utility>

#include <arrow/type.h>

#include "core/stop.h"
#include "planner/planner.h"

namespace keelboat {
namespace {

// Whether an error says something of this table alone.
bool ConcernsOneTable(const arrow::Status& status) {
  switch (KindOf(status)) {
    case ErrorKind::kDenied:
    case ErrorKind::kContract:
    case ErrorKind::kData:
    case ErrorKind::kUnsupported:
    case ErrorKind::kConflict:
    case ErrorKind::kInternal:
      return true;
    default:
      return false;
  }
}

arrow::Result<TableFacts> GatherFacts(Source& source, const TableSpec& spec,
                                      LakeTable& lake_table,
                                      const std::stop_token& stop) {
  TableFacts facts;
  facts.spec = spec;
  ARROW_ASSIGN_OR_RAISE(facts.relation, source.DescribeTable(spec.table, stop));
  ARROW_ASSIGN_OR_RAISE(facts.lake, lake_table.Latest());
  const bool measurable =
      !spec.primary_key.empty() && !IsProvenKey(facts.relation, spec.primary_key);
  if (measurable) {
    bool known = true;
    for (const std::string& column : spec.primary_key) {
      known = known && facts.relation.schema->GetFieldIndex(column) >= 0;
    }
    // An unknown column is the planner's to complain about.
    if (known) {
      ARROW_ASSIGN_OR_RAISE(facts.key_duplicates,
                            source.CountDuplicates(spec.table, spec.primary_key, stop));
    }
  }
  return facts;
}

arrow::Result<TableTask> PlanOne(Project& project, const ConfiguredTable& table,
                                 const PlanOptions& options, Lake& lake,
                                 const std::stop_token& stop) {
  TableTask task;
  ARROW_ASSIGN_OR_RAISE(task.source, project.OpenSource(table.spec.source));
  ARROW_ASSIGN_OR_RAISE(task.lake_table, lake.Table(table.spec.table));
  ARROW_ASSIGN_OR_RAISE(task.quarantine_table,
                        lake.Table(table.spec.table + "__quarantine"));
  task.contract = table.contract.get();
  ARROW_ASSIGN_OR_RAISE(auto facts,
                        GatherFacts(*task.source, table.spec, *task.lake_table, stop));
  ARROW_ASSIGN_OR_RAISE(task.plan, PlanTable(options, facts));
  if (task.contract != nullptr) {
    // A contract that does not fit its table is told before any row moves.
    ARROW_RETURN_NOT_OK(
        task.contract
            ->Bind(task.plan.schema, task.plan.key, task.plan.spec.incremental_column)
            .status());
  }
  return task;
}

TableOutcome Refused(const TableSpec& spec, arrow::Status status) {
  TableOutcome outcome;
  outcome.table = spec.table;
  outcome.status = TableStatus::kFailed;
  outcome.strategy = LoadStrategyName(spec.strategy);
  outcome.error = std::move(status);
  return outcome;
}

}  // namespace

Plan PlanOf(const PlannedRun& run) {
  Plan plan;
  for (const TableTask& task : run.tasks) plan.tables.push_back(task.plan);
  return plan;
}

arrow::Result<PlannedRun> PlanRun(Project& project, PlanningRequest request, Lake& lake,
                                  const std::stop_token& stop) {
  PlannedRun run;
  run.tables = std::move(request.tables);
  PlanOptions options;
  options.full_refresh = request.full_refresh;
  if (request.test_mode) options.row_limit = kTestModeRows;
  for (const ConfiguredTable& table : run.tables) {
    ARROW_RETURN_NOT_OK(CheckStop(stop));
    auto task = PlanOne(project, table, options, lake, stop);
    if (task.ok()) {
      run.tasks.push_back(std::move(*task));
      continue;
    }
    auto status = AddContext(task.status(), "planning table " + table.spec.table);
    if (!ConcernsOneTable(status)) return status;
    run.refused.push_back(Refused(table.spec, std::move(status)));
  }
  std::stable_sort(run.tasks.begin(), run.tasks.end(), [](const auto& a, const auto& b) {
    return BeginsBefore(a.plan, b.plan);
  });
  return run;
}

arrow::Result<PlannedRun> PlanLoad(std::vector<ConfiguredTable> tables, Lake& lake) {
  PlannedRun run;
  run.tables = std::move(tables);
  for (const ConfiguredTable& table : run.tables) {
    TableTask task;
    task.plan.spec = table.spec;
    ARROW_ASSIGN_OR_RAISE(task.lake_table, lake.Table(table.spec.table));
    run.tasks.push_back(std::move(task));
  }
  return run;
}

}  // namespace keelboat
