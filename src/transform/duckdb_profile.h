#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace keelboat {

struct DuckdbProfileOptions {
  std::string target;          ///< "dev", "prod_test" …
  std::filesystem::path path;  ///< The DuckDB file; absolute.
  std::string schema;          ///< Where dbt builds; custom schemas are appended to it.
  int threads = 4;             ///< Nodes that dbt runs at once.
  /// DuckDB settings of every connection: memory_limit, threads, temp_directory …
  std::map<std::string, std::string> settings = {};
};

/// Returns the text of a profiles.yml with one dbt-duckdb target. Pure.
std::string DuckdbProfile(const DuckdbProfileOptions& options);

}  // namespace keelboat
