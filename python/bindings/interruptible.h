#pragma once

#include <chrono>
#include <future>
#include <optional>
#include <stop_token>
#include <utility>

#include <nanobind/nanobind.h>

#include "endings.h"
#include "errors.h"
#include "keelboat/error.h"

namespace keelboat::python {

/// When the user's patience ends; unset: never.
using Deadline = std::optional<std::chrono::steady_clock::time_point>;

/// \brief Does work without the interpreter's lock, in a thread of its own.
///
/// Ctrl-C asks the work to stop, waits until it has, and becomes KeyboardInterrupt; the
/// deadline likewise becomes kTimeout. The interpreter's end asks it to stop, too. The
/// caller holds the lock.
template <typename Work>
auto Interruptible(std::stop_source stop, const Deadline& deadline, Work work) {
  const Ending ending(Ending::Kind::kCall, [stop]() mutable { stop.request_stop(); });
  auto done = std::async(std::launch::async, std::move(work));
  while (true) {
    {
      const Unlocked unlocked;
      if (done.wait_for(std::chrono::milliseconds(50)) == std::future_status::ready) {
        break;
      }
    }
    const auto end = [&] {
      const Unlocked unlocked;
      stop.request_stop();
      done.wait();
    };
    if (PyErr_CheckSignals() != 0) {
      nanobind::python_error interrupted;
      end();
      throw interrupted;
    }
    if (deadline.has_value() && std::chrono::steady_clock::now() > *deadline) {
      end();
      throw StatusError(MakeError(ErrorKind::kTimeout,
                                  "the rows were not there within the timeout: ask for "
                                  "fewer, or allow more time"));
    }
  }
  return done.get();
}

}  // namespace keelboat::python
