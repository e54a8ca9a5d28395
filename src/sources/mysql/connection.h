#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <arrow/result.h>
#include <arrow/status.h>
#include <mysql.h>

#include "sources/mysql/mysql_options.h"

namespace keelboat::mysql {

/// \brief One logged-in session that can only read.
///
/// Text comes as utf8mb4, time stamps in UTC, `sql_mode` is empty and transactions
/// are read-only. Used by one thread at a time. A stop request closes the socket at
/// once, from whatever thread it comes; the call that is blocked then returns
/// kCancelled and the connection is of no more use.
class Connection {
 public:
  using Row = std::vector<std::optional<std::string>>;

  /// Connects and logs in. Copies the options.
  static arrow::Result<std::unique_ptr<Connection>> Open(const MysqlOptions& options,
                                                         const std::stop_token& stop);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Runs a statement that answers no rows. `table` is named in errors.
  arrow::Status Execute(const std::string& statement, const std::string& table = {});
  /// Runs a statement with a small answer and returns all of it.
  arrow::Result<std::vector<Row>> Query(const std::string& statement,
                                        const std::string& table = {});

  /// Sends a statement that answers no rows and does not wait; `Receive` comes next.
  arrow::Status Send(const std::string& statement);
  /// Waits for the answer to what `Send` sent.
  arrow::Status Receive();
  /// Asks the server for a sign of life.
  arrow::Status Ping();

  /// From now on this token ends the connection, and no other.
  void Bind(std::stop_token stop);
  /// Whether the connection is known to be of no more use.
  bool lost() const { return lost_; }
  /// Whether the server is inside a transaction, as its last answer told.
  bool in_transaction() const {
    return (handle_->server_status & SERVER_STATUS_IN_TRANS) != 0;
  }

  /// Makes a status of what the client library holds as its last error, or
  /// kCancelled after a stop request. `table` may be empty.
  arrow::Status LastError(const std::string& table);
  /// The same for an error of a prepared statement.
  arrow::Status LastError(MYSQL_STMT* statement, const std::string& table);

  /// Notes that the server has just been heard of; silence is counted from here.
  void Heard() { heard_ = std::chrono::steady_clock::now(); }

  /// Closes the socket without a word to the server. Idempotent, from any thread.
  void Cut();

  MYSQL* handle() { return handle_; }
  const MysqlOptions& options() const { return options_; }
  const std::stop_token& stop() const { return stop_; }
  /// The server's id of this connection.
  unsigned long id() { return mysql_thread_id(handle_); }

 private:
  struct CutOnStop {
    Connection* connection;
    void operator()() const { connection->Cut(); }
  };

  Connection(MYSQL* handle, MysqlOptions options, std::stop_token stop);
  arrow::Status Prepare();
  arrow::Status LimitStatements();
  arrow::Status StatusOf(unsigned int number, const char* sqlstate, const char* message,
                         const std::string& table);
  // "'shop'@'%'", or empty where the server does not say.
  std::string Account();

  MYSQL* handle_;
  MysqlOptions options_;
  std::stop_token stop_;
  // A second descriptor of the socket: it can be shut down while the client library
  // is closing its own.
  int socket_ = -1;
  std::atomic<bool> lost_ = false;
  std::chrono::steady_clock::time_point heard_ = std::chrono::steady_clock::now();
  // Last, so that it is gone before what it uses.
  std::optional<std::stop_callback<CutOnStop>> cut_on_stop_;
};

}  // namespace keelboat::mysql
