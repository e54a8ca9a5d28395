#include "sources/mysql/arrival_pause.h"

#include <sys/ioctl.h>

#include <algorithm>
#include <chrono>
#include <thread>

namespace keelboat::mysql {
namespace {

constexpr std::chrono::microseconds kLength(500);
// One write of the server.
constexpr std::size_t kLittle = 16 << 10;
constexpr std::size_t kLongestPenalty = 64;

}  // namespace

void ArrivalPause::Consider() {
  taken_ = 0;
  if (to_pass_ > 0) {
    --to_pass_;
    return;
  }
  const std::size_t before = Waiting();
  if (before >= kStep) return;
  Sleep();
  if (Waiting() >= before + kLittle) {
    penalty_ = 1;
    return;
  }
  to_pass_ = penalty_;
  penalty_ = std::min(2 * penalty_, kLongestPenalty);
}

std::size_t ArrivalPause::Waiting() const {
  int bytes = 0;
  if (ioctl(socket_, FIONREAD, &bytes) != 0 || bytes < 0) return 0;
  return static_cast<std::size_t>(bytes);
}

void ArrivalPause::Sleep() const { std::this_thread::sleep_for(kLength); }

}  // namespace keelboat::mysql
