#include "engine/journey.h"

#include <utility>

#include "core/retry.h"
#include "core/stop.h"
#include "engine/load_table.h"
#include "keelboat/error.h"
#include "planner/increment.h"

namespace keelboat {

using std::chrono::microseconds;
using Steady = std::chrono::steady_clock::time_point;

namespace {

/// Snapshot of a table whose rows, or whose fellows' rows, were read in another view.
constexpr const char* kSplit = "split";

}  // namespace

Journey::Journey(TableTask task, const EngineOptions& options, Observer& observer,
                 const Clock& clock)
    : task_(std::move(task)), options_(options), observer_(observer), clock_(clock) {
  outcome_.table = task_.plan.spec.table;
  outcome_.strategy = LoadStrategyName(task_.plan.strategy);
  outcome_.reason = task_.plan.reason;
  if (!task_.plan.slices.empty()) OpenSlice();
}

void Journey::OpenSlice() {
  const Slice& slice = task_.plan.slices[slice_];
  load_ =
      std::make_unique<SliceLoad>(task_, slice, options_, progress_, observer_, clock_);
  under_way_ = slice.partitions.size();
  failure_ = arrow::Status::OK();
}

std::size_t Journey::partitions() const {
  return task_.plan.slices[slice_].partitions.size();
}

void Journey::Announce() {
  begun_ = clock_.Steady();
  outcome_.strategy = LoadStrategyName(task_.plan.strategy);
  outcome_.reason = task_.plan.reason;
  observer_.On(TableStarted{outcome_.table, Phase::kExtract, outcome_.strategy,
                            outcome_.reason, task_.plan.relation.estimated_rows});
  for (const std::string& warning : task_.plan.warnings) {
    observer_.On(Warned{outcome_.table, warning});
  }
}

Journey::Next Journey::Carry(std::size_t partition, const std::stop_token& stop,
                             std::atomic<int64_t>& bytes) {
  {
    std::lock_guard lock(mutex_);
    if (!begun_.has_value()) Announce();
  }
  arrow::Status status;
  {
    std::unique_lock lock(mutex_);
    status = failure_;
  }
  // What is left of a slice that failed need not be read.
  if (status.ok()) status = CheckStop(stop);
  if (status.ok()) {
    status = load_->Carry(task_.plan.slices[slice_].partitions[partition], bytes, stop);
  }
  {
    std::lock_guard lock(mutex_);
    if (failure_.ok()) failure_ = status;
    if (--under_way_ > 0) return Next::kOthers;
  }
  return EndSlice(stop);
}

Journey::Next Journey::EndSlice(const std::stop_token& stop) {
  if (!failure_.ok()) return Recover(failure_, stop);
  std::optional<int64_t> read_version = task_.plan.lake_version;
  if (snapshot_.has_value()) read_version = snapshot_->version;
  auto finished = load_->Finish(read_version, stop);
  if (!finished.ok()) return Recover(finished.status(), stop);
  load_.reset();
  if (!finished->full_because.empty()) {
    auto plan = task_.replan(finished->full_because, *task_.snapshot, stop);
    if (!plan.ok()) return Recover(plan.status(), stop);
    task_.plan = *std::move(plan);
    slice_ = 0;
    observer_.On(Warned{outcome_.table, "reading it in full: " + task_.plan.reason});
    outcome_.strategy = LoadStrategyName(task_.plan.strategy);
    outcome_.reason = task_.plan.reason;
    OpenSlice();
    return Next::kMore;
  }
  outcome_.rows += finished->rows;
  outcome_.quarantined += finished->quarantined;
  const auto& configuration = task_.plan.slices[slice_].configuration;
  if (auto found = configuration.find(lake_key::kWatermark);
      found != configuration.end()) {
    outcome_.watermark = found->second;
  }
  outcome_.snapshot = split_ ? kSplit : ConsistencyName(task_.plan.snapshot.consistency);
  Keep(std::move(finished->snapshot));
  if (++slice_ < task_.plan.slices.size()) {
    OpenSlice();
    return Next::kMore;
  }
  extracted_ = true;
  LetGo();
  outcome_.seconds += SecondsSince(*begun_);
  observer_.On(TableCommitted{outcome_.table, Phase::kExtract, outcome_.rows,
                              outcome_.bytes, outcome_.files, *outcome_.lake_version,
                              false, Took(*begun_)});
  return Next::kExtracted;
}

// A slice that could not be read or published, its files deleted.
Journey::Next Journey::Recover(arrow::Status status, const std::stop_token& stop) {
  load_.reset();
  if (!DetailOf(status, kSnapshotLost).empty() && !stop.stop_requested()) {
    lost_view_ = true;
    failure_ = std::move(status);
    return Next::kEnded;
  }
  Fail(Phase::kExtract, AddContext(status, "extracting table " + outcome_.table));
  outcome_.seconds += SecondsSince(*begun_);
  LetGo();
  return Next::kEnded;
}

// A view burdens its server for as long as somebody holds it.
void Journey::LetGo() {
  task_.snapshot.reset();
  task_.replan = nullptr;
}

bool Journey::Restart(std::shared_ptr<SourceSnapshot> snapshot,
                      const std::stop_token& stop) {
  lost_view_ = false;
  split_ = snapshot_.has_value();
  task_.snapshot = std::move(snapshot);
  ++restarts_;
  observer_.On(TableRetried{outcome_.table, Phase::kExtract, restarts_,
                            std::chrono::milliseconds(0), failure_});
  if (auto status = PlanAnew(stop); !status.ok()) {
    Recover(std::move(status), stop);
    return false;
  }
  slice_ = 0;
  {
    std::lock_guard lock(progress_.mutex);
    progress_.rows = 0;
    progress_.bytes = 0;
  }
  OpenSlice();
  return true;
}

arrow::Status Journey::PlanAnew(const std::stop_token& stop) {
  arrow::Status lost;
  auto attempt = [&] {
    auto status = task_.replan("", *task_.snapshot, stop).Value(&task_.plan);
    if (DetailOf(status, kSnapshotLost).empty()) return status;
    lost = std::move(status);  // Not to be had again in this view.
    return arrow::Status::OK();
  };
  auto tell = [&](int retry, std::chrono::milliseconds pause,
                  const arrow::Status& cause) {
    observer_.On(TableRetried{outcome_.table, Phase::kExtract, retry, pause, cause});
  };
  const RetryPolicy policy = retry();  // The plan that holds it is replaced.
  ARROW_RETURN_NOT_OK(Retry(policy, clock_, stop, tell, attempt));
  return lost;
}

void Journey::Abandon(const arrow::Status& status) {
  lost_view_ = false;
  Fail(Phase::kExtract, AddContext(status, "extracting table " + outcome_.table));
  LetGo();
}

void Journey::MarkSplit() { outcome_.snapshot = kSplit; }

bool Journey::Find() {
  auto latest = task_.lake_table->Latest();
  if (!latest.ok()) {
    Fail(Phase::kLoad,
         AddContext(latest.status(), "reading lake table " + outcome_.table));
    return false;
  }
  if (!latest->has_value()) {
    Fail(Phase::kLoad,
         MakeError(ErrorKind::kNotFound,
                   "the lake has no table " + outcome_.table +
                       " yet; bring it there with: keelboat extract " + outcome_.table,
                   {{"table", outcome_.table}}));
    return false;
  }
  outcome_.rows = (*latest)->rows;
  Keep(std::move(**latest));
  return true;
}

void Journey::Load(Warehouse& warehouse, bool& warehouse_away, bool alone,
                   const std::stop_token& stop) {
  if (auto status = CheckStop(stop); !status.ok()) {
    Fail(Phase::kLoad, AddContext(status, "loading table " + outcome_.table));
    return;
  }
  const Steady begin = clock_.Steady();
  observer_.On(
      TableStarted{outcome_.table, Phase::kLoad, outcome_.strategy, "", snapshot_->rows});
  RetryPolicy policy = task_.plan.spec.retry;
  // What one table has waited for in vain, the next ones only try.
  if (warehouse_away) policy.max_retries = 0;
  auto loaded = LoadTable(task_, *snapshot_, options_, policy, alone, warehouse,
                          observer_, clock_, stop);
  warehouse_away = !loaded.ok() && IsRetryable(KindOf(loaded.status()));
  outcome_.seconds += SecondsSince(begin);
  if (!loaded.ok()) {
    Fail(Phase::kLoad, AddContext(loaded.status(), "loading table " + outcome_.table));
    return;
  }
  outcome_.warehouse_rows = loaded->rows;
  outcome_.nothing_new = loaded->nothing_new;
  observer_.On(TableCommitted{outcome_.table, Phase::kLoad, loaded->rows, outcome_.bytes,
                              outcome_.files, snapshot_->version, loaded->nothing_new,
                              Took(begin)});
}

void Journey::Keep(LakeSnapshot snapshot) {
  outcome_.lake_version = snapshot.version;
  outcome_.bytes = snapshot.bytes;
  outcome_.files = static_cast<int64_t>(snapshot.files.size());
  snapshot_ = std::move(snapshot);
}

void Journey::Fail(Phase phase, arrow::Status status) {
  outcome_.status = KindOf(status) == ErrorKind::kCancelled ? TableStatus::kInterrupted
                                                            : TableStatus::kFailed;
  outcome_.error = status;
  observer_.On(TableFailed{outcome_.table, phase, std::move(status)});
}

microseconds Journey::Took(Steady begin) const {
  return std::chrono::duration_cast<microseconds>(clock_.Steady() - begin);
}

double Journey::SecondsSince(Steady begin) const {
  return static_cast<double>(Took(begin).count()) / 1e6;
}

}  // namespace keelboat
