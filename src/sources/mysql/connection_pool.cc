#include "sources/mysql/connection_pool.h"

#include <utility>

#include "core/stop.h"
#include "keelboat/error.h"
#include "sources/source.h"

namespace keelboat::mysql {
namespace {

// A session that was lost and resumed by something on the way is outside the
// transaction, and sees another moment.
bool StillInView(Connection* connection) {
  return connection->Ping().ok() && connection->in_transaction();
}

}  // namespace

std::shared_ptr<ConnectionPool> ConnectionPool::Make(
    std::vector<std::unique_ptr<Connection>> connections, int at_once,
    std::string snapshot, std::chrono::milliseconds keep_alive) {
  std::shared_ptr<ConnectionPool> pool(new ConnectionPool(at_once, std::move(snapshot)));
  auto now = std::chrono::steady_clock::now();
  for (auto& connection : connections) {
    connection->Bind({});
    pool->idle_.push_back({std::move(connection), now});
  }
  pool->keeper_ =
      std::jthread([raw = pool.get(), keep_alive](const std::stop_token& stop) {
        raw->KeepAlive(stop, keep_alive);
      });
  return pool;
}

ConnectionPool::ConnectionPool(int at_once, std::string snapshot)
    : at_once_(at_once), snapshot_(std::move(snapshot)) {}

ConnectionPool::~ConnectionPool() { Close(); }

void ConnectionPool::Close() {
  std::vector<Idle> idle;
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
    idle.swap(idle_);
    if (asked_ != nullptr) asked_->Cut();
  }
  keeper_.request_stop();
  changed_.notify_all();
}

arrow::Result<ConnectionPtr> ConnectionPool::Lend(const std::stop_token& stop) {
  std::string cause = "all of its connections are gone";
  while (true) {
    std::unique_ptr<Connection> connection;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, stop, [&] {
        return closed_ || NoneLeft() || (!idle_.empty() && on_loan_ < at_once_);
      });
      ARROW_RETURN_NOT_OK(CheckStop(stop));
      if (closed_ || idle_.empty()) return Lost(cause);
      connection = std::move(idle_.front().connection);
      idle_.erase(idle_.begin());
      ++on_loan_;
    }
    connection->Bind(stop);
    arrow::Status alive = connection->Ping();
    if (alive.ok() && connection->in_transaction()) {
      return ConnectionPtr(connection.release(), ReturnConnection(shared_from_this()));
    }
    cause = alive.ok() ? "the server has ended its transactions" : alive.message();
    connection.reset();
    std::lock_guard lock(mutex_);
    --on_loan_;
    changed_.notify_all();
  }
}

void ConnectionPool::GiveBack(std::unique_ptr<Connection> connection) {
  // No stop request of the reader that has gone may end it from here on.
  connection->Bind({});
  bool usable = !connection->lost() && connection->in_transaction();
  std::lock_guard lock(mutex_);
  --on_loan_;
  if (usable && !closed_) {
    idle_.push_back({std::move(connection), std::chrono::steady_clock::now()});
  }
  changed_.notify_all();
}

void ConnectionPool::KeepAlive(const std::stop_token& stop,
                               std::chrono::milliseconds interval) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    changed_.wait_for(lock, stop, interval, [] { return false; });
    auto now = std::chrono::steady_clock::now();
    while (!closed_ && !idle_.empty() && now - idle_.front().since >= interval) {
      std::unique_ptr<Connection> connection = std::move(idle_.front().connection);
      idle_.erase(idle_.begin());
      asked_ = connection.get();
      lock.unlock();
      bool usable = StillInView(connection.get());
      lock.lock();
      asked_ = nullptr;
      if (usable && !closed_) {
        idle_.push_back({std::move(connection), std::chrono::steady_clock::now()});
      }
      changed_.notify_all();
    }
  }
}

arrow::Status ConnectionPool::Lost(const std::string& cause) const {
  return MakeError(ErrorKind::kUnavailable,
                   "the snapshot cannot be read any more: " + cause,
                   {{kSnapshotLost, snapshot_}});
}

arrow::Status ConnectionPool::Explain(const arrow::Status& status) const {
  if (!IsRetryable(KindOf(status))) return status;
  std::lock_guard lock(mutex_);
  if (!NoneLeft()) return status;
  return Lost(status.message());
}

}  // namespace keelboat::mysql
