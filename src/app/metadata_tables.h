#pragma once

#include <string>
#include <vector>

#include <arrow/result.h>

#include "contracts/json_text.h"
#include "planner/table_spec.h"

namespace keelboat {

/// \brief The older form of the metadata file: `{"metadata_version", "tables": […],
/// "retry_policy", "data_quality_checks", …}`.
///
/// Tables come back as in the file. For errors and `contract_file` see metadata.h.
arrow::Result<std::vector<TableSpec>> ReadMetadataTables(
    const JsonValue& document, const std::string& file_name,
    const std::string& default_source);

}  // namespace keelboat
