#pragma once

#include <string>
#include <vector>

#include <arrow/result.h>

#include "warehouses/warehouse.h"

namespace keelboat {

/// The ledger's format that this keelboat writes (docs/formats/ledger.md).
inline constexpr int64_t kLedgerFormat = 1;

/// A ledger row with what only the warehouse itself needs.
struct LedgerEntry {
  LedgerRow row;
  /// SHA-256 of the files' places and row counts: a lake that was deleted and made again
  /// has the same version numbers, but not the same files.
  std::string files_sha256;
};

/// What `files_sha256` of these files is.
arrow::Result<std::string> FilesDigest(const std::vector<LoadFile>& files);

/// Whether both stand for the same load: table, version, run, time and files.
bool SameLoad(const LedgerEntry& left, const LedgerEntry& right);

/// kUnsupported for a format that a newer keelboat wrote. `ledger` is for people.
arrow::Status CheckLedgerFormat(const std::string& ledger, int64_t format);

}  // namespace keelboat
