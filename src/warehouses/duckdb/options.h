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
  /// file. The process grows by up to twice as much. More makes no ordinary load faster.
  std::string memory_limit = "128MB";
  /// What a table with values of many megabytes may use: DuckDB holds several of them at
  /// once, and a load that runs out of `memory_limit` is tried once more with this and
  /// one thread.
  std::string large_value_memory_limit = "1GB";
  int threads = 2;
};

}  // namespace keelboat
