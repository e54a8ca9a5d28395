#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <stop_token>

#include <arrow/result.h>

namespace keelboat::metabase {

/// \brief How many questions may run at once: fewer while the server has enough.
///
/// Starts at the number asked for. It halves when the server says that it is
/// overloaded, and grows by one after as many good answers as it lets run, up to that
/// number. A wait ends in any case when no place has become free for `patience`: those
/// who hold places may be waiting for the very one who waits here. Thread-safe.
class QuestionGate : public std::enable_shared_from_this<QuestionGate> {
 public:
  /// A place among those that run, given back by the destructor. Movable.
  class Place {
   public:
    Place() = default;
    explicit Place(std::shared_ptr<QuestionGate> gate) : gate_(std::move(gate)) {}
    ~Place() { GiveBack(); }
    Place(Place&& other) noexcept = default;
    Place& operator=(Place&& other) noexcept;
    void GiveBack();

   private:
    std::shared_ptr<QuestionGate> gate_;
  };

  explicit QuestionGate(int most, std::chrono::milliseconds patience = kPatience);

  /// Waits for a place; kCancelled.
  arrow::Result<Place> Enter(const std::stop_token& stop);
  /// The server answered well.
  void HearSuccess();
  /// The server has no room. Heard once for all questions that ran at that time.
  void HearOverload();

  /// Lets at least so many run, while the server has room for them.
  void Widen(int most);

  int limit() const;
  int running() const;

 private:
  static constexpr std::chrono::milliseconds kPatience{20'000};
  static constexpr std::chrono::milliseconds kOneOverload{1'000};

  const std::chrono::milliseconds patience_;
  mutable std::mutex mutex_;
  std::condition_variable_any freed_;
  int most_;
  int limit_;
  int running_ = 0;
  int successes_ = 0;
  int64_t given_back_ = 0;
  std::chrono::steady_clock::time_point halved_;
};

}  // namespace keelboat::metabase
