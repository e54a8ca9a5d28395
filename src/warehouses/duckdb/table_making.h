#pragma once

#include <string>
#include <vector>

#include <arrow/status.h>

#include "warehouses/duckdb/existing_table.h"

namespace keelboat::duckdb {

/// kConfig for the names of keelboat's own tables.
arrow::Status CheckTableName(const std::string& table);

/// SQL that makes a table which is not there. `target`: quoted, with its schema.
std::string CreateStatement(const std::string& target,
                            const std::vector<Column>& columns);
/// The same in the place of one that may be there.
std::string ReplaceStatement(const std::string& target,
                             const std::vector<Column>& columns);

/// \brief SQL for the comments of a table and its columns that are not as they should be.
///
/// `kept`: the table before, where the statements so far left it in place; null for a
/// table that was just made.
std::vector<std::string> CommentStatements(const std::string& target,
                                           const std::string& description,
                                           const std::vector<Column>& columns,
                                           const ExistingTable* kept);

}  // namespace keelboat::duckdb
