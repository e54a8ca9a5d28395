#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include <arrow/result.h>

#include "lake/lake.h"
#include "lake/view/key_digest.h"

namespace keelboat {

/// Files of one table: of a snapshot, of receipts not committed yet, or both.
struct TableFiles {
  const LakeTable* table = nullptr;
  std::vector<DataFile> files;
};

struct ViewOptions {
  /// Keys held in memory at once, 17 bytes each; with more, files are read again.
  int64_t keys_in_memory = 4'000'000;
};

/// \brief The digest of the distinct keys of all files.
///
/// Relies on keys being distinct among the files of one table and rows_version (one
/// commit read them from one snapshot), so that only keys of the other versions are held
/// in memory. kData for a file that is damaged, kNotFound for one that is gone or lacks a
/// column.
arrow::Result<KeyDigest> DigestLatest(const std::vector<TableFiles>& tables,
                                      const std::vector<std::string>& key,
                                      const std::stop_token& stop,
                                      const ViewOptions& options = {});

/// \brief Counts the rows of the latest-per-key view; without a key all rows.
///
/// Reads nothing where all files are of one version.
arrow::Result<int64_t> CountLatest(const LakeTable& table,
                                   const std::vector<DataFile>& files,
                                   const std::vector<std::string>& key,
                                   const std::stop_token& stop,
                                   const ViewOptions& options = {});

}  // namespace keelboat
