#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/status.h>

#include "lake/lake.h"
#include "lake/view/key_hash.h"

namespace keelboat {

/// Receives the key columns of some rows, and their hashes.
using KeyVisitor = std::function<arrow::Status(const arrow::RecordBatch& keys,
                                               const std::vector<KeyHash>& hashes)>;

/// \brief Reads the key columns of a file, batch by batch, and columns that go `along`.
///
/// Errors name the file: kData where it is damaged or holds another number of rows than
/// it should, kNotFound where it is gone.
arrow::Status VisitKeys(const LakeTable& table, const DataFile& file,
                        const std::vector<std::string>& key, const std::stop_token& stop,
                        const KeyVisitor& visit,
                        const std::vector<std::string>& along = {});

}  // namespace keelboat
