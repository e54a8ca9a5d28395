#pragma once

#include <filesystem>
#include <map>
#include <string>

#include <arrow/status.h>

#include "transform/transform.h"

namespace keelboat::transform {

/// Where profiles.yml of the options' target lies.
std::filesystem::path ProfilesDir(const DbtOptions& options);

/// \brief Checks that interpreter and project are there, and writes profiles.yml.
///
/// kNotFound names what is missing and the remedy. The file is readable by its owner only
/// and replaced in one step.
arrow::Status PrepareFiles(const DbtOptions& options);

/// The options' environment, and what keeps dbt from calling home.
std::map<std::string, std::string> ChildEnvironment(const DbtOptions& options);

/// " install it: <python> -m pip install …", the remedy for a missing or unfit dbt.
std::string InstallRemedy(const DbtOptions& options);

}  // namespace keelboat::transform
