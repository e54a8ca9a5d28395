#pragma once

#include <string>

namespace keelboat {

struct DuckdbOptions {
  /// The database file; made by the first load when it is not there, its folder is not.
  std::string path;
  /// The schema that tables and ledger are in; made when it is not there.
  std::string schema = "raw";
  /// Where libduckdb.so is.
  std::string library;
  /// What DuckDB may use for its buffers; what does not fit goes to a folder beside the
  /// file. Half of it costs a million-row table about a tenth more time.
  std::string memory_limit = "128MB";
  int threads = 2;
};

}  // namespace keelboat
