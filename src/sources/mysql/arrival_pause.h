#pragma once

#include <cstddef>

namespace keelboat::mysql {

/// \brief Lets a server on this machine send ahead of a reader that is faster than it.
///
/// A reader that waits in its socket is woken by each write, some 16 KiB, and the one
/// that writes pays for it: an eighth of a core of the server. Here the reader sleeps on
/// the clock instead, half a millisecond at a time, and finds several writes when it is
/// back. It does not sleep where bytes enough are waiting, nor, for a while, where a
/// sleep has brought few: then the server has something else to do than to send, and the
/// reader waits in its socket as any other does.
///
/// Used by the thread that reads.
class ArrivalPause {
 public:
  /// Borrows the socket.
  explicit ArrivalPause(int socket) : socket_(socket) {}
  virtual ~ArrivalPause() = default;

  /// A row of that many bytes was taken. May sleep.
  void Took(std::size_t bytes) {
    taken_ += bytes;
    if (taken_ >= kStep) Consider();
  }

 protected:
  static constexpr std::size_t kStep = 64 << 10;

  /// Bytes that have come and were not read yet; none where that cannot be told.
  virtual std::size_t Waiting() const;
  virtual void Sleep() const;

 private:
  void Consider();

  int socket_;
  std::size_t taken_ = 0;
  // Steps without a sleep that a vain one brings; twice as many after the next.
  std::size_t penalty_ = 1;
  std::size_t to_pass_ = 0;
};

}  // namespace keelboat::mysql
