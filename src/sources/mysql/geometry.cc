#include "sources/mysql/geometry.h"

#include <cstddef>

namespace keelboat::mysql {
namespace {

constexpr std::ptrdiff_t kSridBytes = 4;
// Byte order, then the geometry's type.
constexpr std::ptrdiff_t kHeaderBytes = 5;
// EWKB's "an SRID follows" is bit 29 of the type: bit 5 of its most significant byte.
constexpr uint8_t kSridFlag = 0x20;

}  // namespace

bool GeometryToWkb(const uint8_t* bytes, int64_t length, std::vector<uint8_t>* wkb) {
  if (length < kSridBytes + kHeaderBytes) return false;
  const uint8_t* geometry = bytes + kSridBytes;
  const uint8_t* end = bytes + length;
  uint8_t byte_order = geometry[0];
  if (byte_order > 1) return false;
  bool little_endian = byte_order == 1;
  bool has_srid = (bytes[0] | bytes[1] | bytes[2] | bytes[3]) != 0;
  wkb->assign(geometry, end);
  if (!has_srid) return true;
  std::size_t top_byte = little_endian ? 4 : 1;
  (*wkb)[top_byte] = static_cast<uint8_t>((*wkb)[top_byte] | kSridFlag);
  uint8_t srid[kSridBytes];
  for (std::size_t i = 0; i < sizeof(srid); ++i) {
    srid[i] = bytes[little_endian ? i : sizeof(srid) - 1 - i];
  }
  wkb->insert(wkb->begin() + kHeaderBytes, srid, srid + sizeof(srid));
  return true;
}

}  // namespace keelboat::mysql
