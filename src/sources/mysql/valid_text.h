#pragma once

#include <cstdint>

namespace keelboat::mysql {

/// Whether the bytes are valid UTF-8: no stray or overlong sequence, no surrogate.
bool IsValidUtf8(const uint8_t* bytes, int64_t size);

}  // namespace keelboat::mysql
