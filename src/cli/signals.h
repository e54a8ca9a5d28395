#pragma once

#include <stop_token>
#include <thread>

namespace keelboat {

/// \brief Turns SIGINT and SIGTERM into a stop request; the second one ends the process.
///
/// Blocks both signals for every thread that starts afterwards, so create it first
/// in main. The second signal is for the impatient: it exits at once with 130.
class SignalStop {
 public:
  SignalStop();
  SignalStop(const SignalStop&) = delete;
  SignalStop& operator=(const SignalStop&) = delete;
  ~SignalStop();

  std::stop_token token() const { return stop_.get_token(); }

 private:
  std::stop_source stop_;
  std::jthread waiter_;
};

}  // namespace keelboat
