#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <arrow/result.h>
#include <arrow/status.h>

#include "sources/mysql/arrival_pause.h"
#include "sources/mysql/column_type.h"
#include "sources/mysql/connection.h"
#include "sources/mysql/lent_connection.h"

namespace keelboat::mysql {

/// \brief A prepared statement whose rows are taken raw from the wire.
///
/// The binary protocol, unbuffered: the server sends as fast as rows are taken. Owns the
/// connection and is used by one thread. Destroying it in the middle of an answer cuts
/// the connection and does not wait for the rest; otherwise one on loan goes back.
class RowStream {
 public:
  /// Prepares a statement, takes the connection over. `table` is for messages.
  static arrow::Result<std::unique_ptr<RowStream>> Prepare(ConnectionPtr connection,
                                                           const std::string& statement,
                                                           std::string table);
  ~RowStream();
  RowStream(const RowStream&) = delete;
  RowStream& operator=(const RowStream&) = delete;

  /// Columns of the answer: after `Execute` what really comes, before it what would.
  arrow::Result<std::vector<ServerField>> Fields();
  /// Starts the query.
  arrow::Status Execute();
  /// \brief The next row, or an empty span at the end.
  ///
  /// The bytes are valid until the next call.
  arrow::Result<std::span<const uint8_t>> Next();
  /// \brief Takes what is left of an answer that was ended on the server, and drops it.
  ///
  /// Afterwards the connection is good for another statement, or is lost: cut where the
  /// server goes on sending for longer than `patience`.
  void Drain(std::chrono::milliseconds patience);
  /// Warnings that the server raised while it answered; complete at the end.
  arrow::Result<std::vector<std::string>> ServerWarnings();

  Connection& connection() { return *connection_; }
  /// Whether the server is still working for us.
  bool in_answer() const { return in_answer_; }

 private:
  RowStream(ConnectionPtr connection, MYSQL_STMT* statement, std::string table);

  ConnectionPtr connection_;
  MYSQL_STMT* statement_;
  std::string table_;
  bool in_answer_ = false;
  uint64_t taken_ = 0;
  // Only for a server on this machine.
  std::optional<ArrivalPause> pause_;
  unsigned int warning_count_ = 0;
};

}  // namespace keelboat::mysql
