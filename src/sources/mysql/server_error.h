#pragma once

#include <string>

#include <arrow/status.h>

namespace keelboat {
struct MysqlOptions;
}

namespace keelboat::mysql {

/// An error as the server or the client library reports it.
struct ServerError {
  unsigned int number = 0;
  std::string sqlstate;
  std::string message;
};

/// Whether nothing more can be asked over a connection that has seen this error.
bool EndsConnection(unsigned int number);

/// \brief Turns a server's error into a status of the right kind with the remedy.
///
/// Pure. `table` is the table that was worked on, or empty. `account` is the
/// account the server matched ("'shop'@'%'") where it is known; it is named in the
/// GRANT statement that would help. Details: errno, sqlstate, host, port, database,
/// table.
arrow::Status StatusOf(const ServerError& error, const MysqlOptions& options,
                       const std::string& table, const std::string& account);

}  // namespace keelboat::mysql
