#pragma once

#include <functional>
#include <memory>
#include <string>

#include <arrow/result.h>

#include "warehouses/adbc.h"
#include "warehouses/duckdb/options.h"

namespace keelboat::duckdb {

/// A commit that brings more than this goes into the file at once, instead of into the
/// write-ahead log first and at some later checkpoint into the file: a tenth less CPU
/// time.
inline constexpr const char* kCheckpointBytes = "1MiB";

/// \brief A lease of an open DuckDB file.
///
/// Two instances on one file in one process do not see each other's lock and lose rows,
/// so a process-wide table holds at most one instance per file; leases share it, with the
/// settings of the first. The file closes with its last lease: its connections must be
/// gone by then. Thread-safe.
class DatabaseFile {
 public:
  /// Opens the file for reading and writing; makes it when it is not there. kUnavailable
  /// when another process holds it.
  static arrow::Result<std::unique_ptr<DatabaseFile>> Open(const DuckdbOptions& options);

  /// Whether something is at `path`. What is left of a file that was never finished, by
  /// kill -9 or a full disk, is nothing: `Open` makes it anew.
  static bool Exists(const std::string& path);

  /// \brief Calls `read` with a connection that does not write, then closes it.
  ///
  /// Needs no right to write, and gets along with other processes that only read.
  static arrow::Status Read(const DuckdbOptions& options,
                            const std::function<arrow::Status(adbc::Connection&)>& read);

  /// Proves that the file could be made where it is not there yet, without making it.
  static arrow::Status CheckFolder(const DuckdbOptions& options);

  ~DatabaseFile();
  DatabaseFile(const DatabaseFile&) = delete;
  DatabaseFile& operator=(const DatabaseFile&) = delete;

  /// A session whose time zone is UTC.
  arrow::Result<std::unique_ptr<adbc::Connection>> Connect();

 private:
  DatabaseFile(std::string key, std::shared_ptr<adbc::Database> database);

  std::string key_;
  std::shared_ptr<adbc::Database> database_;
};

/// Opens a database in memory, to ask the library itself something.
arrow::Result<std::unique_ptr<adbc::Connection>> ConnectInMemory(
    const DuckdbOptions& options);

}  // namespace keelboat::duckdb
