#include "app/planning.h"

#include <algorithm>
#include <map>
#include <utility>

#include <arrow/type.h>

#include "core/stop.h"
#include "planner/cursor.h"
#include "planner/increment.h"
#include "planner/planner.h"
#include "planner/schema_change.h"
#include "planner/slice.h"

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
    case ErrorKind::kConfig:
    case ErrorKind::kNotFound:
      // A table, or a column of it, that is not there or will not do; else it is the
      // database.
      return !DetailOf(status, "table").empty() || !DetailOf(status, "column").empty();
    default:
      return false;
  }
}

// A load of more rows than that in the order of a cursor is committed slice by slice.
constexpr int64_t kSliceRows = 4'000'000;
// Pieces several times as many as workers, so that a slow one holds up nobody; large
// tables in pieces that make files of a good size.
constexpr int kPiecesAWorker = 4;
constexpr int64_t kPieceBytes = int64_t{512} << 20;
constexpr int64_t kMostPieces = 4096;

// Plans one table, again and again if need be. Outlives the tasks that it made.
class TablePlanner {
 public:
  TablePlanner(ConfiguredTable table, Source& source, std::shared_ptr<LakeTable> lake,
               PlanOptions options, int workers, const Clock& clock)
      : table_(std::move(table)),
        source_(source),
        lake_(std::move(lake)),
        options_(std::move(options)),
        workers_(workers),
        clock_(clock) {}

  arrow::Result<TablePlan> Plan(const std::string& full_because, SourceSnapshot& view,
                                const std::stop_token& stop) const {
    PlanOptions options = options_;
    options.full_because = full_because;
    options.now = clock_.Now();
    ARROW_ASSIGN_OR_RAISE(auto facts, GatherFacts(view, stop));
    ARROW_ASSIGN_OR_RAISE(auto plan, PlanTable(options, facts));
    if (table_.contract != nullptr) {
      // A contract that does not fit its table is told before any row moves.
      ARROW_RETURN_NOT_OK(
          table_.contract->Bind(plan.schema, plan.key, plan.spec.incremental_column)
              .status());
    }
    if (options.row_limit.has_value()) return plan;
    ARROW_RETURN_NOT_OK(Slice(facts, plan, stop));
    ARROW_RETURN_NOT_OK(CutPartitions(
        [&](const Partition& partition) { return Pieces(plan, partition, stop); }, plan));
    return plan;
  }

 private:
  arrow::Result<TableFacts> GatherFacts(SourceSnapshot& view,
                                        const std::stop_token& stop) const {
    const TableSpec& spec = table_.spec;
    TableFacts facts;
    facts.spec = spec;
    facts.snapshot = view.info();
    facts.masks = MasksText(table_.contract.get());
    if (table_.contract != nullptr) {
      for (const auto& [column, kind] : table_.contract->masks()) {
        facts.masked.push_back(column);
      }
    }
    ARROW_ASSIGN_OR_RAISE(facts.relation, source_.DescribeTable(spec.table, stop));
    ARROW_ASSIGN_OR_RAISE(facts.lake, lake_->Latest());
    const arrow::Schema& schema = *facts.relation.schema;
    bool measurable =
        !spec.primary_key.empty() && !IsProvenKey(facts.relation, spec.primary_key);
    for (const std::string& column : spec.primary_key) {
      // An unknown column is the planner's to complain about.
      measurable = measurable && schema.GetFieldIndex(column) >= 0;
    }
    if (measurable) {
      ARROW_ASSIGN_OR_RAISE(facts.key_duplicates,
                            source_.CountDuplicates(spec.table, spec.primary_key, stop));
    }
    const auto cursor = schema.GetFieldByName(spec.incremental_column);
    // A backfill leaves progress where it is.
    if (spec.strategy != LoadStrategy::kFull && !options_.row_limit.has_value() &&
        !options_.backfill.has_value() && cursor != nullptr &&
        CursorKindOf(*cursor).ok()) {
      ARROW_ASSIGN_OR_RAISE(
          facts.cursor,
          view.MeasureCursor(facts.relation, spec.incremental_column, spec.where, stop));
      ARROW_RETURN_NOT_OK(FindTextBehind(view, *cursor, facts, stop));
    }
    return facts;
  }

  // Nobody else can say whether the largest text of a cursor is behind the one before.
  arrow::Status FindTextBehind(SourceSnapshot& view, const arrow::Field& cursor,
                               TableFacts& facts, const std::stop_token& stop) const {
    ARROW_ASSIGN_OR_RAISE(CursorKind kind, CursorKindOf(cursor));
    if (kind != CursorKind::kText || !facts.lake.has_value()) return arrow::Status::OK();
    const std::string watermark = ValueOf(*facts.lake, lake_key::kWatermark);
    const bool followed =
        ValueOf(*facts.lake, lake_key::kCursor) == cursor.name() &&
        ValueOf(*facts.lake, lake_key::kCursorType) == SourceTypeOf(cursor) &&
        facts.cursor->max.has_value();
    if (!followed || *facts.cursor->max == watermark) return arrow::Status::OK();
    Partition above;
    above.source = facts.spec.source;
    above.table = facts.spec.table;
    above.columns = {cursor.name()};
    above.where = facts.spec.where;
    above.snapshot = view.info().id;
    Predicate range;
    range.columns = {cursor.name()};
    range.lower = {watermark};
    above.predicates.push_back(std::move(range));
    ARROW_ASSIGN_OR_RAISE(auto reader, view.Read(facts.relation, above, stop));
    std::shared_ptr<arrow::RecordBatch> batch;
    ARROW_RETURN_NOT_OK(reader->ReadNext(&batch));
    facts.cursor_is_back = batch == nullptr || batch->num_rows() == 0;
    return reader->Close();
  }

  // Divides a long first load, and what is left of one.
  arrow::Status Slice(const TableFacts& facts, TablePlan& plan,
                      const std::stop_token& stop) const {
    const int64_t rows = facts.relation.estimated_rows.value_or(0);
    // A table that is there already stays whole until it is replaced.
    const bool in_order =
        plan.cursor.has_value() &&
        (plan.strategy == LoadStrategy::kIncremental || !facts.lake.has_value());
    if (!in_order || rows <= kSliceRows || !facts.cursor->indexed ||
        plan.cursor->kind == CursorKind::kText || !plan.cursor->open_from.has_value()) {
      return arrow::Status::OK();
    }
    SplitRequest request;
    request.on = {plan.cursor->column};
    request.where = plan.spec.where;
    request.pieces = static_cast<int>(rows / kSliceRows) + 1;
    if (plan.cursor->from.has_value()) {
      Predicate rest;
      rest.columns = request.on;
      rest.lower = {*plan.cursor->from};
      request.within = {std::move(rest)};
      request.least_rows = kSliceRows / 2;
    }
    ARROW_ASSIGN_OR_RAISE(auto split,
                          source_.SplitRelation(plan.relation, request, stop));
    std::vector<std::string> bounds;
    for (const Split::Piece& piece : split.pieces) {
      if (!piece.predicate.has_value() || piece.predicate->upper.empty()) continue;
      bounds.push_back(piece.predicate->upper.front());
    }
    return SliceAt(bounds, plan);
  }

  arrow::Result<Split> Pieces(const TablePlan& plan, const Partition& partition,
                              const std::stop_token& stop) const {
    const TableSpec& spec = plan.spec;
    SplitRequest request;
    if (!spec.partition_on.empty()) request.on = {spec.partition_on};
    request.within = partition.predicates;
    request.where = partition.where;
    if (spec.partitions.has_value()) {
      request.pieces = *spec.partitions;
      request.least_rows = 1;
    } else {
      const int64_t by_size = plan.relation.estimated_bytes.value_or(0) / kPieceBytes;
      request.pieces = static_cast<int>(
          std::clamp<int64_t>(by_size, int64_t{workers_} * kPiecesAWorker, kMostPieces));
    }
    return source_.SplitRelation(plan.relation, request, stop);
  }

  const ConfiguredTable table_;
  Source& source_;
  const std::shared_ptr<LakeTable> lake_;
  const PlanOptions options_;
  const int workers_;
  const Clock& clock_;
};

// The views of a run's sources, each opened when the first table asks for it; or one for
// every table.
class Views {
 public:
  explicit Views(SnapshotRequest request) : request_(request) {}

  arrow::Result<std::shared_ptr<SourceSnapshot>> Of(Source& source,
                                                    const std::stop_token& stop) {
    if (request_.at_first_read) return source.OpenSnapshot(request_, stop);
    auto& view = views_[&source];
    if (view == nullptr) {
      ARROW_ASSIGN_OR_RAISE(view, source.OpenSnapshot(request_, stop));
    }
    return view;
  }

 private:
  const SnapshotRequest request_;
  std::map<Source*, std::shared_ptr<SourceSnapshot>> views_;
};

arrow::Result<TableTask> PlanOne(Project& project, const ConfiguredTable& table,
                                 const PlanOptions& options, int workers, Lake& lake,
                                 Views& views, const std::stop_token& stop) {
  TableTask task;
  ARROW_ASSIGN_OR_RAISE(task.source, project.OpenSource(table.spec.source));
  ARROW_ASSIGN_OR_RAISE(task.lake_table, lake.Table(table.spec.table));
  ARROW_ASSIGN_OR_RAISE(task.quarantine_table,
                        lake.Table(table.spec.table + "__quarantine"));
  task.contract = table.contract.get();
  ARROW_ASSIGN_OR_RAISE(task.snapshot, views.Of(*task.source, stop));
  auto planner = std::make_shared<TablePlanner>(table, *task.source, task.lake_table,
                                                options, workers, project.clock());
  task.replan = [planner](const std::string& full_because, SourceSnapshot& view,
                          const std::stop_token& stop) {
    return planner->Plan(full_because, view, stop);
  };
  ARROW_ASSIGN_OR_RAISE(task.plan, task.replan("", *task.snapshot, stop));
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

std::string MasksText(const Contract* contract) {
  std::string text;
  if (contract == nullptr) return text;
  for (const auto& [column, kind] : contract->masks()) {
    text += (text.empty() ? "" : " ") + column +
            (kind == MaskKind::kHash ? ":hash" : ":partial");
  }
  return text;
}

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
  options.backfill = request.backfill;
  run.snapshot.connections = request.workers;
  run.snapshot.at_first_read = project.config().run.snapshot == SnapshotMode::kPerTable;
  Views views(run.snapshot);
  for (const ConfiguredTable& table : run.tables) {
    ARROW_RETURN_NOT_OK(CheckStop(stop));
    auto task = PlanOne(project, table, options, request.workers, lake, views, stop);
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
