#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include <arrow/result.h>

#include "core/retry.h"
#include "sources/metabase/metabase_api.h"
#include "sources/metabase/piece_reader.h"
#include "sources/source.h"

namespace keelboat::metabase {

/// Opens a reader of a partition that keeps the api alive.
arrow::Result<std::shared_ptr<SourceReader>> OpenReader(std::shared_ptr<MetabaseApi> api,
                                                        const Relation& relation,
                                                        const Partition& partition,
                                                        const PieceOptions& options,
                                                        const std::stop_token& stop);

/// \brief What stands for a view of the database: Metabase has none that outlives a
/// query.
///
/// Each read is a moment of its own; counts before and after stand for agreement. Its
/// time is the database's own, where its SQL is known and somebody asks for one moment.
arrow::Result<std::shared_ptr<SourceSnapshot>> OpenSnapshot(
    const std::string& source, std::shared_ptr<MetabaseApi> api,
    const SnapshotRequest& request, const RetryPolicy& retries,
    const std::stop_token& stop);

}  // namespace keelboat::metabase
