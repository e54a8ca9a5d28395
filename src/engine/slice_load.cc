#include "engine/slice_load.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <arrow/array/array_base.h>
#include <arrow/type.h>

#include "core/retry.h"
#include "core/stop.h"
#include "engine/partition_stream.h"
#include "lake/view/latest.h"

namespace keelboat {
namespace {

constexpr const char* kReasonColumn = "_keelboat_reason";
constexpr std::size_t kOffendersKept = 5;

// What several checkers found, as one would have found it.
void Merge(const std::vector<Violation>& more, std::vector<Violation>& all) {
  for (const Violation& violation : more) {
    auto same = std::find_if(all.begin(), all.end(), [&](const Violation& known) {
      return known.column == violation.column && known.rule == violation.rule;
    });
    if (same == all.end()) {
      all.push_back(violation);
      continue;
    }
    same->count += violation.count;
    for (const std::string& offender : violation.offenders) {
      if (same->offenders.size() < kOffendersKept) same->offenders.push_back(offender);
    }
  }
}

std::vector<DataFile> FilesOf(const std::vector<Receipt>& receipts) {
  std::vector<DataFile> files;
  for (const Receipt& receipt : receipts) {
    files.insert(files.end(), receipt.files.begin(), receipt.files.end());
  }
  return files;
}

// As SQL, for readers of the log.
std::string WindowText(const CursorPlan& cursor) {
  const std::string column = "`" + cursor.column + "`";
  return column + " >= '" + cursor.from.value_or("") + "' AND " + column + " < '" +
         cursor.until.value_or("") + "'";
}

std::shared_ptr<arrow::Schema> MaskedSchema(const TableTask& task) {
  return task.contract == nullptr ? task.plan.schema
                                  : task.contract->MaskedSchema(task.plan.schema);
}

}  // namespace

SliceLoad::SliceLoad(const TableTask& task, const Slice& slice,
                     const EngineOptions& options, Progress& progress, Observer& observer,
                     const Clock& clock)
    : task_(task),
      slice_(slice),
      options_(options),
      progress_(progress),
      observer_(observer),
      clock_(clock),
      schema_(MaskedSchema(task)) {}

SliceLoad::~SliceLoad() {
  // The error that led here is the one to tell; vacuum removes what is left.
  if (!committed_) (void)task_.lake_table->Discard(receipts_);
  if (!quarantine_committed_ && task_.quarantine_table != nullptr) {
    (void)task_.quarantine_table->Discard(quarantine_receipts_);
  }
}

arrow::Status SliceLoad::Carry(const Partition& partition, std::atomic<int64_t>& bytes,
                               const std::stop_token& stop) {
  Carried carried;
  arrow::Status lost;
  auto tell = [&](int retry, std::chrono::milliseconds pause,
                  const arrow::Status& cause) {
    observer_.On(TableRetried{table(), Phase::kExtract, retry, pause, cause});
  };
  ARROW_RETURN_NOT_OK(Retry(task_.plan.spec.retry, clock_, stop, tell, [&] {
    auto status = CarryOnce(partition, bytes, stop).Value(&carried);
    // Reading again would not be the same view.
    if (DetailOf(status, kSnapshotLost).empty()) return status;
    lost = std::move(status);
    return arrow::Status::OK();
  }));
  ARROW_RETURN_NOT_OK(lost);
  Keep(std::move(carried));
  return arrow::Status::OK();
}

arrow::Result<SliceLoad::Carried> SliceLoad::CarryOnce(const Partition& partition,
                                                       std::atomic<int64_t>& bytes,
                                                       const std::stop_token& stop) {
  Carried carried;
  std::unique_ptr<ContractChecker> checker;
  if (task_.contract != nullptr) {
    ARROW_ASSIGN_OR_RAISE(checker,
                          task_.contract->Bind(task_.plan.schema, task_.plan.key,
                                               task_.plan.spec.incremental_column));
  }
  ARROW_ASSIGN_OR_RAISE(auto sink, NewSink(*task_.lake_table, schema_, partition));
  std::unique_ptr<LakeSink> quarantine;
  PartitionStream stream(*task_.snapshot, task_.plan.relation, partition,
                         options_.queue_bytes, stop);
  int64_t taken = 0;
  auto carry = [&]() -> arrow::Status {
    while (true) {
      ARROW_ASSIGN_OR_RAISE(auto batch, stream.Next());
      if (batch == nullptr) break;
      carried.rows_read += batch->num_rows();
      const int64_t size = BatchBytes(*batch);
      taken += size;
      bytes += size;
      Advance(batch->num_rows(), size);
      CountNulls(*batch, partition, carried);
      if (checker != nullptr) {
        ARROW_ASSIGN_OR_RAISE(auto checked, checker->Check(batch));
        batch = std::move(checked.passed);
        if (checked.quarantined != nullptr) {
          if (quarantine == nullptr) {
            carried.quarantine_schema = checked.quarantined->schema();
            ARROW_ASSIGN_OR_RAISE(
                quarantine,
                NewSink(*task_.quarantine_table, carried.quarantine_schema, partition));
          }
          ARROW_RETURN_NOT_OK(quarantine->Write(*checked.quarantined));
        }
      }
      ARROW_RETURN_NOT_OK(sink->Write(*batch));
    }
    carried.warnings = stream.warnings();
    ARROW_ASSIGN_OR_RAISE(carried.receipt, sink->Finish());
    if (quarantine == nullptr) return arrow::Status::OK();
    return quarantine->Finish().Value(&carried.quarantined.emplace());
  };
  if (auto status = carry(); !status.ok()) {
    Advance(-carried.rows_read, -taken);
    if (!carried.receipt.files.empty()) {
      (void)task_.lake_table->Discard({carried.receipt});
    }
    return status;
  }
  if (checker != nullptr) carried.violations = checker->violations();
  return carried;
}

void SliceLoad::CountNulls(const arrow::RecordBatch& batch, const Partition& partition,
                           Carried& carried) const {
  if (task_.plan.spec.quality.null_check_primary_keys.has_value()) {
    for (const std::string& column : task_.plan.spec.primary_key) {
      auto values = batch.GetColumnByName(column);
      if (values != nullptr) carried.null_keys += values->null_count();
    }
  }
  if (task_.plan.cursor.has_value()) {
    auto values = batch.GetColumnByName(task_.plan.cursor->column);
    const int64_t nulls = values == nullptr ? 0 : values->null_count();
    carried.null_cursors += nulls;
    const bool closed = task_.plan.cursor->open_from.has_value() && !partition.open_tail;
    if (closed) carried.closed_null_cursors += nulls;
  }
}

void SliceLoad::Advance(int64_t rows, int64_t bytes) {
  TableProgress event{table(), Phase::kExtract, 0, 0};
  {
    std::lock_guard lock(progress_.mutex);
    progress_.rows += rows;
    progress_.bytes += bytes;
    event.rows = progress_.rows;
    event.bytes = progress_.bytes;
  }
  observer_.On(event);
}

void SliceLoad::Keep(Carried carried) {
  for (const std::string& warning : carried.warnings) {
    observer_.On(Warned{table(), warning});
  }
  std::lock_guard lock(mutex_);
  rows_read_ += carried.rows_read;
  null_keys_ += carried.null_keys;
  null_cursors_ += carried.null_cursors;
  closed_null_cursors_ += carried.closed_null_cursors;
  rows_written_ += carried.receipt.rows;
  receipts_.push_back(std::move(carried.receipt));
  Merge(carried.violations, violations_);
  if (!carried.quarantined.has_value()) return;
  rows_quarantined_ += carried.quarantined->rows;
  quarantine_receipts_.push_back(std::move(*carried.quarantined));
  quarantine_schema_ = std::move(carried.quarantine_schema);
}

arrow::Result<std::unique_ptr<LakeSink>> SliceLoad::NewSink(
    LakeTable& lake_table, const std::shared_ptr<arrow::Schema>& schema,
    const Partition& partition) const {
  SinkOptions options;
  options.schema = schema;
  options.ordinal = partition.ordinal;
  options.open_tail = partition.open_tail;
  options.run_id = options_.run_id;
  options.target_file_bytes = options_.target_file_bytes;
  return lake_table.NewSink(options);
}

// Everything that forbids the commit, now that all rows were seen.
arrow::Status SliceLoad::Judge() {
  if (rows_read_ != rows_written_ + rows_quarantined_) {
    return MakeError(ErrorKind::kInternal,
                     "rows read, written and quarantined do not add up: " +
                         std::to_string(rows_read_) + " read, " +
                         std::to_string(rows_written_) + " written, " +
                         std::to_string(rows_quarantined_) + " quarantined",
                     {{"table", table()}});
  }
  const auto& cursor = task_.plan.cursor;
  if (cursor.has_value() && !cursor->include_nulls && null_cursors_ > 0) {
    return MakeError(ErrorKind::kData,
                     std::to_string(null_cursors_) +
                         " rows have no value in the cursor " + cursor->column +
                         ": give them one, or set null_cursor to include",
                     {{"table", table()}, {"column", cursor->column}});
  }
  if (closed_null_cursors_ > 0) {
    // The next increment would take them for rows that it reads again.
    return MakeError(ErrorKind::kData,
                     std::to_string(closed_null_cursors_) + " rows have a cursor " +
                         cursor->column +
                         " that is read as null, though to the source it lies among the "
                         "others (a date such as 2024-00-15): give them a date, or "
                         "load the table in full (load_strategy)",
                     {{"table", table()}, {"column", cursor->column}});
  }
  if (!violations_.empty()) ARROW_RETURN_NOT_OK(JudgeViolations());
  return JudgeQuality();
}

arrow::Status SliceLoad::JudgeViolations() {
  const std::string text = DescribeViolations(violations_);
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

arrow::Status SliceLoad::JudgeQuality() {
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

arrow::Result<Extracted> SliceLoad::Finish(std::optional<int64_t> read_version,
                                           const std::stop_token& stop) {
  const bool increment =
      task_.plan.strategy == LoadStrategy::kIncremental && read_version.has_value();
  if (patches()) {
    ARROW_ASSIGN_OR_RAISE(auto before, task_.lake_table->At(read_version.value()));
    ARROW_RETURN_NOT_OK(SettleWindow(before, stop));
    if (rows_read_ == 0 && removed_.empty() && quarantine_removed_.empty()) {
      return Extracted{"", std::move(before), 0, 0};
    }
  }
  if (increment && !task_.plan.key.empty()) {
    ARROW_RETURN_NOT_OK(SettleVanished(*read_version, stop));
  }
  ARROW_RETURN_NOT_OK(Judge());
  // Before the last slice the lake cannot have what the source has.
  const bool last = &slice_ == &task_.plan.slices.back();
  if (increment && last && task_.plan.check_keys) {
    ARROW_ASSIGN_OR_RAISE(auto difference, CompareKeys(*read_version, stop));
    if (!difference.empty()) return Extracted{.full_because = std::move(difference)};
  }
  ARROW_RETURN_NOT_OK(CheckStop(stop));
  // Partitions end in any order; the log reads better in theirs.
  auto by_ordinal = [](const Receipt& a, const Receipt& b) {
    return a.ordinal < b.ordinal;
  };
  std::sort(receipts_.begin(), receipts_.end(), by_ordinal);
  std::sort(quarantine_receipts_.begin(), quarantine_receipts_.end(), by_ordinal);
  LakeCommit commit = NewCommit(receipts_, schema_);
  for (const auto& [key, value] : slice_.configuration) {
    commit.configuration[key] = value;
  }
  commit.read_version = read_version;
  commit.removed = removed_;
  if (task_.quarantine_table != nullptr) {
    ARROW_ASSIGN_OR_RAISE(auto version, PublishQuarantine());
    if (version.has_value()) {
      commit.configuration["keelboat.quarantine_version"] = std::to_string(*version);
    }
  }
  // Whether or not it succeeds, the lake owns the files from here on.
  committed_ = true;
  ARROW_ASSIGN_OR_RAISE(auto snapshot, task_.lake_table->Commit(commit));
  return Extracted{"", std::move(snapshot), rows_written_, rows_quarantined_};
}

arrow::Result<KeyDigest> SliceLoad::DigestSource(const std::stop_token& stop) const {
  Partition all = slice_.partitions.front();
  all.predicates.clear();
  all.columns = task_.plan.key;
  PartitionStream stream(*task_.snapshot, task_.plan.relation, all, options_.queue_bytes,
                         stop);
  KeyDigest digest;
  while (true) {
    ARROW_ASSIGN_OR_RAISE(auto batch, stream.Next());
    if (batch == nullptr) return digest;
    ARROW_ASSIGN_OR_RAISE(auto lake_batch, task_.lake_table->ToLakeTypes(*batch));
    ARROW_RETURN_NOT_OK(digest.Add(*lake_batch, task_.plan.key));
  }
}

arrow::Result<std::string> SliceLoad::CompareKeys(int64_t read_version,
                                                  const std::stop_token& stop) {
  ARROW_ASSIGN_OR_RAISE(KeyDigest source, DigestSource(stop));
  ARROW_ASSIGN_OR_RAISE(auto before, task_.lake_table->At(read_version));
  std::vector<TableFiles> tables;
  tables.push_back({task_.lake_table.get(), FilesOf(receipts_)});
  for (const DataFile& file : before.files) {
    const bool goes = file.open_tail || std::find(removed_.begin(), removed_.end(),
                                                  file.path) != removed_.end();
    if (!goes) tables.back().files.push_back(file);
  }
  if (task_.quarantine_table != nullptr) {
    tables.push_back({task_.quarantine_table.get(), FilesOf(quarantine_receipts_)});
    ARROW_ASSIGN_OR_RAISE(auto quarantined, task_.quarantine_table->Latest());
    if (quarantined.has_value()) {
      for (const DataFile& file : quarantined->files) {
        if (!file.open_tail) tables.back().files.push_back(file);
      }
    }
  }
  ARROW_ASSIGN_OR_RAISE(KeyDigest lake, DigestLatest(tables, task_.plan.key, stop));
  if (source == lake) return std::string();
  if (source.count == lake.count) {
    return "of " + std::to_string(source.count) +
           " keys some are others at the source than in the lake";
  }
  return "the source has " + std::to_string(source.count) + " keys, the lake " +
         std::to_string(lake.count);
}

// Puts this slice's bad rows where the good ones go, before them.
arrow::Result<std::optional<int64_t>> SliceLoad::PublishQuarantine() {
  ARROW_ASSIGN_OR_RAISE(auto before, task_.quarantine_table->Latest());
  if (quarantine_receipts_.empty() && (!before.has_value() || before->rows == 0)) {
    return std::nullopt;
  }
  if (patches() && quarantine_receipts_.empty() && quarantine_removed_.empty()) {
    return std::nullopt;
  }
  if (quarantine_schema_ == nullptr) quarantine_schema_ = before->schema;
  LakeCommit commit = NewCommit(quarantine_receipts_, quarantine_schema_);
  commit.description =
      "Rows of " + table() + " that broke its contract; " + kReasonColumn + " says why";
  if (before.has_value()) commit.read_version = before->version;
  commit.removed = quarantine_removed_;
  const int slice_number =
      slice_.partitions.empty() ? 0 : slice_.partitions.front().ordinal;
  commit.transaction = {
      {"keelboat/" + table() + "/" + options_.run_id, slice_number + 1}};
  quarantine_committed_ = true;
  ARROW_ASSIGN_OR_RAISE(auto snapshot, task_.quarantine_table->Commit(commit));
  return snapshot.version;
}

LakeCommit SliceLoad::NewCommit(const std::vector<Receipt>& receipts,
                                const std::shared_ptr<arrow::Schema>& schema) const {
  LakeCommit commit;
  commit.mode = slice_.replaces ? LakeCommit::Mode::kReplace
                : patches()     ? LakeCommit::Mode::kPatch
                                : LakeCommit::Mode::kAdvance;
  if (patches()) commit.predicate = WindowText(*task_.plan.cursor);
  commit.schema = schema;
  commit.receipts = receipts;
  commit.run_id = options_.run_id;
  commit.description = task_.plan.spec.description.empty() ? task_.plan.relation.comment
                                                           : task_.plan.spec.description;
  commit.strategy = LoadStrategyName(task_.plan.strategy);
  const SnapshotInfo& view = task_.plan.snapshot;
  commit.source_position = task_.plan.spec.source + "." + table();
  if (!view.position.empty()) commit.source_position += " at " + view.position;
  commit.configuration["keelboat.consistency"] = ConsistencyName(view.consistency);
  return commit;
}

}  // namespace keelboat
