#pragma once

#include <memory>

#include <arrow/result.h>

#include "warehouses/duckdb/options.h"
#include "warehouses/duckdb/table_load.h"
#include "warehouses/warehouse.h"

namespace keelboat {

/// \brief A DuckDB file as warehouse.
///
/// Opens nothing yet; the first call that needs the file does. `hook`: see StatementHook.
/// kConfig for a path or schema that cannot be.
arrow::Result<std::unique_ptr<Warehouse>> MakeDuckdbWarehouse(
    DuckdbOptions options, duckdb::StatementHook hook = nullptr);

}  // namespace keelboat
