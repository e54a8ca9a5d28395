#pragma once

#include <memory>
#include <stop_token>
#include <utility>

#include <arrow/result.h>
#include <arrow/status.h>

#include "sources/mysql/connection.h"

namespace keelboat::mysql {

/// \brief Keeps every transaction on the server from committing, for a moment.
///
/// Held by a session of its own, so that it ends with that session at the latest: on
/// destruction, on a stop request, with this process, and on the server's side after
/// a few seconds without a word from us.
class WriteLock {
 public:
  /// Takes the lock, or gives up after waiting a few seconds for running statements.
  /// kDenied without the right (RELOAD).
  static arrow::Result<std::unique_ptr<WriteLock>> Take(const MysqlOptions& options,
                                                        const std::stop_token& stop);
  /// Lets go. OK only if the lock has held until now.
  arrow::Status Release();

 private:
  explicit WriteLock(std::unique_ptr<Connection> connection)
      : connection_(std::move(connection)) {}
  bool HasStages() const;

  std::unique_ptr<Connection> connection_;
};

}  // namespace keelboat::mysql
