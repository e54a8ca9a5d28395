#pragma once

#include <string>

#include <arrow/status.h>
#include <arrow/type_fwd.h>

namespace keelboat {

/// Comments of the columns that keelboat adds to every table.
inline constexpr const char* kRunIdComment = "The keelboat run that loaded this row.";
inline constexpr const char* kLoadedAtComment = "When keelboat loaded this row, UTC.";

/// \brief Whether a warehouse's table can have the columns of a lake schema.
///
/// kConfig for names of keelboat's own columns and for two that would be one.
/// \param product "DuckDB".
arrow::Status CheckColumnNames(const arrow::Schema& schema, const std::string& product);

/// kConfig: two tables of the project would be one; `removal` is the SQL that ends the
/// first.
arrow::Status SameTable(const std::string& first, const std::string& second,
                        const std::string& product, const std::string& removal);

/// kConfig: a table or view stands there that keelboat did not make. `target`: as SQL has
/// it.
arrow::Status NotOurs(const std::string& target, bool is_view);

}  // namespace keelboat
