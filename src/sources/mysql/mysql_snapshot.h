#pragma once

#include <memory>

#include <arrow/result.h>

#include "sources/mysql/idle_connections.h"
#include "sources/mysql/lent_connection.h"
#include "sources/source.h"

namespace keelboat::mysql {

/// \brief Opens a snapshot on several connections (view_opening.h says how).
///
/// \param first a connection on loan, which the snapshot keeps where it is to read; its
/// stop token ends the opening, and nothing after that.
/// \param connections lends what the snapshot needs for a moment.
arrow::Result<std::shared_ptr<SourceSnapshot>> OpenSnapshot(
    ConnectionPtr first, std::shared_ptr<IdleConnections> connections,
    const SnapshotRequest& request);

}  // namespace keelboat::mysql
