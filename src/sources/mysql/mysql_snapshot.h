#pragma once

#include <memory>

#include <arrow/result.h>

#include "sources/mysql/connection.h"
#include "sources/source.h"

namespace keelboat::mysql {

/// \brief Opens a snapshot on several connections (view_opening.h says how).
///
/// \param first an open connection, which the snapshot takes over; its stop token ends
/// the opening, and nothing after that.
arrow::Result<std::shared_ptr<SourceSnapshot>> OpenSnapshot(
    std::unique_ptr<Connection> first, const SnapshotRequest& request);

}  // namespace keelboat::mysql
