#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <arrow/result.h>
#include <arrow/type_fwd.h>

struct AdbcConnection;
struct AdbcDatabase;
struct AdbcStatement;

/// Owners for the C structs of ADBC, the driver interface of Arrow databases.
namespace keelboat::adbc {

/// What a driver says of a failure, before anybody gave it a meaning.
struct DriverError {
  uint8_t code = 0;  ///< AdbcStatusCode.
  std::string message;
  std::string sqlstate;     ///< Five characters, or empty.
  int32_t vendor_code = 0;  ///< The product's own number for it; 0: none.
};

/// Gives a driver's failure its keelboat kind and wording. Called from any thread.
using ErrorMapper = std::function<arrow::Status(const DriverError&)>;

/// One row of a small result, as text; nullopt is SQL NULL.
using Row = std::vector<std::optional<std::string>>;

class Connection;

/// \brief A loaded driver with one open database. Thread-safe.
///
/// Closes when the last owner lets go; connections are owners.
class Database : public std::enable_shared_from_this<Database> {
 public:
  using Options = std::vector<std::pair<std::string, std::string>>;

  /// Loads the driver named by option "driver" and opens the database. On failure
  /// nothing stays open.
  static arrow::Result<std::shared_ptr<Database>> Open(const Options& options,
                                                       ErrorMapper map_error);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  arrow::Result<std::unique_ptr<Connection>> Connect();

 private:
  friend class Connection;
  Database(std::unique_ptr<AdbcDatabase> handle, ErrorMapper map_error);

  std::unique_ptr<AdbcDatabase> handle_;
  ErrorMapper map_error_;
};

/// \brief One session. One thread at a time, except `Cancel`.
class Connection {
 public:
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// \brief Runs a query and streams its result.
  ///
  /// The reader must be gone before the connection, and before the next statement.
  arrow::Result<std::shared_ptr<arrow::RecordBatchReader>> Query(const std::string& sql);
  /// Runs a query with a small result and returns it as text.
  arrow::Result<std::vector<Row>> Fetch(const std::string& sql);
  /// Runs a statement; returns the number of rows that it changed. Drivers say -1 where
  /// there is no number, DuckDB's also where it is zero.
  arrow::Result<int64_t> Execute(const std::string& sql);
  /// Options of the statements from now on, in place of those set before.
  void SetStatementOptions(Database::Options options) {
    statement_options_ = std::move(options);
  }
  /// Interrupts what runs at this moment, from any thread. Nothing running: no effect.
  void Cancel();

 private:
  friend class Database;
  Connection(std::shared_ptr<Database> database, std::unique_ptr<AdbcConnection> handle);

  class Running;

  std::shared_ptr<Database> database_;
  std::unique_ptr<AdbcConnection> handle_;
  Database::Options statement_options_;
  std::mutex mutex_;
  AdbcStatement* running_ = nullptr;  ///< Guarded by mutex_.
};

/// \brief While it lives, a stop request cancels what runs on the connection.
///
/// Keeps cancelling until it is destroyed, so a statement that begins just after the
/// request is caught too. Borrows the connection.
class CancelOnStop {
 public:
  CancelOnStop(Connection* connection, const std::stop_token& stop);

 private:
  std::jthread watcher_;
};

}  // namespace keelboat::adbc
