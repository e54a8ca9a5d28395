#include "sources/mysql/query_kill.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <random>
#include <stop_token>

#include "keelboat/error.h"
#include "sources/mysql/connection.h"
#include "sources/mysql/statement_text.h"

namespace keelboat::mysql {

std::string NewTag() {
  static std::atomic<uint64_t> next{0};
  static const uint64_t process =
      static_cast<uint64_t>(std::random_device{}()) << 32 | std::random_device{}();
  return "keelboat-" + std::to_string(process) + "-" + std::to_string(next++);
}

bool MayStillRun(const arrow::Status& status) {
  ErrorKind kind = KindOf(status);
  return kind == ErrorKind::kCancelled || kind == ErrorKind::kTimeout ||
         kind == ErrorKind::kUnavailable;
}

void KillQuery(const MysqlOptions& options, unsigned long id, const std::string& tag,
               KillWhat what) {
  MysqlOptions hasty = options;
  hasty.connect_timeout = std::chrono::seconds(1);
  hasty.read_timeout = std::chrono::seconds(1);
  auto connection = Connection::Open(hasty, std::stop_token());
  if (!connection.ok()) return;
  std::string number = std::to_string(id);
  auto running =
      (*connection)
          ->Query("SELECT 1 FROM information_schema.PROCESSLIST WHERE ID = " + number +
                  " AND INFO LIKE " + QuoteLiteral("%" + tag + "%"));
  if (!running.ok() || running->empty()) return;
  auto killed =
      (*connection)
          ->Execute((what == KillWhat::kQuery ? "KILL QUERY " : "KILL ") + number);
  // An error means that the statement has ended by itself.
  static_cast<void>(killed);
}

}  // namespace keelboat::mysql
