#include "engine/engine.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <thread>
#include <utility>

#include "core/bounded_queue.h"
#include "engine/journey.h"
#include "engine/recovery.h"
#include "engine/schedule.h"
#include "keelboat/error.h"

namespace keelboat {
namespace {

std::vector<TableOutcome> Outcomes(const Journeys& journeys) {
  std::vector<TableOutcome> outcomes;
  outcomes.reserve(journeys.size());
  for (const Journey& journey : journeys) outcomes.push_back(journey.outcome());
  return outcomes;
}

// Carries partitions until there are none; passes extracted tables on. `reading`: tables
// that are yet to be extracted.
void Work(Schedule& schedule, BoundedQueue<Journey*>& extracted,
          std::atomic<int>& reading, std::atomic<int64_t>& bytes, const Clock& clock,
          const std::stop_token& stop) {
  while (auto job = schedule.Take()) {
    Journey& journey = *job->journey;
    const Journey::Next next = journey.Carry(job->partition, stop, bytes);
    schedule.Ended(bytes, clock.Steady());
    switch (next) {
      case Journey::Next::kOthers:
        break;
      case Journey::Next::kMore:
        schedule.Continue(journey, journey.partitions());
        break;
      case Journey::Next::kExtracted:
        --reading;
        extracted.Push(&journey, 1, {});
        schedule.End();
        break;
      case Journey::Next::kEnded:
        --reading;
        schedule.End();
        break;
    }
  }
}

}  // namespace

std::vector<TableOutcome> Engine::Run(std::vector<TableTask> tasks, Warehouse* warehouse,
                                      const std::stop_token& stop) {
  Journeys journeys;
  for (TableTask& task : tasks)
    journeys.emplace_back(std::move(task), options_, observer_, clock_);
  // Holds pointers only, so its bound is the number of tables.
  BoundedQueue<Journey*> extracted(static_cast<int64_t>(tasks.size()) + 1);
  std::atomic<int> reading = 0;
  auto load = [&] {
    bool warehouse_away = false;
    while (auto journey = extracted.Pop({})) {
      if (warehouse == nullptr) continue;
      (*journey)->Load(*warehouse, warehouse_away, reading == 0, stop);
    }
  };
  std::jthread loader(load);

  Pace pace(options_.workers, options_.workers_fixed, options_.workers_at_first,
            clock_.Steady());
  std::atomic<int64_t> bytes = 0;
  std::vector<Journey*> waiting;
  for (Journey& journey : journeys) waiting.push_back(&journey);
  Recovery recovery(options_, observer_, clock_);
  while (!waiting.empty()) {
    Schedule schedule(pace);
    std::size_t partitions = 0;
    reading += static_cast<int>(waiting.size());
    for (Journey* journey : waiting) {
      schedule.Add(*journey, journey->partitions());
      partitions += journey->partitions();
    }
    {
      std::vector<std::jthread> workers;
      const auto count = std::min<std::size_t>(
          static_cast<std::size_t>(std::max(options_.workers, 1)), partitions);
      for (std::size_t i = 0; i < count; ++i) {
        workers.emplace_back(
            [&] { Work(schedule, extracted, reading, bytes, clock_, stop); });
      }
    }
    waiting = recovery.Next(journeys, stop);
  }
  extracted.Close();
  loader.join();
  chosen_workers_ = pace.verdict();
  return Outcomes(journeys);
}

std::vector<TableOutcome> Engine::Load(const std::vector<TableTask>& tasks,
                                       Warehouse& warehouse,
                                       const std::stop_token& stop) {
  Journeys journeys;
  for (const TableTask& task : tasks)
    journeys.emplace_back(task, options_, observer_, clock_);
  bool warehouse_away = false;
  for (Journey& journey : journeys) {
    if (journey.Find()) journey.Load(warehouse, warehouse_away, true, stop);
  }
  return Outcomes(journeys);
}

}  // namespace keelboat
