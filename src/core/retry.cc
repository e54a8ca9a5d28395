#include "core/retry.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <random>
#include <string>

#include "core/full_disk.h"
#include "core/stop.h"
#include "keelboat/error.h"

namespace keelboat {
namespace {

std::chrono::milliseconds WithJitter(std::chrono::milliseconds pause) {
  thread_local std::minstd_rand random(std::random_device{}());
  std::uniform_int_distribution<int64_t> extra(0,
                                               std::max<int64_t>(pause.count() / 4, 0));
  return pause + std::chrono::milliseconds(extra(random));
}

// What the server asked for, or nothing.
std::chrono::milliseconds AskedPause(const arrow::Status& status) {
  const std::string text = DetailOf(status, kRetryAfterSeconds);
  int32_t seconds = 0;
  std::from_chars(text.data(), text.data() + text.size(), seconds);
  return std::chrono::seconds(seconds);
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
    const auto wait =
        WithJitter(std::min(std::max(pause, AskedPause(status)), policy.max_delay));
    if (on_retry) on_retry(retry, wait, status);
    clock.SleepFor(wait, stop);
    ARROW_RETURN_NOT_OK(CheckStop(stop));
    if (policy.exponential_backoff) pause = std::min(pause * 2, policy.max_delay);
  }
}

}  // namespace keelboat
