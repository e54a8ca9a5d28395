#pragma once

#include <string>

#include <arrow/status.h>

#include "sources/mysql/mysql_options.h"

namespace keelboat::mysql {

/// A word to mark a statement with that no other statement on the server holds.
std::string NewTag();

/// What to end on the server.
enum class KillWhat {
  kConnection,  ///< The statement and the connection that it came by.
  kQuery,       ///< The statement; its connection and transaction live on.
};

/// \brief Ends a statement of ours that still runs on the server, as far as possible.
///
/// A closed socket alone does not end a query that has nothing to send. Logs in a second
/// time and kills connection `id` if its statement holds `tag`, so that behind a proxy
/// nobody else's query is hit. Takes two seconds at most; errors are of no consequence,
/// because the socket is closed anyway.
void KillQuery(const MysqlOptions& options, unsigned long id, const std::string& tag,
               KillWhat what = KillWhat::kConnection);

/// Whether a failed call may have left its statement running on the server.
bool MayStillRun(const arrow::Status& status);

}  // namespace keelboat::mysql
