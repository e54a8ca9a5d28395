#pragma once

#include <string>
#include <vector>

#include <arrow/result.h>
#include <arrow/type_fwd.h>

namespace keelboat {

/// \brief Draws a JSON Schema contract of what a table's columns already promise.
///
/// Types and nullability, lengths of CHAR and VARCHAR, members of ENUM, the lower bound
/// of unsigned numbers, the step of decimals, formats of dates; comments become
/// descriptions. Source types are read from the fields' metadata (kSourceTypeKey).
/// The same input gives the same text, indented by two spaces, with a newline at its end;
/// `Contract::Parse` accepts it. `key` only adds a remark and may be empty.
arrow::Result<std::string> DraftContract(const std::string& table,
                                         const arrow::Schema& schema,
                                         const std::vector<std::string>& key);

}  // namespace keelboat
