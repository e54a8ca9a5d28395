#pragma once

#include <arrow/status.h>

namespace keelboat {

/// \brief Whether a disk, a quota or the process's limit on file sizes is used up.
///
/// Read from the detail "errno": ENOSPC, EDQUOT or EFBIG. Such a failure is kUnavailable
/// like a lost server, but another try is in vain before somebody makes room.
bool IsFullDisk(const arrow::Status& status);

/// \brief The exit code of a failed status: that of its kind, but 1 for a full disk,
/// which is no lost connection.
int ExitCodeOf(const arrow::Status& status);

}  // namespace keelboat
