#include "sources/mysql/query_kill.h"

#include <chrono>
#include <stop_token>

#include "sources/mysql/connection.h"
#include "sources/mysql/statement_text.h"

namespace keelboat::mysql {

void KillQuery(const MysqlOptions& options, unsigned long id, const std::string& tag) {
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
  (void)(*connection)->Execute("KILL " + number);
}

}  // namespace keelboat::mysql
