#include "sources/mysql/mysql_snapshot.h"

#include <algorithm>
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

class MysqlSnapshot final : public SourceSnapshot {
 public:
  // Without a pool every read takes a connection, and a moment, of its own.
  MysqlSnapshot(MysqlOptions options, SnapshotInfo info,
                std::shared_ptr<ConnectionPool> pool)
      : options_(std::move(options)), info_(std::move(info)), pool_(std::move(pool)) {}
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
    if (pool_ == nullptr) return MysqlReader::Open(options_, relation, partition, stop);
    ARROW_ASSIGN_OR_RAISE(auto connection, pool_->Lend(stop));
    return MysqlReader::Open(std::move(connection), relation, partition);
  }

  arrow::Result<CursorFacts> MeasureCursor(const Relation& relation,
                                           const std::string& column,
                                           const std::string& where,
                                           const std::stop_token& stop) override {
    if (pool_ == nullptr) {
      ARROW_ASSIGN_OR_RAISE(auto own, Connection::Open(options_, stop));
      ARROW_RETURN_NOT_OK(own->Execute("START TRANSACTION READ ONLY"));
      ARROW_ASSIGN_OR_RAISE(std::string now, ServerTime(own.get()));
      return mysql::MeasureCursor(std::move(own), relation, column, where, now);
    }
    ARROW_ASSIGN_OR_RAISE(auto lent, pool_->Lend(stop));
    auto facts =
        mysql::MeasureCursor(std::move(lent), relation, column, where, info_.taken_at);
    if (!facts.ok()) return pool_->Explain(facts.status());
    return facts;
  }

 private:
  const MysqlOptions options_;
  const SnapshotInfo info_;
  const std::shared_ptr<ConnectionPool> pool_;
};

}  // namespace

arrow::Result<std::shared_ptr<SourceSnapshot>> OpenSnapshot(
    std::unique_ptr<Connection> first, const SnapshotRequest& request) {
  const MysqlOptions options = first->options();
  const std::string id = options.name + "-" + NewTag();
  ARROW_ASSIGN_OR_RAISE(const std::string now, ServerTime(first.get()));
  OpenedViews views;
  if (request.consistent) {
    const int connections = std::max(1, request.connections);
    ARROW_ASSIGN_OR_RAISE(views, OpenViews(std::move(first), connections));
  }
  views.info.id = id;
  std::shared_ptr<ConnectionPool> pool;
  if (views.connections.empty()) {
    views.info.taken_at = now;
  } else {
    pool = ConnectionPool::Make(std::move(views.connections), views.at_once, id);
  }
  return std::make_shared<MysqlSnapshot>(options, std::move(views.info), std::move(pool));
}

}  // namespace keelboat::mysql
