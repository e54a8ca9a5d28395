#include "sources/mysql/idle_connections.h"

#include <utility>

#include "core/stop.h"

namespace keelboat::mysql {

std::shared_ptr<IdleConnections> IdleConnections::Make(MysqlOptions options,
                                                       std::chrono::milliseconds keep) {
  return std::shared_ptr<IdleConnections>(new IdleConnections(std::move(options), keep));
}

IdleConnections::IdleConnections(MysqlOptions options, std::chrono::milliseconds keep)
    : options_(std::move(options)), keep_(keep) {}

arrow::Result<ConnectionPtr> IdleConnections::Lend(const std::stop_token& stop) {
  ReturnConnection back(shared_from_this());
  while (auto idle = TakeIdle()) {
    idle->Bind(stop);
    const bool alive = idle->Ping().ok();
    ARROW_RETURN_NOT_OK(CheckStop(stop));
    if (alive) return ConnectionPtr(idle.release(), std::move(back));
  }
  ARROW_ASSIGN_OR_RAISE(auto opened, Connection::Open(options_, stop));
  return ConnectionPtr(opened.release(), std::move(back));
}

std::unique_ptr<Connection> IdleConnections::TakeIdle() {
  std::lock_guard lock(mutex_);
  if (idle_.empty()) return nullptr;
  // The one that was used last: the others come of age.
  auto connection = std::move(idle_.back().connection);
  idle_.pop_back();
  return connection;
}

void IdleConnections::GiveBack(std::unique_ptr<Connection> connection) {
  // No stop request of the call that has gone may end it from here on.
  connection->Bind({});
  if (connection->lost()) return;
  // An open transaction would hold up whoever alters a table.
  if (connection->in_transaction() && !connection->Execute("ROLLBACK").ok()) return;
  std::lock_guard lock(mutex_);
  idle_.push_back({std::move(connection), std::chrono::steady_clock::now()});
  if (!closer_.joinable()) {
    closer_ = std::jthread([this](const std::stop_token& stop) { CloseOld(stop); });
  }
  changed_.notify_all();
}

void IdleConnections::CloseOld(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [&] { return !idle_.empty(); })) {
    if (stop.stop_requested()) return;
    const auto due = idle_.front().since + keep_;
    if (std::chrono::steady_clock::now() < due) {
      changed_.wait_until(lock, stop, due, [] { return false; });
      continue;
    }
    auto old = std::move(idle_.front().connection);
    idle_.erase(idle_.begin());
    lock.unlock();
    old.reset();
    lock.lock();
  }
}

}  // namespace keelboat::mysql
