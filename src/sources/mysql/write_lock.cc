#include "sources/mysql/write_lock.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace keelboat::mysql {
namespace {

// While the lock is waited for, others wait behind it; so not for long. And a server
// that hears nothing from us takes it back.
constexpr const char* kSetup = "SET SESSION lock_wait_timeout = 2, wait_timeout = 5";
constexpr std::chrono::seconds kSilence(30);
constexpr unsigned long kFirstWithStages = 100401;

}  // namespace

arrow::Result<std::unique_ptr<WriteLock>> WriteLock::Take(const MysqlOptions& options,
                                                          const std::stop_token& stop) {
  MysqlOptions hasty = options;
  hasty.read_timeout = std::min(options.read_timeout, kSilence);
  ARROW_ASSIGN_OR_RAISE(auto connection, Connection::Open(hasty, stop));
  ARROW_RETURN_NOT_OK(connection->Execute(kSetup));
  std::unique_ptr<WriteLock> lock(new WriteLock(std::move(connection)));
  if (lock->HasStages()) {
    // Unlike the older lock this one does not wait for queries that only read, and
    // lets everybody write on until the commit.
    ARROW_RETURN_NOT_OK(lock->connection_->Execute("BACKUP STAGE START"));
    ARROW_RETURN_NOT_OK(lock->connection_->Execute("BACKUP STAGE BLOCK_COMMIT"));
  } else {
    ARROW_RETURN_NOT_OK(lock->connection_->Execute("FLUSH TABLES WITH READ LOCK"));
  }
  return lock;
}

arrow::Status WriteLock::Release() {
  return connection_->Execute(HasStages() ? "BACKUP STAGE END" : "UNLOCK TABLES");
}

bool WriteLock::HasStages() const {
  MYSQL* handle = connection_->handle();
  return mariadb_connection(handle) != 0 &&
         mysql_get_server_version(handle) >= kFirstWithStages;
}

}  // namespace keelboat::mysql
