#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <arrow/result.h>

#include "planner/table_spec.h"

namespace keelboat {

/// \brief Reads `table_metadata.json` in either of its forms (docs/metadata.md).
///
/// The dictionary by table name, or the older `{"tables": […]}`. Tables come back in the
/// order of the run: by `pipeline_order`, those without one last, otherwise as in the
/// file. Tables that name no source get `default_source`.
///
/// `contract_file` holds what `schema_file` says, as written and so relative to the
/// folder of contracts; where it is empty the caller looks for `<table>.json` there.
///
/// kConfig "FILE:LINE: TABLE.key: …" for JSON that is broken, unknown keys (with the
/// nearest known one), values of a wrong type and settings that contradict each other.
arrow::Result<std::vector<TableSpec>> ParseTableMetadata(
    std::string_view json, const std::string& file_name,
    const std::string& default_source);

}  // namespace keelboat
