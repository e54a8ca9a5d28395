#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include <arrow/result.h>

#include "lake/lake.h"

namespace keelboat {

/// Something wrong with one file of a table.
struct FileFinding {
  std::string path;  ///< Relative to the table's folder.
  std::string what;  ///< "its bytes are not those that were committed: …"
};

/// Told after each file: files and bytes checked so far.
using VerifyProgress = std::function<void(int64_t files, int64_t bytes)>;

/// \brief Compares the files of a snapshot with what the log says of them. Changes
/// nothing.
///
/// Size and SHA-256 of the bytes; rows of the footer; rows, nulls, smallest and largest
/// values as read against the statistics; version and base of the rows; the same file
/// under two names. Files of other programs have no checksum and statistics of their own
/// making: of them only size, rows and nulls are compared. At most one finding for the
/// content of a file, the first. Reads every byte, one file at a time, in bounded memory.
/// Errors: only what kept a file from being judged (kCancelled, kUnavailable,
/// kUnsupported …).
arrow::Result<std::vector<FileFinding>> VerifyFiles(const LakeTable& table,
                                                    const LakeSnapshot& snapshot,
                                                    const std::stop_token& stop,
                                                    const VerifyProgress& progress = {});

}  // namespace keelboat
