#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "core/observer.h"
#include "transform/dbt_log.h"
#include "transform/worker_event.h"

namespace keelboat::transform {

/// \brief Turns the worker's events of one build into observer events, log lines and
/// counts.
///
/// One thread at a time. Borrows observer and log.
class BuildTally {
 public:
  BuildTally(std::string tool, Observer& observer, DbtLog& log)
      : tool_(std::move(tool)), observer_(observer), log_(log) {}

  void On(const WorkerEvent& event);
  /// The counts so far; "failed" when a node failed. `took` is the caller's to fill.
  TransformFinished Finished() const;

 private:
  void OnNodes(const WorkerEvent& event);
  void OnNodeStarted(const WorkerEvent& event);
  void OnNodeFinished(const WorkerEvent& event);

  const std::string tool_;
  Observer& observer_;
  DbtLog& log_;
  std::map<std::string, int64_t> index_of_;
  int64_t total_ = 0;
  int64_t models_ = 0;
  int64_t tests_ = 0;
  int64_t failed_ = 0;
  std::string first_failure_;
};

}  // namespace keelboat::transform
