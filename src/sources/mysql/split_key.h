#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <arrow/result.h>

#include "sources/mysql/connection.h"
#include "sources/mysql/key_probe.h"
#include "sources/source.h"

namespace keelboat::mysql {

/// The key that a relation is cut by, or why there is none.
struct SplitKey {
  std::optional<ProbeTarget> target;
  std::string reason;  ///< Set where there is no target.
};

/// \brief Chooses what to cut a relation by.
///
/// What was asked for (`request.on`), else the index of an incremental window that leaves
/// a small part of the table, else the primary key, else a unique key without null. The
/// index's further columns follow, and the primary key's, so that many rows with one
/// value are cut too. A view or a query is cut where the server finds the bounds through
/// an index below it. kConfig where `request.on` begins no index; kNotFound for columns
/// that are none.
arrow::Result<SplitKey> ChooseSplitKey(Connection* connection, const Relation& relation,
                                       const SplitRequest& request);

}  // namespace keelboat::mysql
