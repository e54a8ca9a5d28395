#pragma once

#include <chrono>
#include <functional>
#include <stop_token>

#include <arrow/status.h>

#include "core/clock.h"

namespace keelboat {

/// \brief How often and how patiently to try again.
struct RetryPolicy {
  /// Attempts after the first one; 0 never retries.
  int max_retries = 3;
  /// Pause before the first retry.
  std::chrono::milliseconds delay{500};
  /// Doubles the pause after every retry, up to `max_delay`.
  bool exponential_backoff = true;
  std::chrono::milliseconds max_delay{std::chrono::minutes(5)};
};

/// ErrorDetail key: how many seconds a server wants to be left alone.
inline constexpr const char* kRetryAfterSeconds = "retry_after_seconds";

/// What is about to be tried again: the retry's number from 1, the pause, the cause.
using OnRetry = std::function<void(int retry, std::chrono::milliseconds pause,
                                   const arrow::Status& cause)>;

/// \brief Calls `attempt` until it succeeds, fails for good or the policy is used up.
///
/// Retryable kinds (`IsRetryable`) are tried again, a full disk is not. The last status
/// is returned with its kind kept. Pauses end early on a stop request, which gives
/// kCancelled. A pause is as long as the error asks for (kRetryAfterSeconds), up to
/// `max_delay`. Up to a quarter of each pause is random, so that clients that
/// failed together do not come back together.
arrow::Status Retry(const RetryPolicy& policy, const Clock& clock,
                    const std::stop_token& stop, const OnRetry& on_retry,
                    const std::function<arrow::Status()>& attempt);

}  // namespace keelboat
