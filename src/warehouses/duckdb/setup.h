#pragma once

#include <string>

#include <arrow/status.h>

#include "warehouses/adbc.h"
#include "warehouses/warehouse.h"

namespace keelboat::duckdb {

/// \brief Makes what is missing of schemas, ledger, tables and comments, or in a dry run
/// only looks.
///
/// `connection` may be null in a dry run: the file is not there, nor is anything in it.
arrow::Status SetUp(adbc::Connection* connection, const std::string& schema,
                    const SetupRequest& request, const std::stop_token& stop);

}  // namespace keelboat::duckdb
