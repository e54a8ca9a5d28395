#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace keelboat {

/// Where the parts that are not linked in are found.
struct RuntimePaths {
  std::filesystem::path duckdb_library;  ///< libduckdb.so.
  std::filesystem::path python;          ///< An interpreter that has dbt-core.
  /// libadbc_driver_snowflake.so, of the Python package adbc-driver-snowflake.
  std::filesystem::path snowflake_driver;
};

/// \brief Looks for the parts: named by the environment, beside the binary, where it was
/// built.
///
/// KEELBOAT_DUCKDB_LIBRARY, KEELBOAT_PYTHON and KEELBOAT_SNOWFLAKE_DRIVER win. A path
/// that does not exist is returned all the same: whoever needs the part says that it is
/// missing.
RuntimePaths FindRuntimePaths(const std::filesystem::path& executable,
                              const std::map<std::string, std::string>& environment);

}  // namespace keelboat
