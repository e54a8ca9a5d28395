#pragma once

#include <arrow/status.h>

#include "app/config.h"
#include "app/verify.h"

namespace keelboat {

/// \brief Writes a verification to `logs/verify/<id>.json` and names it in the report.
///
/// As VerifyToJson with the evidence; long values are cut.
arrow::Status WriteEvidence(const ProjectConfig& config, VerifyReport& report);

}  // namespace keelboat
