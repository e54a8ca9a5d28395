#include "cli/signals.h"

#include <csignal>
#include <cstdlib>

#include <pthread.h>
#include <unistd.h>

namespace keelboat {
namespace {

constexpr int kInterrupted = 130;

sigset_t StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  return signals;
}

[[noreturn]] void EndAtOnce() {
  // The terminal has shown the keys; what comes next begins a line of its own.
  if (isatty(STDERR_FILENO) == 1) {
    [[maybe_unused]] const ssize_t wrote = write(STDERR_FILENO, "\n", 1);
  }
  _exit(kInterrupted);
}

}  // namespace

SignalStop::SignalStop() {
  const sigset_t signals = StopSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  waiter_ = std::jthread([this, signals](const std::stop_token& ending) {
    while (!ending.stop_requested()) {
      const timespec patience{0, 100'000'000};
      if (sigtimedwait(&signals, nullptr, &patience) < 0) continue;
      if (stop_.stop_requested()) EndAtOnce();
      stop_.request_stop();
    }
  });
}

SignalStop::~SignalStop() { waiter_.request_stop(); }

}  // namespace keelboat
