#pragma once

#include <cstddef>
#include <string_view>

namespace keelboat::net {

/// \brief Takes the frames of a chunked body away. One body; one thread.
///
/// What is no frame, and whether the last one came, is the business of whoever reads the
/// connection: here a body that is broken only loses its rest.
class ChunkFraming {
 public:
  /// \brief Copies what `bytes`, as they came, hold of the body.
  ///
  /// `out` has room for as many. Returns how many were copied.
  std::size_t Strip(std::string_view bytes, char* out);

 private:
  enum class At { kSize, kExtension, kData, kDataEnd, kTrailer };

  At at_ = At::kSize;
  std::size_t left_ = 0;  // Of the chunk; its size, while that is read.
};

}  // namespace keelboat::net
