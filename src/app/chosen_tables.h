#pragma once

#include <string>
#include <vector>

#include <arrow/result.h>

#include "lake/lake.h"

namespace keelboat {

/// \brief Names of tables that exist in the lake: the chosen ones, or all.
///
/// A chosen table brings its quarantine along; kConfig, with the nearest names, for one
/// that is not there.
arrow::Result<std::vector<std::string>> ChosenTables(
    Lake& lake, const std::vector<std::string>& chosen);

}  // namespace keelboat
