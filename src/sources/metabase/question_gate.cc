#include "sources/metabase/question_gate.h"

#include <algorithm>
#include <utility>

#include "core/stop.h"

namespace keelboat::metabase {

QuestionGate::Place& QuestionGate::Place::operator=(Place&& other) noexcept {
  if (this != &other) {
    GiveBack();
    gate_ = std::move(other.gate_);
  }
  return *this;
}

void QuestionGate::Place::GiveBack() {
  const std::shared_ptr<QuestionGate> gate = std::exchange(gate_, nullptr);
  if (gate == nullptr) return;
  const std::lock_guard lock(gate->mutex_);
  --gate->running_;
  ++gate->given_back_;
  gate->freed_.notify_all();
}

QuestionGate::QuestionGate(int most, std::chrono::milliseconds patience)
    : patience_(patience), most_(std::max(most, 1)), limit_(most_) {}

void QuestionGate::Widen(int most) {
  const std::lock_guard lock(mutex_);
  if (most <= most_) return;
  // One that was narrowed grows by good answers only.
  if (limit_ == most_) limit_ = most;
  most_ = most;
  freed_.notify_all();
}

arrow::Result<QuestionGate::Place> QuestionGate::Enter(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (running_ >= limit_) {
    ARROW_RETURN_NOT_OK(CheckStop(stop));
    const int64_t seen = given_back_;
    freed_.wait_for(lock, stop, patience_,
                    [&] { return running_ < limit_ || given_back_ != seen; });
    if (running_ >= limit_ && given_back_ == seen && !stop.stop_requested()) break;
  }
  ARROW_RETURN_NOT_OK(CheckStop(stop));
  ++running_;
  return Place(shared_from_this());
}

void QuestionGate::HearSuccess() {
  const std::lock_guard lock(mutex_);
  if (++successes_ < limit_ || limit_ == most_) return;
  successes_ = 0;
  ++limit_;
  freed_.notify_all();
}

void QuestionGate::HearOverload() {
  const std::lock_guard lock(mutex_);
  successes_ = 0;
  const auto now = std::chrono::steady_clock::now();
  if (now - halved_ < kOneOverload) return;
  halved_ = now;
  limit_ = std::max(1, limit_ / 2);
}

int QuestionGate::limit() const {
  const std::lock_guard lock(mutex_);
  return limit_;
}

int QuestionGate::running() const {
  const std::lock_guard lock(mutex_);
  return running_;
}

}  // namespace keelboat::metabase
