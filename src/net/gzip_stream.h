#pragma once

#include <memory>

#include "net/byte_stream.h"

namespace keelboat::net {

/// \brief The uncompressed bytes of a gzipped stream.
///
/// The end is one only when the trailer was there and its checksum holds, and nothing
/// follows; otherwise kUnavailable.
std::unique_ptr<ByteStream> MakeGzipStream(std::unique_ptr<ByteStream> compressed);

}  // namespace keelboat::net
