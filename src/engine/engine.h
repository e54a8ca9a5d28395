#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/observer.h"
#include "engine/task.h"
#include "warehouses/warehouse.h"

namespace keelboat {

/// \brief Carries tables out of their sources into the lake, and into the warehouse.
///
/// The partitions of all tables are carried by `options.workers` threads from one queue,
/// in the given order of tables; each table is loaded, one at a time, as soon as its last
/// lake commit is there. A table that fails does not stop the others. When a source's
/// view is lost, the tables not yet committed are planned and read again in a new one.
/// Borrows everything it is given; one call at a time.
class Engine {
 public:
  Engine(EngineOptions options, Observer& observer, const Clock& clock)
      : options_(std::move(options)), observer_(observer), clock_(clock) {}

  /// Extracts; with a warehouse loads too. Outcomes come in the order of the tasks.
  std::vector<TableOutcome> Run(std::vector<TableTask> tasks, Warehouse* warehouse,
                                const std::stop_token& stop);

  /// How many partitions at once the last `Run` settled on, and why, where it measured.
  const std::optional<std::string>& chosen_workers() const { return chosen_workers_; }

  /// Loads what the lake has, without touching a source.
  std::vector<TableOutcome> Load(const std::vector<TableTask>& tasks,
                                 Warehouse& warehouse, const std::stop_token& stop);

 private:
  EngineOptions options_;
  Observer& observer_;
  const Clock& clock_;
  std::optional<std::string> chosen_workers_;
};

}  // namespace keelboat
