#pragma once

#include <memory>

#include <arrow/result.h>

#include "warehouses/snowflake/options.h"
#include "warehouses/snowflake/session.h"
#include "warehouses/warehouse.h"

namespace keelboat {

/// \brief A schema of a Snowflake database as warehouse.
///
/// Logs in with the first call that needs it. The driver brings a Go runtime into the
/// process and stays loaded. `hook`: see StatementHook. kConfig for options that cannot
/// be.
arrow::Result<std::unique_ptr<Warehouse>> MakeSnowflakeWarehouse(
    SnowflakeOptions options, snowflake::StatementHook hook = nullptr);

}  // namespace keelboat
