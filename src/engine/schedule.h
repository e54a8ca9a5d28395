#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>

#include "engine/pace.h"

namespace keelboat {

class Journey;

/// One partition to carry.
struct Job {
  Journey* journey = nullptr;
  std::size_t partition = 0;
};

/// \brief The partitions of all tables, in the order in which they begin.
///
/// Workers take from one queue, so that a slow partition holds up nobody; `pace` says how
/// many at once. Thread-safe.
class Schedule {
 public:
  explicit Schedule(Pace& pace) : pace_(pace) {}

  /// Adds a table's partitions behind all others.
  void Add(Journey& journey, std::size_t partitions) {
    std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < partitions; ++i) jobs_.push_back({&journey, i});
    ++tables_;
  }

  /// Adds the next partitions of a table that is under way, before all others.
  void Continue(Journey& journey, std::size_t partitions) {
    std::lock_guard lock(mutex_);
    for (std::size_t i = partitions; i > 0; --i) jobs_.push_front({&journey, i - 1});
    changed_.notify_all();
  }

  /// A table has no more partitions to come.
  void End() {
    std::lock_guard lock(mutex_);
    --tables_;
    changed_.notify_all();
  }

  /// Waits for a partition; nullopt when all tables have ended.
  std::optional<Job> Take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] {
      return tables_ == 0 || (!jobs_.empty() && under_way_ < pace_.limit());
    });
    if (jobs_.empty()) return std::nullopt;
    Job job = jobs_.front();
    jobs_.pop_front();
    ++under_way_;
    return job;
  }

  /// A partition that was taken has ended; `bytes` went through in this run so far.
  void Ended(int64_t bytes, Pace::Time now) {
    std::lock_guard lock(mutex_);
    --under_way_;
    pace_.PartitionEnded(bytes, now);
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  std::size_t tables_ = 0;
  int under_way_ = 0;
  Pace& pace_;
};

}  // namespace keelboat
