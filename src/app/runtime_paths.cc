#include "app/runtime_paths.h"

#include <initializer_list>
#include <system_error>

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

// The interpreter of <environment>/lib/python3.11/site-packages; empty for other folders.
fs::path InterpreterOf(const fs::path& packages) {
  if (packages.filename() != "site-packages") return {};
  return packages.parent_path().parent_path().parent_path() / "bin" / "python";
}

fs::path Named(const std::map<std::string, std::string>& environment, const char* name) {
  auto found = environment.find(name);
  return found == environment.end() ? fs::path() : fs::path(found->second);
}

constexpr const char* kSnowflakeDriver =
    "adbc_driver_snowflake/libadbc_driver_snowflake.so";

/// site-packages of the environment that an interpreter belongs to.
fs::path SitePackages(const fs::path& python) {
  const fs::path lib = python.parent_path().parent_path() / "lib";
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(lib, ignored)) {
    if (entry.path().filename().string().starts_with("python3")) {
      return entry.path() / "site-packages";
    }
  }
  return lib / "python3" / "site-packages";
}

}  // namespace

RuntimePaths FindRuntimePaths(const fs::path& executable,
                              const std::map<std::string, std::string>& environment) {
  // The binary stands in build/<preset>/, the parts in build/deps/ and .venv/; in a
  // wheel in keelboat/bin/, the parts in keelboat/lib/ and the wheel's environment.
  const fs::path build = executable.parent_path().parent_path();
  RuntimePaths paths;
  paths.duckdb_library = Named(environment, "KEELBOAT_DUCKDB_LIBRARY");
  if (paths.duckdb_library.empty()) {
    paths.duckdb_library = FirstThatExists({build / "deps" / "duckdb" / "libduckdb.so",
                                            build / "lib" / "libduckdb.so",
                                            KEELBOAT_DEFAULT_DUCKDB_LIBRARY});
  }
  paths.python = Named(environment, "KEELBOAT_PYTHON");
  if (paths.python.empty()) {
    paths.python =
        FirstThatExists({build.parent_path() / ".venv" / "bin" / "python",
                         InterpreterOf(build.parent_path()), KEELBOAT_DEFAULT_PYTHON});
  }
  paths.snowflake_driver = Named(environment, "KEELBOAT_SNOWFLAKE_DRIVER");
  if (paths.snowflake_driver.empty()) {
    paths.snowflake_driver =
        FirstThatExists({build.parent_path() / kSnowflakeDriver,
                         SitePackages(paths.python) / kSnowflakeDriver,
                         SitePackages(KEELBOAT_DEFAULT_PYTHON) / kSnowflakeDriver});
  }
  return paths;
}

}  // namespace keelboat
