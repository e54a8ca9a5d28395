#include "engine/extract_table.h"

#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include <arrow/array/array_base.h>
#include <arrow/type.h>

#include "core/retry.h"
#include "core/stop.h"
#include "engine/partition_stream.h"

namespace keelboat {
namespace {

constexpr const char* kReasonColumn = "_keelboat_reason";

// One attempt at one table. Its destructor deletes what was written but not committed.
class Attempt {
 public:
  Attempt(const TableTask& task, const EngineOptions& options, Observer& observer,
          const std::stop_token& stop)
      : task_(task), options_(options), observer_(observer), stop_(stop) {}
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;
  ~Attempt() {
    // The error that led here is the one to tell; vacuum removes what is left.
    if (!committed_) (void)task_.lake_table->Discard(receipts_);
    if (!quarantine_committed_ && task_.quarantine_table != nullptr) {
      (void)task_.quarantine_table->Discard(quarantine_receipts_);
    }
  }

  arrow::Result<Extracted> Run() {
    ARROW_RETURN_NOT_OK(Open());
    for (const Partition& partition : task_.plan.partitions) {
      ARROW_RETURN_NOT_OK(Carry(partition));
    }
    ARROW_RETURN_NOT_OK(Judge());
    ARROW_RETURN_NOT_OK(CheckStop(stop_));
    return Publish();
  }

 private:
  const std::string& table() const { return task_.plan.spec.table; }

  arrow::Status Open() {
    schema_ = task_.plan.schema;
    if (task_.contract == nullptr) return arrow::Status::OK();
    ARROW_ASSIGN_OR_RAISE(checker_,
                          task_.contract->Bind(schema_, task_.plan.key,
                                               task_.plan.spec.incremental_column));
    schema_ = task_.contract->MaskedSchema(schema_);
    return arrow::Status::OK();
  }

  arrow::Status Carry(const Partition& partition) {
    ARROW_ASSIGN_OR_RAISE(auto sink,
                          NewSink(*task_.lake_table, schema_, partition.ordinal));
    std::unique_ptr<LakeSink> quarantine;
    PartitionStream stream(*task_.source, task_.plan.relation, partition,
                           options_.queue_bytes, stop_);
    while (true) {
      ARROW_ASSIGN_OR_RAISE(auto batch, stream.Next());
      if (batch == nullptr) break;
      rows_read_ += batch->num_rows();
      bytes_read_ += BatchBytes(*batch);
      CountNullKeys(*batch);
      if (checker_ != nullptr) {
        ARROW_ASSIGN_OR_RAISE(auto checked, checker_->Check(batch));
        batch = std::move(checked.passed);
        if (checked.quarantined != nullptr) {
          ARROW_RETURN_NOT_OK(
              Quarantine(*checked.quarantined, partition.ordinal, quarantine));
        }
      }
      ARROW_RETURN_NOT_OK(sink->Write(*batch));
      observer_.On(TableProgress{table(), Phase::kExtract, rows_read_, bytes_read_});
    }
    for (const std::string& warning : stream.warnings()) {
      observer_.On(Warned{table(), warning});
    }
    ARROW_ASSIGN_OR_RAISE(auto receipt, sink->Finish());
    rows_written_ += receipt.rows;
    receipts_.push_back(std::move(receipt));
    if (quarantine != nullptr) {
      ARROW_ASSIGN_OR_RAISE(auto kept, quarantine->Finish());
      rows_quarantined_ += kept.rows;
      quarantine_receipts_.push_back(std::move(kept));
    }
    return arrow::Status::OK();
  }

  arrow::Result<std::unique_ptr<LakeSink>> NewSink(
      LakeTable& lake_table, const std::shared_ptr<arrow::Schema>& schema, int ordinal) {
    SinkOptions options;
    options.schema = schema;
    options.ordinal = ordinal;
    options.run_id = options_.run_id;
    options.target_file_bytes = options_.target_file_bytes;
    return lake_table.NewSink(options);
  }

  arrow::Status Quarantine(const arrow::RecordBatch& batch, int ordinal,
                           std::unique_ptr<LakeSink>& sink) {
    if (sink == nullptr) {
      quarantine_schema_ = batch.schema();
      ARROW_ASSIGN_OR_RAISE(sink,
                            NewSink(*task_.quarantine_table, batch.schema(), ordinal));
    }
    return sink->Write(batch);
  }

  void CountNullKeys(const arrow::RecordBatch& batch) {
    if (!task_.plan.spec.quality.null_check_primary_keys.has_value()) return;
    for (const std::string& column : task_.plan.spec.primary_key) {
      auto values = batch.GetColumnByName(column);
      if (values != nullptr) null_keys_ += values->null_count();
    }
  }

  // Everything that forbids the commit, now that all rows were seen.
  arrow::Status Judge() {
    if (rows_read_ != rows_written_ + rows_quarantined_) {
      return MakeError(ErrorKind::kInternal,
                       "rows read, written and quarantined do not add up: " +
                           std::to_string(rows_read_) + " read, " +
                           std::to_string(rows_written_) + " written, " +
                           std::to_string(rows_quarantined_) + " quarantined",
                       {{"table", table()}});
    }
    if (checker_ != nullptr && !checker_->violations().empty()) {
      ARROW_RETURN_NOT_OK(JudgeViolations());
    }
    return JudgeQuality();
  }

  arrow::Status JudgeViolations() {
    const std::string text = DescribeViolations(checker_->violations());
    switch (task_.contract->on_violation()) {
      case OnViolation::kFail:
        return MakeError(ErrorKind::kContract, "contract violated: " + text,
                         {{"table", table()}});
      case OnViolation::kQuarantine:
        observer_.On(Warned{table(), std::to_string(rows_quarantined_) +
                                         " rows are in quarantine: " + text});
        return arrow::Status::OK();
      case OnViolation::kWarn:
        observer_.On(Warned{table(), "contract violated: " + text});
        return arrow::Status::OK();
    }
    return arrow::Status::OK();
  }

  arrow::Status JudgeQuality() {
    if (rows_read_ == 0) return arrow::Status::OK();
    const QualityChecks& quality = task_.plan.spec.quality;
    const auto total = static_cast<double>(rows_read_);
    auto too_low = [&](const std::optional<double>& least, int64_t good,
                       const char* check) {
      const double share = static_cast<double>(good) / total;
      if (!least.has_value() || share >= *least) return arrow::Status::OK();
      return MakeError(ErrorKind::kContract,
                       std::string("data_quality_checks.") + check +
                           " asks for a share of " + std::to_string(*least) +
                           " and found " + std::to_string(share),
                       {{"table", table()}});
    };
    ARROW_RETURN_NOT_OK(
        too_low(quality.row_count_validation, rows_written_, "row_count_validation"));
    return too_low(quality.null_check_primary_keys, rows_read_ - null_keys_,
                   "null_check_primary_keys");
  }

  arrow::Result<Extracted> Publish() {
    std::map<std::string, std::string> configuration = {
        {"keelboat.source", task_.plan.spec.source},
        {"keelboat.strategy", LoadStrategyName(task_.plan.strategy)}};
    if (task_.quarantine_table != nullptr) {
      ARROW_ASSIGN_OR_RAISE(auto version, PublishQuarantine());
      if (version.has_value()) {
        configuration["keelboat.quarantine_version"] = std::to_string(*version);
      }
    }
    LakeCommit commit = NewCommit(receipts_, schema_);
    commit.configuration = std::move(configuration);
    commit.read_version = task_.plan.lake_version;
    // Whether or not it succeeds, the lake owns the files from here on.
    committed_ = true;
    ARROW_ASSIGN_OR_RAISE(auto snapshot, task_.lake_table->Commit(commit));
    return Extracted{std::move(snapshot), rows_written_, rows_quarantined_};
  }

  // Replaces the quarantine's content by this run's bad rows, before the table itself.
  arrow::Result<std::optional<int64_t>> PublishQuarantine() {
    ARROW_ASSIGN_OR_RAISE(auto before, task_.quarantine_table->Latest());
    if (quarantine_receipts_.empty() && (!before.has_value() || before->rows == 0)) {
      return std::nullopt;
    }
    if (quarantine_schema_ == nullptr) quarantine_schema_ = before->schema;
    LakeCommit commit = NewCommit(quarantine_receipts_, quarantine_schema_);
    commit.description =
        "Rows of " + table() + " that broke its contract; " + kReasonColumn + " says why";
    if (before.has_value()) commit.read_version = before->version;
    commit.transaction = {{"keelboat/" + table() + "/" + options_.run_id, 1}};
    quarantine_committed_ = true;
    ARROW_ASSIGN_OR_RAISE(auto snapshot, task_.quarantine_table->Commit(commit));
    return snapshot.version;
  }

  LakeCommit NewCommit(const std::vector<Receipt>& receipts,
                       const std::shared_ptr<arrow::Schema>& schema) const {
    LakeCommit commit;
    commit.mode = LakeCommit::Mode::kReplace;
    commit.schema = schema;
    commit.receipts = receipts;
    commit.run_id = options_.run_id;
    commit.description = task_.plan.spec.description.empty()
                             ? task_.plan.relation.comment
                             : task_.plan.spec.description;
    commit.strategy = LoadStrategyName(task_.plan.strategy);
    commit.source_position = task_.plan.spec.source + "." + table();
    return commit;
  }

  const TableTask& task_;
  const EngineOptions& options_;
  Observer& observer_;
  const std::stop_token& stop_;

  std::shared_ptr<arrow::Schema> schema_;
  std::shared_ptr<arrow::Schema> quarantine_schema_;
  std::unique_ptr<ContractChecker> checker_;
  std::vector<Receipt> receipts_;
  std::vector<Receipt> quarantine_receipts_;
  int64_t rows_read_ = 0;
  int64_t bytes_read_ = 0;
  int64_t rows_written_ = 0;
  int64_t rows_quarantined_ = 0;
  int64_t null_keys_ = 0;
  bool committed_ = false;
  bool quarantine_committed_ = false;
};

}  // namespace

arrow::Result<Extracted> ExtractTable(const TableTask& task, const EngineOptions& options,
                                      Observer& observer, const Clock& clock,
                                      const std::stop_token& stop) {
  Extracted extracted;
  auto tell = [&](int retry, std::chrono::milliseconds pause,
                  const arrow::Status& cause) {
    observer.On(TableRetried{task.plan.spec.table, Phase::kExtract, retry, pause, cause});
  };
  ARROW_RETURN_NOT_OK(Retry(task.plan.spec.retry, clock, stop, tell, [&] {
    return Attempt(task, options, observer, stop).Run().Value(&extracted);
  }));
  return extracted;
}

}  // namespace keelboat
