#include "app/verify.h"

#include <algorithm>
#include <utility>

#include "app/verify_lake.h"
#include "app/verify_report.h"
#include "app/verify_source.h"
#include "app/verify_warehouse.h"
#include "core/full_disk.h"
#include "core/stop.h"
#include "keelboat/error.h"
#include "telemetry/run_id.h"

namespace keelboat {
namespace {

// Verifies one table after the other; its members are what they share.
class Verification {
 public:
  Verification(Project& project, bool with_source, const std::stop_token& stop)
      : project_(project), with_source_(with_source), stop_(stop) {}

  arrow::Status Open() {
    ARROW_ASSIGN_OR_RAISE(lake_, project_.OpenLake(false));
    return project_.OpenWarehouse(false).Value(&warehouse_);
  }

  TableVerdict Verify(const ConfiguredTable& table) {
    TableVerdict verdict;
    verdict.table = table.spec.table;
    verdict.strategy = LoadStrategyName(table.spec.strategy);
    verdict.error =
        AddContext(VerifyParts(table, verdict), "verifying table " + verdict.table);
    return verdict;
  }

 private:
  arrow::Status VerifyParts(const ConfiguredTable& table, TableVerdict& verdict) {
    ARROW_RETURN_NOT_OK(CheckStop(stop_));
    ARROW_ASSIGN_OR_RAISE(auto lake_table, lake_->Table(verdict.table));
    std::optional<LakeSnapshot> newest;
    ARROW_RETURN_NOT_OK(ReadNewest(*lake_table, verdict, newest));
    if (newest.has_value()) {
      verdict.lake.version = newest->version;
      ARROW_ASSIGN_OR_RAISE(
          auto commits, ReadCommits(*lake_table, *newest, stop_, verdict.lake.findings));
      ARROW_RETURN_NOT_OK(VerifyLakeTable(*lake_table, *newest, "", stop_, verdict.lake));
      ARROW_RETURN_NOT_OK(VerifyQuarantine(table, verdict));
      ARROW_RETURN_NOT_OK(VerifyWarehouse(*lake_table, newest, verdict));
      if (!with_source_) return arrow::Status::OK();
      ARROW_ASSIGN_OR_RAISE(auto* source, project_.OpenSource(table.spec.source));
      return CompareWithSource({table, *source, *lake_table, *newest, commits,
                                !verdict.lake.findings.empty()},
                               project_.clock(), stop_)
          .Value(&verdict.source.emplace());
    }
    if (!verdict.lake.findings.empty()) {
      verdict.warehouse.state = WarehouseVerdict::State::kNotCompared;
      verdict.warehouse.note = "the lake's log cannot be read";
      return arrow::Status::OK();
    }
    ARROW_RETURN_NOT_OK(VerifyWarehouse(*lake_table, newest, verdict));
    if (verdict.damaged()) return arrow::Status::OK();
    return MakeError(ErrorKind::kNotFound,
                     "the lake has no table " + verdict.table +
                         " yet, so there is nothing to verify; bring it there with: "
                         "keelboat extract " +
                         verdict.table,
                     {{"table", verdict.table}});
  }

  arrow::Status VerifyWarehouse(LakeTable& lake_table,
                                const std::optional<LakeSnapshot>& newest,
                                TableVerdict& verdict) {
    return VerifyWarehouseTable(*warehouse_, lake_table, newest,
                                !verdict.lake.findings.empty(),
                                project_.copies_folder().string(), stop_)
        .Value(&verdict.warehouse);
  }

  // A log that cannot be read is damage of the lake, not an error.
  static arrow::Status ReadNewest(LakeTable& lake_table, TableVerdict& verdict,
                                  std::optional<LakeSnapshot>& newest) {
    auto latest = lake_table.Latest();
    if (!latest.ok() && (KindOf(latest.status()) == ErrorKind::kData ||
                         KindOf(latest.status()) == ErrorKind::kNotFound)) {
      verdict.lake.findings.push_back({"_delta_log", latest.status().message()});
      return arrow::Status::OK();
    }
    return std::move(latest).Value(&newest);
  }

  arrow::Status VerifyQuarantine(const ConfiguredTable& table, TableVerdict& verdict) {
    const std::string name = table.spec.table + "__quarantine";
    ARROW_ASSIGN_OR_RAISE(auto quarantine, lake_->Table(name));
    ARROW_ASSIGN_OR_RAISE(auto newest, quarantine->Latest());
    if (!newest.has_value()) return arrow::Status::OK();
    return VerifyLakeTable(*quarantine, *newest, name + "/", stop_, verdict.lake);
  }

  Project& project_;
  const bool with_source_;
  const std::stop_token& stop_;
  std::shared_ptr<Lake> lake_;
  std::unique_ptr<Warehouse> warehouse_;
};

int ExitCodeOf(const TableVerdict& verdict) {
  int code = verdict.damaged() ? 1 : 0;
  if (verdict.error.ok()) return code;
  switch (KindOf(verdict.error)) {
    // Of one table among others these are failures of the table, not of the command.
    case ErrorKind::kConfig:
    case ErrorKind::kNotFound:
      return 1;
    default:
      return GraverExitCode(code, keelboat::ExitCodeOf(verdict.error));
  }
}

}  // namespace

bool TableVerdict::damaged() const {
  return !lake.findings.empty() || warehouse.state == WarehouseVerdict::State::kDamaged ||
         (source.has_value() && source->state == SourceVerdict::State::kDamaged);
}

TableVerdict::Status TableVerdict::status() const {
  if (damaged()) return Status::kDamaged;
  if (error.ok()) {
    const bool changed =
        source.has_value() && source->state == SourceVerdict::State::kChangedSince;
    return changed ? Status::kChangedSince : Status::kOk;
  }
  return KindOf(error) == ErrorKind::kCancelled ? Status::kInterrupted : Status::kFailed;
}

const char* VerdictName(TableVerdict::Status status) {
  switch (status) {
    case TableVerdict::Status::kOk:
      return "ok";
    case TableVerdict::Status::kChangedSince:
      return "changed_since";
    case TableVerdict::Status::kDamaged:
      return "damaged";
    case TableVerdict::Status::kFailed:
      return "failed";
    case TableVerdict::Status::kInterrupted:
      break;
  }
  return "interrupted";
}

std::string VerifyReport::status() const {
  using Status = TableVerdict::Status;
  for (Status status :
       {Status::kInterrupted, Status::kDamaged, Status::kFailed, Status::kChangedSince}) {
    if (std::any_of(tables.begin(), tables.end(), [&](const TableVerdict& table) {
          return table.status() == status;
        })) {
      return VerdictName(status);
    }
  }
  return "ok";
}

arrow::Result<VerifyReport> VerifyProject(Project& project, const VerifyRequest& request,
                                          const VerdictListener& tell,
                                          const std::stop_token& stop) {
  VerifyReport report;
  report.id = MakeRunId(project.clock());
  report.began = project.clock().Now();
  ARROW_ASSIGN_OR_RAISE(auto tables, project.Tables(request.tables, stop));
  Verification verification(project, request.source, stop);
  ARROW_RETURN_NOT_OK(verification.Open());
  for (const ConfiguredTable& table : tables) {
    report.tables.push_back(verification.Verify(table));
    const TableVerdict& verdict = report.tables.back();
    report.exit_code = GraverExitCode(report.exit_code, ExitCodeOf(verdict));
    tell(verdict);
    if (stop.stop_requested()) break;
  }
  if (stop.stop_requested()) {
    report.exit_code = keelboat::ExitCodeOf(ErrorKind::kCancelled);
  }
  report.ended = project.clock().Now();
  report.evidence_error = WriteEvidence(project.config(), report);
  if (!report.evidence_error.ok()) {
    report.evidence.clear();
    report.exit_code =
        GraverExitCode(report.exit_code, keelboat::ExitCodeOf(report.evidence_error));
  }
  return report;
}

}  // namespace keelboat
