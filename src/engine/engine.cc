#include "engine/engine.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <optional>
#include <thread>
#include <utility>

#include "core/bounded_queue.h"
#include "core/stop.h"
#include "engine/extract_table.h"
#include "engine/load_table.h"

namespace keelboat {
namespace {

using std::chrono::microseconds;
using Steady = std::chrono::steady_clock::time_point;

// A table on its way, with the parts that its outcome is made of.
class Journey {
 public:
  Journey(const TableTask& task, const EngineOptions& options, Observer& observer,
          const Clock& clock)
      : task_(task), options_(options), observer_(observer), clock_(clock) {
    outcome_.table = task.plan.spec.table;
    outcome_.strategy = LoadStrategyName(task.plan.strategy);
    outcome_.reason = task.plan.reason;
  }

  // Returns whether there is something to load.
  bool Extract(const std::stop_token& stop) {
    const Steady begin = clock_.Steady();
    observer_.On(TableStarted{outcome_.table, Phase::kExtract, outcome_.strategy,
                              outcome_.reason, task_.plan.relation.estimated_rows});
    for (const std::string& warning : task_.plan.warnings) {
      observer_.On(Warned{outcome_.table, warning});
    }
    auto extracted = ExtractTable(task_, options_, observer_, clock_, stop);
    if (!extracted.ok()) {
      Fail(Phase::kExtract,
           AddContext(extracted.status(), "extracting table " + outcome_.table));
      outcome_.seconds += SecondsSince(begin);
      return false;
    }
    outcome_.rows = extracted->rows;
    outcome_.quarantined = extracted->quarantined;
    outcome_.snapshot = "statement";
    Keep(std::move(extracted->snapshot));
    outcome_.seconds += SecondsSince(begin);
    observer_.On(TableCommitted{outcome_.table, Phase::kExtract, outcome_.rows,
                                outcome_.bytes, outcome_.files, *outcome_.lake_version,
                                false, Took(begin)});
    return true;
  }

  // Finds the newest version in the lake. Returns whether there is one.
  bool Find() {
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

  // `warehouse_away` is what the table before found out, and what this one did.
  void Load(Warehouse& warehouse, bool& warehouse_away, const std::stop_token& stop) {
    if (auto status = CheckStop(stop); !status.ok()) {
      Fail(Phase::kLoad, AddContext(status, "loading table " + outcome_.table));
      return;
    }
    const Steady begin = clock_.Steady();
    observer_.On(TableStarted{outcome_.table, Phase::kLoad, outcome_.strategy, "",
                              snapshot_->rows});
    RetryPolicy policy = task_.plan.spec.retry;
    // What one table has waited for in vain, the next ones only try.
    if (warehouse_away) policy.max_retries = 0;
    auto loaded = LoadTable(task_, *snapshot_, options_, policy, warehouse, observer_,
                            clock_, stop);
    warehouse_away = !loaded.ok() && IsRetryable(KindOf(loaded.status()));
    outcome_.seconds += SecondsSince(begin);
    if (!loaded.ok()) {
      Fail(Phase::kLoad, AddContext(loaded.status(), "loading table " + outcome_.table));
      return;
    }
    outcome_.warehouse_rows = loaded->rows;
    outcome_.nothing_new = loaded->nothing_new;
    observer_.On(TableCommitted{outcome_.table, Phase::kLoad, loaded->rows,
                                outcome_.bytes, outcome_.files, snapshot_->version,
                                loaded->nothing_new, Took(begin)});
  }

  const TableOutcome& outcome() const { return outcome_; }

 private:
  void Keep(LakeSnapshot snapshot) {
    outcome_.lake_version = snapshot.version;
    outcome_.bytes = snapshot.bytes;
    outcome_.files = static_cast<int64_t>(snapshot.files.size());
    snapshot_ = std::move(snapshot);
  }

  void Fail(Phase phase, arrow::Status status) {
    outcome_.status = KindOf(status) == ErrorKind::kCancelled ? TableStatus::kInterrupted
                                                              : TableStatus::kFailed;
    outcome_.error = status;
    observer_.On(TableFailed{outcome_.table, phase, std::move(status)});
  }

  microseconds Took(Steady begin) const {
    return std::chrono::duration_cast<microseconds>(clock_.Steady() - begin);
  }
  double SecondsSince(Steady begin) const {
    return static_cast<double>(Took(begin).count()) / 1e6;
  }

  const TableTask& task_;
  const EngineOptions& options_;
  Observer& observer_;
  const Clock& clock_;
  TableOutcome outcome_;
  std::optional<LakeSnapshot> snapshot_;
};

std::vector<Journey> Journeys(const std::vector<TableTask>& tasks,
                              const EngineOptions& options, Observer& observer,
                              const Clock& clock) {
  std::vector<Journey> journeys;
  journeys.reserve(tasks.size());
  for (const TableTask& task : tasks)
    journeys.emplace_back(task, options, observer, clock);
  return journeys;
}

std::vector<TableOutcome> Outcomes(const std::vector<Journey>& journeys) {
  std::vector<TableOutcome> outcomes;
  outcomes.reserve(journeys.size());
  for (const Journey& journey : journeys) outcomes.push_back(journey.outcome());
  return outcomes;
}

}  // namespace

std::vector<TableOutcome> Engine::Run(const std::vector<TableTask>& tasks,
                                      Warehouse* warehouse, const std::stop_token& stop) {
  std::vector<Journey> journeys = Journeys(tasks, options_, observer_, clock_);
  std::atomic<std::size_t> next = 0;
  // Holds indexes only, so its bound is the number of tables.
  BoundedQueue<std::size_t> extracted(static_cast<int64_t>(tasks.size()) + 1);
  auto extract = [&] {
    for (std::size_t i = next++; i < journeys.size(); i = next++) {
      if (journeys[i].Extract(stop) && warehouse != nullptr) extracted.Push(i, 1, {});
    }
  };
  auto load = [&] {
    bool warehouse_away = false;
    while (auto index = extracted.Pop({}))
      journeys[*index].Load(*warehouse, warehouse_away, stop);
  };

  std::optional<std::jthread> loader;
  if (warehouse != nullptr) loader.emplace(load);
  {
    std::vector<std::jthread> extractors;
    const auto workers = std::min<std::size_t>(
        static_cast<std::size_t>(std::max(options_.workers, 1)), journeys.size());
    for (std::size_t i = 0; i < workers; ++i) extractors.emplace_back(extract);
  }
  extracted.Close();
  loader.reset();
  return Outcomes(journeys);
}

std::vector<TableOutcome> Engine::Load(const std::vector<TableTask>& tasks,
                                       Warehouse& warehouse,
                                       const std::stop_token& stop) {
  std::vector<Journey> journeys = Journeys(tasks, options_, observer_, clock_);
  bool warehouse_away = false;
  for (Journey& journey : journeys) {
    if (journey.Find()) journey.Load(warehouse, warehouse_away, stop);
  }
  return Outcomes(journeys);
}

}  // namespace keelboat
