#pragma once

#include <cstdint>
#include <string>

#include "core/clock.h"

namespace keelboat {

/// \brief Names a run: "20260921T020000.123Z-7f3a9c". Sorts by time; usable as a file
/// name.
///
/// `random` tells apart runs of the same millisecond; its low 24 bits are used.
std::string MakeRunId(SystemTime started, uint32_t random);

/// The same with randomness of the machine's own.
std::string MakeRunId(const Clock& clock);

}  // namespace keelboat
