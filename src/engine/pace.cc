#include "engine/pace.h"

#include <algorithm>
#include <cmath>

namespace keelboat {
namespace {

// Long enough for the noise of single partitions to even out.
constexpr std::chrono::milliseconds kWindow{1500};
constexpr int kPartitionsAWorker = 2;
// One worker alone is given up sooner where that is clear: the try costs most of all.
constexpr std::chrono::milliseconds kClearWindow{500};
constexpr double kClearlyLess = 0.85;
// What a worker more must bring, and what a worker less may cost.
constexpr double kWorthIt = 1.10;
constexpr double kSameAs = 0.95;

}  // namespace

Pace::Pace(int most, bool fixed, int first, Time now)
    : most_(std::max(most, 1)),
      limit_(fixed ? most_ : std::min(most_, first)),
      deciding_(!fixed && most_ > 1),
      start_(now) {}

bool Pace::PartitionEnded(int64_t bytes, Time now) {
  if (!deciding_) return false;
  ++ended_;
  const auto took = now - start_;
  if (took < kClearWindow || ended_ < limit_ * kPartitionsAWorker) return false;
  const double seconds = std::chrono::duration<double>(took).count();
  const double rate = static_cast<double>(bytes - bytes_at_start_) / seconds;
  const bool clear = limit_ == 1 && rates_.contains(2) && rate < rates_[2] * kClearlyLess;
  if (took < kWindow && !clear) return false;
  rates_[limit_] = rate;

  const int before = limit_;
  const bool both = rates_.contains(1) && rates_.contains(2);
  if (limit_ <= 2 && !both) {
    Try(3 - limit_, bytes, now);
  } else if (limit_ <= 2) {
    if (rates_[1] >= rates_[2] * kSameAs) {
      Choose(1, bytes, now);
    } else if (most_ > 2) {
      Try(3, bytes, now);
    } else {
      Choose(2, bytes, now);
    }
  } else if (rates_[limit_] < rates_[limit_ - 1] * kWorthIt) {
    Choose(limit_ - 1, bytes, now);
  } else if (limit_ < most_) {
    Try(limit_ + 1, bytes, now);
  } else {
    Choose(limit_, bytes, now);
  }
  return limit_ != before;
}

void Pace::Try(int limit, int64_t bytes, Time now) {
  limit_ = limit;
  bytes_at_start_ = bytes;
  start_ = now;
  ended_ = 0;
}

void Pace::Choose(int limit, int64_t bytes, Time now) {
  Try(limit, bytes, now);
  deciding_ = false;
  std::string text =
      std::to_string(limit) + (limit == 1 ? " worker" : " workers") + " at once";
  const char* separator = ": ";
  for (const auto& [workers, rate] : rates_) {
    text += separator + std::to_string(workers) + " gave " +
            std::to_string(std::llround(rate / 1e6)) + " MB/s";
    separator = ", ";
  }
  verdict_ = std::move(text);
}

}  // namespace keelboat
