#include "core/retry.h"

#include <vector>

#include <gtest/gtest.h>

#include "keelboat/error.h"

namespace keelboat {
namespace {

using std::chrono::milliseconds;

class ManualClock final : public Clock {
 public:
  SystemTime Now() const override { return {}; }
  std::chrono::steady_clock::time_point Steady() const override { return {}; }
  void SleepFor(milliseconds duration, const std::stop_token&) const override {
    slept.push_back(duration);
  }
  mutable std::vector<milliseconds> slept;
};

TEST(Retry, TriesAgainUntilItSucceeds) {
  ManualClock clock;
  int calls = 0;
  auto status = Retry({.max_retries = 3, .delay = milliseconds(100)}, clock, {}, {}, [&] {
    return ++calls < 3 ? MakeError(ErrorKind::kUnavailable, "gone") : arrow::Status::OK();
  });
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(calls, 3);
  ASSERT_EQ(clock.slept.size(), 2u);
  EXPECT_GE(clock.slept[0], milliseconds(100));
  EXPECT_LE(clock.slept[0], milliseconds(125));
  EXPECT_GE(clock.slept[1], milliseconds(200));
}

TEST(Retry, GivesUpAndKeepsTheLastError) {
  ManualClock clock;
  int calls = 0;
  int told = 0;
  auto status = Retry(
      {.max_retries = 2, .delay = milliseconds(1)}, clock, {},
      [&](int retry, milliseconds, const arrow::Status&) { told = retry; },
      [&] {
        ++calls;
        return MakeError(ErrorKind::kTimeout, "slow");
      });
  EXPECT_EQ(KindOf(status), ErrorKind::kTimeout);
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(told, 2);
}

TEST(Retry, WaitsAsLongAsTheServerAsksFor) {
  ManualClock clock;
  int calls = 0;
  auto status =
      Retry({.max_retries = 2, .delay = milliseconds(1), .max_delay = milliseconds(5000)},
            clock, {}, {}, [&] {
              return MakeError(ErrorKind::kThrottled, "slow down",
                               {{kRetryAfterSeconds, ++calls == 1 ? "3" : "3600"}});
            });
  EXPECT_EQ(KindOf(status), ErrorKind::kThrottled);
  ASSERT_EQ(clock.slept.size(), 2u);
  EXPECT_GE(clock.slept[0], milliseconds(3000));
  EXPECT_LT(clock.slept[0], milliseconds(4000));
  EXPECT_GE(clock.slept[1], milliseconds(5000));
  EXPECT_LT(clock.slept[1], milliseconds(6300));
}

TEST(Retry, DoesNotRepeatWhatCannotSucceed) {
  ManualClock clock;
  int calls = 0;
  auto status = Retry({}, clock, {}, {}, [&] {
    ++calls;
    return MakeError(ErrorKind::kAuth, "no");
  });
  EXPECT_EQ(KindOf(status), ErrorKind::kAuth);
  EXPECT_EQ(calls, 1);
}

TEST(Retry, StopsOnRequest) {
  ManualClock clock;
  std::stop_source source;
  auto status = Retry({}, clock, source.get_token(), {}, [&] {
    source.request_stop();
    return MakeError(ErrorKind::kUnavailable, "gone");
  });
  EXPECT_EQ(KindOf(status), ErrorKind::kCancelled);
}

}  // namespace
}  // namespace keelboat
