#pragma once

#include <stop_token>
#include <vector>

#include "core/clock.h"
#include "core/observer.h"
#include "engine/task.h"
#include "warehouses/warehouse.h"

namespace keelboat {

/// \brief Carries tables out of their sources into the lake, and into the warehouse.
///
/// Tables are extracted by `options.workers` threads in the given order; each is
/// loaded, one at a time, as soon as its lake commit is there. A table that fails
/// does not stop the others. Borrows everything it is given; one call at a time.
class Engine {
 public:
  Engine(EngineOptions options, Observer& observer, const Clock& clock)
      : options_(std::move(options)), observer_(observer), clock_(clock) {}

  /// Extracts; with a warehouse loads too. Outcomes come in the order of the tasks.
  std::vector<TableOutcome> Run(const std::vector<TableTask>& tasks, Warehouse* warehouse,
                                const std::stop_token& stop);

  /// Loads what the lake has, without touching a source.
  std::vector<TableOutcome> Load(const std::vector<TableTask>& tasks,
                                 Warehouse& warehouse, const std::stop_token& stop);

 private:
  EngineOptions options_;
  Observer& observer_;
  const Clock& clock_;
};

}  // namespace keelboat
