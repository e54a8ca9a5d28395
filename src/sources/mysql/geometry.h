#pragma once

#include <cstdint>
#include <vector>

namespace keelboat::mysql {

/// \brief Turns the server's geometry (4 bytes of SRID, then WKB) into WKB.
///
/// An SRID other than 0 is kept: the result is then EWKB, where the outermost geometry's
/// type carries a flag and the SRID follows it. Returns false for bytes that are no
/// geometry. `wkb` is overwritten.
bool GeometryToWkb(const uint8_t* bytes, int64_t length, std::vector<uint8_t>* wkb);

}  // namespace keelboat::mysql
