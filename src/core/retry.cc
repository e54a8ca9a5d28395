#include "core/retry.h"

#include <algorithm>
#include <random>

#include "core/full_disk.h"
#include "core/stop.h"

namespace keelboat {
namespace {

std::chrono::milliseconds WithJitter(std::chrono::milliseconds pause) {
  thread_local std::minstd_rand random(std::random_device{}());
  std::uniform_int_distribution<int64_t> extra(0,
                                               std::max<int64_t>(pause.count() / 4, 0));
  return pause + std::chrono::milliseconds(extra(random));
}

}  // namespace

arrow::Status Retry(const RetryPolicy& policy, const Clock& clock,
                    const std::stop_token& stop, const OnRetry& on_retry,
                    const std::function<arrow::Status()>& attempt) {
  std::chrono::milliseconds pause = policy.delay;
  for (int retry = 1;; ++retry) {
    arrow::Status status = attempt();
    if (status.ok() || !IsRetryable(KindOf(status)) || IsFullDisk(status) ||
        retry > policy.max_retries) {
      return status;
    }
    const auto wait = WithJitter(std::min(pause, policy.max_delay));
    if (on_retry) on_retry(retry, wait, status);
    clock.SleepFor(wait, stop);
    ARROW_RETURN_NOT_OK(CheckStop(stop));
    if (policy.exponential_backoff) pause = std::min(pause * 2, policy.max_delay);
  }
}

}  // namespace keelboat
