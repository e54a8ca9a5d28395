#pragma once

#include <string>

#include <arrow/result.h>

#include "contracts/contract_rules.h"

namespace keelboat {

/// \brief Reads a contract in JSON Schema (2020-12).
///
/// kConfig names file, line and place, and for a keyword that is not supported the
/// nearest one that is: a rule is never skipped.
arrow::Result<ContractRules> ReadJsonSchema(const JsonValue& document,
                                            const std::string& file_name);

}  // namespace keelboat
