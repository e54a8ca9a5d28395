#pragma once

#include <string>

#include <arrow/result.h>

#include "contracts/contract_rules.h"

namespace keelboat {

/// \brief Reads a contract in the column-list form of older projects.
///
/// `{"table_name", "columns": [{"name", "type", "nullable", "primary_key", …}],
/// "constraints", "data_masking", …}`. Every column named must exist. kConfig names
/// file, line and place; an unknown key is an error. What each key comes to is in
/// docs/contracts.md.
arrow::Result<ContractRules> ReadColumnList(const JsonValue& document,
                                            const std::string& file_name);

}  // namespace keelboat
