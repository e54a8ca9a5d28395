#pragma once

#include <cstdint>

#include <arrow/result.h>

namespace keelboat {

/// \brief The bytes of an answer's body, pulled by the caller: decompressed and checked.
///
/// One thread uses it at a time. The destructor closes the socket at once, whatever is
/// still to come, which is how a server learns that nobody waits any more.
class ByteStream {
 public:
  virtual ~ByteStream() = default;
  /// \brief Copies at least one byte, at most `capacity`, to `out`; waits for them.
  ///
  /// 0 is the end, and proven to be it: by the length, the last chunk or the trailer of
  /// the compression. kUnavailable: the body was cut, the connection was reset or nothing
  /// came for too long; kCancelled: a stop was requested. After an error it returns that
  /// error again.
  virtual arrow::Result<int64_t> Read(char* out, int64_t capacity) = 0;
};

}  // namespace keelboat
