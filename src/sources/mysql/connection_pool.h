#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <arrow/result.h>
#include <arrow/status.h>

#include "sources/mysql/connection.h"
#include "sources/mysql/lent_connection.h"

namespace keelboat::mysql {

/// \brief Connections of one snapshot: each is inside a transaction that must live on.
///
/// Thread-safe. A connection that is given back after an error that ended it is gone,
/// and so is one whose transaction is; spares take its place. Idle connections are asked
/// for a sign of life now and then, so that nobody on the way takes them for dead.
class ConnectionPool final : public ConnectionLender,
                             public std::enable_shared_from_this<ConnectionPool> {
 public:
  /// \param at_once how many may be on loan; the rest are spares.
  /// \param snapshot id of the snapshot, for errors.
  static std::shared_ptr<ConnectionPool> Make(
      std::vector<std::unique_ptr<Connection>> connections, int at_once,
      std::string snapshot, std::chrono::milliseconds keep_alive = kKeepAlive);
  ~ConnectionPool() override;
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;

  /// \brief Lends a connection that has just answered; waits for one if it must.
  ///
  /// `stop` ends the waiting and, until it is given back, the connection: then it is
  /// lost. kUnavailable with the detail kSnapshotLost when no connection is left.
  arrow::Result<ConnectionPtr> Lend(const std::stop_token& stop);
  /// Names the loss of the whole snapshot in the error of a read where that is so.
  arrow::Status Explain(const arrow::Status& status) const override;
  void GiveBack(std::unique_ptr<Connection> connection) override;
  /// Ends the idle connections; those on loan end when they come back.
  void Close();

 private:
  static constexpr std::chrono::milliseconds kKeepAlive{30'000};

  struct Idle {
    std::unique_ptr<Connection> connection;
    std::chrono::steady_clock::time_point since;
  };

  ConnectionPool(int at_once, std::string snapshot);
  void KeepAlive(const std::stop_token& stop, std::chrono::milliseconds interval);
  bool NoneLeft() const { return idle_.empty() && on_loan_ == 0 && asked_ == nullptr; }
  arrow::Status Lost(const std::string& cause) const;

  const int at_once_;
  const std::string snapshot_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<Idle> idle_;  // The longest idle first.
  int on_loan_ = 0;
  // Neither idle nor on loan: being asked for a sign of life.
  Connection* asked_ = nullptr;
  bool closed_ = false;
  // Last, so that it ends before what it uses.
  std::jthread keeper_;
};

}  // namespace keelboat::mysql
