#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <stop_token>
#include <vector>

#include "core/clock.h"
#include "core/observer.h"
#include "engine/journey.h"
#include "engine/task.h"
#include "sources/source.h"

namespace keelboat {

// Journeys stay where they are: partitions of theirs are under way on several threads.
using Journeys = std::deque<Journey>;

/// \brief Opens views anew after they were lost.
///
/// The first times, all tables that are not committed begin again in one new view. After
/// that each of them is tried once more, alone in a view of its own, so that a table
/// that breaks every connection holds up nobody but itself.
class Recovery {
 public:
  Recovery(const EngineOptions& options, Observer& observer, const Clock& clock)
      : options_(options), observer_(observer), clock_(clock) {}

  /// \brief The journeys that begin again now, planned in their new views; empty when
  /// none has lost its view.
  ///
  /// Waits for a source by the retry policies of its tables. Ends journeys for which
  /// there is no hope.
  std::vector<Journey*> Next(Journeys& journeys, const std::stop_token& stop);

 private:
  std::vector<Journey*> Candidates(Journeys& journeys);
  arrow::Result<std::shared_ptr<SourceSnapshot>> Reopen(Source* source,
                                                        const Journey& journey,
                                                        const std::stop_token& stop);

  const EngineOptions& options_;
  Observer& observer_;
  const Clock& clock_;
  int views_ = 1;
  std::set<const Journey*> tried_alone_;
  std::map<Source*, arrow::Status> away_;
};

}  // namespace keelboat
