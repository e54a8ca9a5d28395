#include "app/pipeline.h"

#include <algorithm>
#include <set>
#include <thread>
#include <utility>

#include "app/planning.h"
#include "core/full_disk.h"
#include "core/retry.h"
#include "core/stop.h"
#include "engine/engine.h"
#include "keelboat/error.h"

namespace keelboat {
namespace {

int ExitCodeOf(const TableOutcome& outcome) {
  if (outcome.status == TableStatus::kOk || outcome.status == TableStatus::kSkipped)
    return 0;
  // Of one table among others these are failures of the table, not of the command; but
  // not where they are about a setting that all tables share.
  const bool of_the_table = DetailOf(outcome.error, "setting").empty();
  switch (KindOf(outcome.error)) {
    case ErrorKind::kConfig:
    case ErrorKind::kNotFound:
      return of_the_table ? 1 : keelboat::ExitCodeOf(outcome.error);
    default:
      return keelboat::ExitCodeOf(outcome.error);
  }
}

// Runs one command; its members are what its phases share.
class Pipeline {
 public:
  Pipeline(Project& project, const PipelineRequest& request, const std::string& run_id,
           Observer& observer, const std::stop_token& stop)
      : project_(project), request_(request), observer_(observer), stop_(stop) {
    report_.run_id = run_id;
  }

  PipelineReport Run() {
    report_.error = RunPhases();
    report_.exit_code = ExitCode();
    return std::move(report_);
  }

 private:
  arrow::Status RunPhases() {
    ARROW_RETURN_NOT_OK(CheckSupported(project_.config(),
                                       {.extract = request_.extract, .observe = true}));
    ARROW_RETURN_NOT_OK(Plan());
    if (request_.transform) ARROW_RETURN_NOT_OK(StartDbt());
    ARROW_RETURN_NOT_OK(Move());
    if (request_.transform) ARROW_RETURN_NOT_OK(Transform());
    return arrow::Status::OK();
  }

  arrow::Status Plan() {
    if (request_.extract || request_.load) {
      const bool read_next = request_.extract && request_.load;
      ARROW_ASSIGN_OR_RAISE(lake_, project_.OpenLake(request_.test_mode, read_next));
    }
    if (request_.load || request_.transform) {
      ARROW_ASSIGN_OR_RAISE(warehouse_,
                            project_.OpenWarehouse(request_.test_mode, report_.run_id));
    }
    if (!request_.extract && !request_.load) return arrow::Status::OK();
    if (!request_.extract) {
      ARROW_ASSIGN_OR_RAISE(auto tables, project_.Tables(request_.tables, stop_));
      ARROW_ASSIGN_OR_RAISE(planned_, PlanLoad(std::move(tables), *lake_));
      return arrow::Status::OK();
    }
    if (request_.test_mode) ARROW_RETURN_NOT_OK(EmptyTestLake());
    auto tell = [&](int, std::chrono::milliseconds pause, const arrow::Status& cause) {
      observer_.On(Warned{"", "planning again in " + std::to_string(pause.count()) +
                                  " ms: " + cause.message()});
    };
    ARROW_RETURN_NOT_OK(
        Retry({}, project_.clock(), stop_, tell, [&] { return PlanExtraction(); }));
    report_.plan_json = PlanToJson(PlanOf(planned_));
    return RecordVersions();
  }

  arrow::Status PlanExtraction() {
    PlanningRequest planning;
    ARROW_ASSIGN_OR_RAISE(planning.tables, project_.Tables(request_.tables, stop_));
    planning.full_refresh = request_.full_refresh;
    planning.test_mode = request_.test_mode;
    planning.backfill = request_.backfill;
    planning.workers = Workers(project_.config());
    return PlanRun(project_, std::move(planning), *lake_, stop_).Value(&planned_);
  }

  arrow::Status RecordVersions() {
    std::set<std::string> sources;
    for (const TableTask& task : planned_.tasks) sources.insert(task.plan.spec.source);
    for (const std::string& name : sources) {
      ARROW_ASSIGN_OR_RAISE(Source * source, project_.OpenSource(name));
      ARROW_ASSIGN_OR_RAISE(auto info, source->Check(stop_));
      report_.versions["source." + name] = info.product + " " + info.version;
    }
    return arrow::Status::OK();
  }

  arrow::Status EmptyTestLake() {
    ARROW_ASSIGN_OR_RAISE(auto names, lake_->ListTables());
    for (const std::string& name : names) {
      ARROW_ASSIGN_OR_RAISE(auto table, lake_->Table(name));
      ARROW_RETURN_NOT_OK(table->Drop());
    }
    return arrow::Status::OK();
  }

  arrow::Status StartDbt() {
    if (!project_.config().dbt.has_value() && request_.command == "run") {
      return arrow::Status::OK();
    }
    ARROW_ASSIGN_OR_RAISE(auto options,
                          project_.DbtSettings(request_.test_mode, report_.run_id));
    ARROW_ASSIGN_OR_RAISE(dbt_, Dbt::Start(options));
    return arrow::Status::OK();
  }

  arrow::Status Move() {
    EngineOptions options;
    options.run_id = report_.run_id;
    options.workers = Workers(project_.config());
    options.workers_fixed = project_.config().run.workers.has_value();
    // On two processors one connection, its server and the loader are enough to begin
    // with.
    options.workers_at_first =
        request_.load && std::thread::hardware_concurrency() <= 2 ? 1 : 2;
    options.snapshot = planned_.snapshot;
    options.queue_bytes = QueueBytes(options.workers);
    options.copies_folder = project_.copies_folder().string();
    Engine engine(options, observer_, project_.clock());
    for (TableOutcome& refused : planned_.refused) {
      observer_.On(TableFailed{refused.table, Phase::kExtract, refused.error});
      refused_ = GraverExitCode(refused_, keelboat::ExitCodeOf(refused.error));
    }
    if (request_.load && request_.test_mode)
      ARROW_RETURN_NOT_OK(warehouse_->DropSchema());
    if (request_.extract) {
      report_.tables = engine.Run(std::move(planned_.tasks),
                                  request_.load ? warehouse_.get() : nullptr, stop_);
      report_.workers = engine.chosen_workers().value_or("");
      if (!report_.workers.empty()) observer_.On(WorkersChosen{report_.workers});
    } else if (request_.load) {
      report_.tables = engine.Load(planned_.tasks, *warehouse_, stop_);
    }
    std::move(planned_.refused.begin(), planned_.refused.end(),
              std::back_inserter(report_.tables));
    return CheckStop(stop_);
  }

  // A worker holds its queue, the batch being read, the batch being written and a row
  // group being encoded; half of the budget is left to the warehouse and the process
  // itself.
  int64_t QueueBytes(int workers) const {
    const int64_t share = project_.config().run.memory_bytes / 2 / workers / 4;
    return std::clamp<int64_t>(share, int64_t{1} << 20, int64_t{32} << 20);
  }

  arrow::Status Transform() {
    if (dbt_ == nullptr) return arrow::Status::OK();
    ARROW_ASSIGN_OR_RAISE(auto reason, WhyNotTransform());
    ARROW_RETURN_NOT_OK(warehouse_->Close());
    if (!reason.empty()) {
      report_.transform = TransformFinished{"skipped", 0, 0, 0, reason, {}};
      observer_.On(*report_.transform);
      return arrow::Status::OK();
    }
    auto built = dbt_->Build(observer_, stop_);
    if (auto version = dbt_->AwaitReady(stop_); version.ok()) {
      report_.versions["dbt"] = *version;
    }
    report_.transform =
        built.ok() ? *built
                   : TransformFinished{"failed", 0, 0, 0, built.status().message(), {}};
    ARROW_RETURN_NOT_OK(built.status());
    return arrow::Status::OK();
  }

  // Models must not be built on tables that failed tonight or were never there.
  arrow::Result<std::string> WhyNotTransform() {
    std::string failed;
    for (const TableOutcome& outcome : report_.tables) {
      if (outcome.status == TableStatus::kOk) continue;
      failed += (failed.empty() ? "" : ", ") + outcome.table;
    }
    if (!failed.empty()) return "not loaded: " + failed;
    ARROW_ASSIGN_OR_RAISE(auto all, project_.Tables({}, stop_));
    ARROW_ASSIGN_OR_RAISE(auto ledger, warehouse_->ReadLedger());
    std::string missing;
    for (const ConfiguredTable& table : all) {
      const bool loaded = std::any_of(
          ledger.begin(), ledger.end(),
          [&](const LedgerRow& row) { return row.table == table.spec.table; });
      if (!loaded) missing += (missing.empty() ? "" : ", ") + table.spec.table;
    }
    return missing.empty() ? std::string() : "never loaded: " + missing;
  }

  int ExitCode() const {
    int code = report_.error.ok() ? 0 : keelboat::ExitCodeOf(report_.error);
    code = GraverExitCode(code, refused_);
    for (const TableOutcome& outcome : report_.tables) {
      code = GraverExitCode(code, ExitCodeOf(outcome));
    }
    if (report_.transform.has_value()) {
      const bool asked_alone = request_.command == "transform";
      const bool failed = report_.transform->status == "failed" ||
                          (asked_alone && report_.transform->status == "skipped");
      code = GraverExitCode(code, failed ? 1 : 0);
    }
    return code;
  }

  Project& project_;
  const PipelineRequest& request_;
  Observer& observer_;
  const std::stop_token& stop_;
  PipelineReport report_;
  std::shared_ptr<Lake> lake_;
  std::unique_ptr<Warehouse> warehouse_;
  std::unique_ptr<Dbt> dbt_;
  PlannedRun planned_;
  int refused_ = 0;  // The exit code of the tables that could not even be planned.
};

}  // namespace

std::string PipelineReport::status() const {
  if (exit_code == 0) return "ok";
  return exit_code == 130 ? "interrupted" : "failed";
}

int Workers(const ProjectConfig& config) {
  const auto cores = static_cast<int>(std::thread::hardware_concurrency());
  return config.run.workers.value_or(std::clamp(2 * cores, 2, 8));
}

PipelineReport RunPipeline(Project& project, const PipelineRequest& request,
                           const std::string& run_id, Observer& observer,
                           const std::stop_token& stop) {
  return Pipeline(project, request, run_id, observer, stop).Run();
}

}  // namespace keelboat
