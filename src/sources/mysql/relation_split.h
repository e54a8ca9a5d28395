#pragma once

#include <memory>

#include <arrow/result.h>

#include "sources/mysql/connection.h"
#include "sources/source.h"

namespace keelboat::mysql {

/// \brief Cuts a table or a query into balanced pieces; see `Source::SplitRelation`.
///
/// Every bound is a key that the server holds, placed by the server: by its collation for
/// text. Borrows the connection.
arrow::Result<Split> SplitRelation(Connection* connection, const Relation& relation,
                                   const SplitRequest& request);

}  // namespace keelboat::mysql
