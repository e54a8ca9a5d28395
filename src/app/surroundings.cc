#include "app/surroundings.h"

#include <filesystem>
#include <system_error>

namespace keelboat {

std::string VariableOf(const Surroundings& surroundings, const std::string& name) {
  const auto found = surroundings.variables.find(name);
  return found == surroundings.variables.end() ? "" : found->second;
}

arrow::Result<ProjectConfig> LoadConfiguration(const Surroundings& surroundings) {
  LoadOptions options;
  options.project_dir = surroundings.project_dir;
  options.environment_name = surroundings.environment_name;
  options.environment = surroundings.variables;
  std::error_code error;
  const std::string elsewhere = VariableOf(surroundings, kProjectVariable);
  if (!elsewhere.empty() &&
      !std::filesystem::exists(options.project_dir / kProjectFile, error)) {
    options.project_dir = elsewhere;
  }
  return LoadProject(options);
}

}  // namespace keelboat
