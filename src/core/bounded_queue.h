#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

namespace keelboat {

/// \brief A queue between two stages of a pipeline, bounded in bytes.
///
/// `Push` waits while the queue holds `capacity_bytes` or more; one item is
/// always let in, so an item larger than the capacity passes alone. Any number
/// of producers and consumers. After `Close` pops drain what is left and then
/// return nullopt; after a stop request both sides return at once.
template <typename T>
class BoundedQueue {
 public:
  explicit BoundedQueue(int64_t capacity_bytes) : capacity_bytes_(capacity_bytes) {}
  BoundedQueue(const BoundedQueue&) = delete;
  BoundedQueue& operator=(const BoundedQueue&) = delete;

  /// Returns false when the queue was closed or a stop was requested.
  bool Push(T item, int64_t bytes, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    bool room = changed_.wait(lock, stop, [&] {
      return closed_ || items_.empty() || held_bytes_ + bytes <= capacity_bytes_;
    });
    if (!room || closed_) return false;
    items_.emplace_back(std::move(item), bytes);
    held_bytes_ += bytes;
    changed_.notify_all();
    return true;
  }

  /// Returns the next item; nullopt when closed and empty, or stopped.
  std::optional<T> Pop(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait(lock, stop, [&] { return closed_ || !items_.empty(); })) return {};
    if (items_.empty()) return {};
    auto [item, bytes] = std::move(items_.front());
    items_.pop_front();
    held_bytes_ -= bytes;
    changed_.notify_all();
    return std::move(item);
  }

  /// No more items will come. Idempotent.
  void Close() {
    std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }

 private:
  const int64_t capacity_bytes_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::pair<T, int64_t>> items_;
  int64_t held_bytes_ = 0;
  bool closed_ = false;
};

}  // namespace keelboat
