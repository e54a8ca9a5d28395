#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <vector>

#include "core/clock.h"
#include "core/observer.h"
#include "core/retry.h"
#include "engine/slice_load.h"
#include "engine/task.h"
#include "warehouses/warehouse.h"

namespace keelboat {

/// \brief One table on its way from source to warehouse, with what its outcome is made
/// of.
///
/// Extraction: `Begin` gives the partitions of the first slice; each is given to `Carry`,
/// by any threads at once. The call that ends a slice says what comes next.
class Journey {
 public:
  Journey(TableTask task, const EngineOptions& options, Observer& observer,
          const Clock& clock);

  /// What follows a partition.
  enum class Next {
    kOthers,     ///< Other partitions of the slice are on their way.
    kMore,       ///< `partitions` has work again: the next slice, or all anew.
    kExtracted,  ///< The table is in the lake.
    kEnded,      ///< Failed, or waiting for a new view (`lost_view`).
  };

  /// The partitions to carry now, by their positions from 0.
  std::size_t partitions() const;
  /// Carries one of them; adds what went through to `bytes`.
  Next Carry(std::size_t partition, const std::stop_token& stop,
             std::atomic<int64_t>& bytes);

  /// Whether the source's view was lost before the table was committed.
  bool lost_view() const { return lost_view_; }
  /// How the view was lost.
  const arrow::Status& failure() const { return failure_; }
  const RetryPolicy& retry() const { return task_.plan.spec.retry; }
  /// Starts over in a new view; false where it cannot be planned there: then the table
  /// has failed, or has lost this view too.
  bool Restart(std::shared_ptr<SourceSnapshot> snapshot, const std::stop_token& stop);
  /// Ends a journey whose view cannot be replaced.
  void Abandon(const arrow::Status& status);
  /// Says that others of the run were read in another view.
  void MarkSplit();
  bool extracted() const { return extracted_; }
  Source* source() const { return task_.source; }

  /// Finds the newest version in the lake. Returns whether there is one.
  bool Find();
  /// Loads what was extracted or found. `warehouse_away` is what the table before found
  /// out, and what this one did; `alone`: no other table is under way.
  void Load(Warehouse& warehouse, bool& warehouse_away, bool alone,
            const std::stop_token& stop);

  const TableOutcome& outcome() const { return outcome_; }

 private:
  void Announce();
  void OpenSlice();
  Next EndSlice(const std::stop_token& stop);
  Next Recover(arrow::Status status, const std::stop_token& stop);
  arrow::Status PlanAnew(const std::stop_token& stop);
  void LetGo();
  void Keep(LakeSnapshot snapshot);
  void Fail(Phase phase, arrow::Status status);
  double SecondsSince(std::chrono::steady_clock::time_point begin) const;
  std::chrono::microseconds Took(std::chrono::steady_clock::time_point begin) const;

  TableTask task_;
  const EngineOptions& options_;
  Observer& observer_;
  const Clock& clock_;
  TableOutcome outcome_;
  std::optional<LakeSnapshot> snapshot_;
  std::optional<std::chrono::steady_clock::time_point> begun_;

  std::size_t slice_ = 0;
  std::unique_ptr<SliceLoad> load_;
  Progress progress_;
  int restarts_ = 0;
  bool extracted_ = false;
  bool lost_view_ = false;
  bool split_ = false;  ///< Slices are committed that were read in a view since lost.

  std::mutex mutex_;
  // Guarded by mutex_.
  std::size_t under_way_ = 0;
  arrow::Status failure_;
};

}  // namespace keelboat
