#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include <arrow/result.h>

#include "sources/mysql/connection.h"
#include "sources/mysql/lent_connection.h"
#include "sources/mysql/mysql_options.h"

namespace keelboat::mysql {

/// \brief Connections for calls that need one for a moment, one call after another.
///
/// Thread-safe. As many are open as calls at once. One that comes back is good for the
/// next call and is closed when none has come for a while. A call never notices that an
/// idle one was lost: another is opened instead.
class IdleConnections final : public ConnectionLender,
                              public std::enable_shared_from_this<IdleConnections> {
 public:
  /// Does not connect.
  static std::shared_ptr<IdleConnections> Make(MysqlOptions options,
                                               std::chrono::milliseconds keep = kKeep);

  /// \brief Lends a connection outside a transaction that has just answered.
  ///
  /// `stop` ends the connection until it is given back. Errors as Connection::Open.
  arrow::Result<ConnectionPtr> Lend(const std::stop_token& stop);
  /// Ends what was begun on it; one that is lost or in doubt is closed.
  void GiveBack(std::unique_ptr<Connection> connection) override;

 private:
  static constexpr std::chrono::milliseconds kKeep{5'000};

  struct Idle {
    std::unique_ptr<Connection> connection;
    std::chrono::steady_clock::time_point since;
  };

  IdleConnections(MysqlOptions options, std::chrono::milliseconds keep);
  std::unique_ptr<Connection> TakeIdle();
  void CloseOld(const std::stop_token& stop);

  const MysqlOptions options_;
  const std::chrono::milliseconds keep_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<Idle> idle_;  // The longest idle first.
  // Last, so that it ends before what it uses. Runs once there is something to close.
  std::jthread closer_;
};

}  // namespace keelboat::mysql
