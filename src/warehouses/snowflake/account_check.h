#pragma once

#include <arrow/result.h>

#include "warehouses/snowflake/options.h"
#include "warehouses/snowflake/session.h"
#include "warehouses/warehouse.h"

namespace keelboat::snowflake {

/// \brief Proves what loads need: database, schema, the right to make tables there, a
/// warehouse that runs, a stage that can be read, and clocks that agree.
///
/// Makes a table of its own, writes to it and drops it again. Says who is logged in, in
/// which role and warehouse.
arrow::Result<WarehouseInfo> CheckAccount(Session& session,
                                          const SnowflakeOptions& options,
                                          SystemTime now);

}  // namespace keelboat::snowflake
