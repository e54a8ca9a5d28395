#include "app/recorded_run.h"

#include <mutex>
#include <utility>

#include "app/run_lock.h"
#include "keelboat/error.h"
#include "keelboat/version.h"
#include "telemetry/event_fields.h"
#include "telemetry/log_file.h"
#include "telemetry/run_id.h"

namespace keelboat {
namespace {

// Counts events for the record.
class EventTotals final : public Observer {
 public:
  void On(const Event& event) override {
    std::lock_guard lock(mutex_);
    ++totals_[EventName(event)];
  }
  std::map<std::string, int64_t> totals() const {
    std::lock_guard lock(mutex_);
    return totals_;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, int64_t> totals_;
};

TableRecord ToRecord(const TableOutcome& outcome, const ProjectConfig& config) {
  TableRecord record;
  record.table = outcome.table;
  record.status = TableStatusName(outcome.status);
  record.strategy = outcome.strategy;
  record.reason = outcome.reason;
  record.rows = outcome.rows;
  record.quarantined = outcome.quarantined;
  record.bytes = outcome.bytes;
  record.files = outcome.files;
  record.lake_version = outcome.lake_version;
  record.warehouse_rows = outcome.warehouse_rows;
  record.snapshot = outcome.snapshot;
  if (!outcome.watermark.empty()) record.watermark = outcome.watermark;
  record.seconds = outcome.seconds;
  record.nothing_new = outcome.nothing_new;
  if (!outcome.error.ok()) {
    record.error = RedactSecrets(outcome.error.message(), config);
    record.error_kind = ErrorKindName(KindOf(outcome.error));
  }
  return record;
}

TransformRecord ToRecord(const TransformFinished& transform,
                         const ProjectConfig& config) {
  return {transform.status,
          transform.models,
          transform.tests,
          transform.failed,
          RedactSecrets(transform.reason, config),
          static_cast<double>(transform.took.count()) / 1e6};
}

void Complete(RunRecord& record, const PipelineReport& report,
              const ProjectConfig& config) {
  record.status = report.status();
  record.exit_code = report.exit_code;
  for (const TableOutcome& outcome : report.tables) {
    record.tables.push_back(ToRecord(outcome, config));
  }
  if (report.transform.has_value())
    record.transform = ToRecord(*report.transform, config);
  if (!report.error.ok()) {
    record.error = RedactSecrets(report.error.message(), config);
    record.error_kind = ErrorKindName(KindOf(report.error));
  }
  record.plan_json = report.plan_json;
  record.workers = report.workers;
  for (const auto& [part, version] : report.versions) record.versions[part] = version;
}

/// The tables of a run as far as they are known before any server is asked.
std::vector<std::string> KnownTables(Project& project, const PipelineRequest& request,
                                     const std::stop_token& stop) {
  if (!request.tables.empty() || (!request.extract && !request.load)) {
    return request.tables;
  }
  for (const TableGroup& group : project.config().tables) {
    if (group.metadata.empty()) return {};
  }
  std::vector<std::string> names;
  // What is wrong with them, planning finds again and reports.
  auto tables = project.Tables({}, stop);
  if (!tables.ok()) return names;
  for (const ConfiguredTable& table : *tables) names.push_back(table.spec.table);
  return names;
}

}  // namespace

arrow::Result<RecordedRun> RunRecorded(Project& project, const PipelineRequest& request,
                                       const LogSettings& log, Observer& observer,
                                       const std::stop_token& stop) {
  const ProjectConfig& config = project.config();
  const Clock& clock = project.clock();
  const auto begin = clock.Steady();
  RunRecord record;
  record.run_id = MakeRunId(clock);
  record.command = request.command;
  record.environment = config.environment;
  record.test = request.test_mode;
  record.started_at = FormatTime(clock.Now());
  record.versions["keelboat"] = kVersion;
  const auto folder = config.log_dir() / "runs";

  ARROW_ASSIGN_OR_RAISE(
      auto lock, RunLock::Acquire(config.project_dir,
                                  {record.run_id, request.command, record.started_at}));
  ARROW_RETURN_NOT_OK(WriteRunRecord(folder, record));

  EventTotals totals;
  LogFile log_file(
      {.path = config.log_dir() / "keelboat.log",
       .json = log.json,
       .verbose = log.verbose,
       .redact = [&](std::string_view text) { return RedactSecrets(text, config); }});
  ObserverList observers({&log_file, &totals, &observer});
  observers.On(RunStarted{record.run_id, request.command, config.environment,
                          request.test_mode, KnownTables(project, request, stop)});
  const PipelineReport report =
      RunPipeline(project, request, record.run_id, observers, stop);
  const auto took =
      std::chrono::duration_cast<std::chrono::microseconds>(clock.Steady() - begin);
  observers.On(RunFinished{record.run_id, report.status(), took});

  Complete(record, report, config);
  record.ended_at = FormatTime(clock.Now());
  record.events = totals.totals();
  int exit_code = report.exit_code;
  if (auto written = WriteRunRecord(folder, record); !written.ok()) {
    observer.On(Warned{"", written.message()});
    exit_code = GraverExitCode(exit_code, 1);
  }
  return RecordedRun{std::move(record), exit_code};
}

}  // namespace keelboat
