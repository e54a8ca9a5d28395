#pragma once

#include <string>

#include <arrow/result.h>

#include "app/config.h"
#include "keelboat/project.h"

namespace keelboat {

/// Names a project's folder, for programs that run elsewhere.
inline constexpr const char* kProjectVariable = "KEELBOAT_PROJECT";

/// One variable of the surroundings; empty where it is not set.
std::string VariableOf(const Surroundings& surroundings, const std::string& name);

/// LoadProject on the folder that the surroundings mean.
arrow::Result<ProjectConfig> LoadConfiguration(const Surroundings& surroundings);

}  // namespace keelboat
