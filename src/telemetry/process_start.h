#pragma once

#include <cstdint>
#include <string_view>

namespace keelboat {

/// \brief When a process of this machine began, in clock ticks since boot; 0 where that
/// cannot be told.
///
/// Its number alone does not tell a process apart: numbers are given again, in a
/// container that was started anew nearly always to the same program.
int64_t ProcessStart(int64_t pid);

/// Whether the process of this number and this start has ended. With `start` 0 only the
/// number counts. False where it cannot be told. A process that ended and was not yet
/// waited for is gone.
bool ProcessIsGone(int64_t pid, int64_t start);

/// What /proc/<pid>/stat says, which `proc(5)` describes.
struct ProcessStat {
  char state = '?';
  int64_t start = 0;
};
ProcessStat ParseProcessStat(std::string_view text);

}  // namespace keelboat
