#pragma once

#include <string>
#include <vector>

#include <arrow/status.h>

#include "warehouses/duckdb/existing_table.h"
#include "warehouses/duckdb/load_session.h"

namespace keelboat::duckdb {

/// \brief Writes the comments of a table and its columns that are not as they should be.
///
/// `kept`: the table before, where the statements so far left it in place; null for a
/// table that was just made.
arrow::Status WriteComments(LoadSession& session, const std::string& description,
                            const std::vector<Column>& columns,
                            const ExistingTable* kept);

}  // namespace keelboat::duckdb
