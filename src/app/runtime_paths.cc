#include "app/runtime_paths.h"

#include <initializer_list>

namespace keelboat {
namespace {

namespace fs = std::filesystem;

fs::path FirstThatExists(std::initializer_list<fs::path> candidates) {
  for (const fs::path& candidate : candidates) {
    std::error_code ignored;
    if (!candidate.empty() && fs::exists(candidate, ignored)) return candidate;
  }
  return *(candidates.end() - 1);
}

fs::path Named(const std::map<std::string, std::string>& environment, const char* name) {
  auto found = environment.find(name);
  return found == environment.end() ? fs::path() : fs::path(found->second);
}

}  // namespace

RuntimePaths FindRuntimePaths(const fs::path& executable,
                              const std::map<std::string, std::string>& environment) {
  // The binary stands in build/<preset>/, the parts in build/deps/ and .venv/.
  const fs::path build = executable.parent_path().parent_path();
  RuntimePaths paths;
  paths.duckdb_library = Named(environment, "KEELBOAT_DUCKDB_LIBRARY");
  if (paths.duckdb_library.empty()) {
    paths.duckdb_library = FirstThatExists(
        {build / "deps" / "duckdb" / "libduckdb.so", KEELBOAT_DEFAULT_DUCKDB_LIBRARY});
  }
  paths.python = Named(environment, "KEELBOAT_PYTHON");
  if (paths.python.empty()) {
    paths.python = FirstThatExists(
        {build.parent_path() / ".venv" / "bin" / "python", KEELBOAT_DEFAULT_PYTHON});
  }
  return paths;
}

}  // namespace keelboat
