#pragma once

#include <string>
#include <vector>

#include <arrow/status.h>

#include "warehouses/snowflake/existing_table.h"
#include "warehouses/snowflake/load_sql.h"
#include "warehouses/snowflake/session.h"
#include "warehouses/warehouse.h"

namespace keelboat::snowflake {

/// kConfig for a name that keelboat keeps for its own tables.
arrow::Status CheckTableName(const std::string& table);

/// \brief SQL for the comments of a table and its columns that are not as they should be.
///
/// `kept`: the table before, where the statements so far left it in place; null for a
/// table that was just made.
std::vector<std::string> CommentStatements(const LoadSql& sql,
                                           const std::string& description,
                                           const ExistingTable* kept);

/// \brief Makes the request's tables that are missing, as their first loads would, and
/// the comments that tables lack.
///
/// `schema_is_there` false: in a dry run nothing has to be looked for.
arrow::Status SetUpTables(Session& session, const Place& place,
                          const SetupRequest& request, bool schema_is_there);

}  // namespace keelboat::snowflake
