#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <arrow/status.h>

#include "contracts/contract_rules.h"

namespace keelboat {

/// \brief Turns a SQL type ("VARCHAR(50)", "int unsigned", "DECIMAL(10,2)") into rules.
///
/// Sets `types` (without null) and whatever the type says of size and form. kConfig
/// when the type is unknown, with the nearest one.
arrow::Status ApplySqlType(std::string_view type, ColumnRules* rules);

/// \brief The members of "enum('a','b')" or "set('a','b')"; empty for another type.
std::vector<std::string> EnumMembers(std::string_view type);

}  // namespace keelboat
