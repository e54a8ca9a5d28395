#include "sources/mysql/mysql_snapshot.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>

#include "keelboat/error.h"
#include "sources/mysql/connection_pool.h"
#include "sources/mysql/cursor_facts.h"
#include "sources/mysql/mysql_reader.h"
#include "sources/mysql/query_kill.h"
#include "sources/mysql/view_opening.h"

namespace keelboat::mysql {
namespace {

arrow::Result<std::string> ServerTime(Connection* connection) {
  ARROW_ASSIGN_OR_RAISE(auto rows,
                        connection->Query("SELECT CAST(UTC_TIMESTAMP(6) AS CHAR)"));
  return rows.at(0).at(0).value_or("");
}

// A connection on loan that does not go back.
std::unique_ptr<Connection> Own(ConnectionPtr lent) {
  return std::unique_ptr<Connection>(lent.release());
}

class MysqlSnapshot final : public SourceSnapshot {
 public:
  // Without a pool every read takes a connection, and a moment, of its own; `at_first`
  // is what the first read makes one of.
  MysqlSnapshot(MysqlOptions options, std::shared_ptr<IdleConnections> idle,
                SnapshotInfo info, std::shared_ptr<ConnectionPool> pool,
                std::optional<int> at_first)
      : options_(std::move(options)),
        idle_(std::move(idle)),
        info_(std::move(info)),
        pool_(std::move(pool)),
        at_first_(at_first) {}
  ~MysqlSnapshot() override {
    if (pool_ != nullptr) pool_->Close();
  }

  const SnapshotInfo& info() const override { return info_; }

  arrow::Result<std::shared_ptr<SourceReader>> Read(
      const Relation& relation, const Partition& partition,
      const std::stop_token& stop) override {
    if (!partition.snapshot.empty() && partition.snapshot != info_.id) {
      return MakeError(ErrorKind::kInternal,
                       "a partition of snapshot " + partition.snapshot +
                           " was to be read in snapshot " + info_.id);
    }
    ARROW_ASSIGN_OR_RAISE(auto pool, PoolForReading(stop));
    if (pool == nullptr) return MysqlReader::Open(options_, relation, partition, stop);
    ARROW_ASSIGN_OR_RAISE(auto connection, pool->Lend(stop));
    return MysqlReader::Open(std::move(connection), relation, partition);
  }

  arrow::Result<CursorFacts> MeasureCursor(const Relation& relation,
                                           const std::string& column,
                                           const std::string& where,
                                           const std::stop_token& stop) override {
    const auto pool = Pool();
    if (pool == nullptr) {
      ARROW_ASSIGN_OR_RAISE(auto own, idle_->Lend(stop));
      ARROW_RETURN_NOT_OK(own->Execute("START TRANSACTION READ ONLY"));
      ARROW_ASSIGN_OR_RAISE(std::string now, ServerTime(own.get()));
      return mysql::MeasureCursor(std::move(own), relation, column, where, now);
    }
    ARROW_ASSIGN_OR_RAISE(auto lent, pool->Lend(stop));
    auto facts =
        mysql::MeasureCursor(std::move(lent), relation, column, where, info_.taken_at);
    if (!facts.ok()) return pool->Explain(facts.status());
    return facts;
  }

 private:
  std::shared_ptr<ConnectionPool> Pool() const {
    std::lock_guard lock(mutex_);
    return pool_;
  }

  // Others that want to read wait for the views, too.
  arrow::Result<std::shared_ptr<ConnectionPool>> PoolForReading(
      const std::stop_token& stop) {
    std::lock_guard lock(mutex_);
    if (pool_ != nullptr || !at_first_.has_value()) return pool_;
    ARROW_ASSIGN_OR_RAISE(auto first, idle_->Lend(stop));
    ARROW_ASSIGN_OR_RAISE(auto views, OpenViews(Own(std::move(first)), *at_first_));
    at_first_.reset();
    if (!views.connections.empty()) {
      pool_ = ConnectionPool::Make(std::move(views.connections), views.at_once, info_.id);
    }
    return pool_;
  }

  const MysqlOptions options_;
  const std::shared_ptr<IdleConnections> idle_;
  const SnapshotInfo info_;
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::shared_ptr<ConnectionPool> pool_;
  std::optional<int> at_first_;
};

}  // namespace

arrow::Result<std::shared_ptr<SourceSnapshot>> OpenSnapshot(
    ConnectionPtr first, std::shared_ptr<IdleConnections> idle,
    const SnapshotRequest& request) {
  const MysqlOptions options = first->options();
  const std::string id = options.name + "-" + NewTag();
  ARROW_ASSIGN_OR_RAISE(const std::string now, ServerTime(first.get()));
  OpenedViews views;
  const int connections = std::max(1, request.connections);
  const bool at_once = request.consistent && !request.at_first_read;
  if (at_once) {
    ARROW_ASSIGN_OR_RAISE(views, OpenViews(Own(std::move(first)), connections));
  }
  first.reset();
  views.info.id = id;
  std::shared_ptr<ConnectionPool> pool;
  if (views.connections.empty()) {
    views.info.taken_at = now;
  } else {
    pool = ConnectionPool::Make(std::move(views.connections), views.at_once, id);
  }
  std::optional<int> at_first;
  if (request.consistent && !at_once) at_first = connections;
  return std::make_shared<MysqlSnapshot>(options, std::move(idle), std::move(views.info),
                                         std::move(pool), at_first);
}

}  // namespace keelboat::mysql
