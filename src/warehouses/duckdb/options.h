#pragma once

#include <string>
#include <vector>

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
  /// What a table may use instead, one after another, each tried with one thread after
  /// the one before was not enough, from the second try on in pieces: DuckDB holds a
  /// block for each of hundreds of columns, and the rows of a piece.
  std::vector<std::string> more_memory = {"224MB", "320MB", "448MB",
                                          "640MB", "1GB",   "4GB"};
  int threads = 2;
};

}  // namespace keelboat
