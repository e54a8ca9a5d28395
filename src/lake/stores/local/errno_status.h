#pragma once

#include <string>

#include <arrow/status.h>

namespace keelboat::local {

/// \brief The status of a failed system call on a path, with the remedy.
///
/// `doing` is a gerund: "writing". ENOSPC and EDQUOT are kUnavailable with detail
/// "errno"; missing rights and read-only file systems kDenied; ENOENT kNotFound.
arrow::Status ErrnoStatus(int error, const std::string& doing, const std::string& path);

}  // namespace keelboat::local
