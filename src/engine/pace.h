#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace keelboat {

/// \brief Finds out how many partitions at once are worth it, by trying.
///
/// More are not always faster: wide rows keep the server or this machine busy with one
/// or two. Starts with two, tries one, then more as long as they bring a tenth more bytes
/// a second. Where few processors also load what was read, it starts with one instead.
/// Pure but for the times that it is told; not thread-safe.
class Pace {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// At most `most` at once, `first` in the beginning (1 or 2). Fixed, when the user has
  /// decided: then always `most`.
  Pace(int most, bool fixed, int first, Time now);

  /// Partitions that may be under way now.
  int limit() const { return limit_; }
  /// A partition has ended; `bytes` went through since the beginning. Returns whether the
  /// limit changed.
  bool PartitionEnded(int64_t bytes, Time now);
  /// What was chosen and why, once it is: "2 workers: 1 gave 40 MB/s, 2 gave 71 MB/s".
  const std::optional<std::string>& verdict() const { return verdict_; }

 private:
  void Try(int limit, int64_t bytes, Time now);
  void Choose(int limit, int64_t bytes, Time now);

  const int most_;
  int limit_;
  bool deciding_;
  int64_t bytes_at_start_ = 0;
  Time start_;
  int ended_ = 0;
  std::map<int, double> rates_;  ///< Bytes a second by limit.
  std::optional<std::string> verdict_;
};

}  // namespace keelboat
