#pragma once

#include <string>

#include "sources/mysql/mysql_options.h"

namespace keelboat::mysql {

/// \brief Ends a statement of ours that still runs on the server, as far as possible.
///
/// A closed socket alone does not end a query that has nothing to send. Logs in a second
/// time and kills connection `id` if its statement holds `tag`, so that behind a proxy
/// nobody else's query is hit. Takes two seconds at most; errors are of no consequence,
/// because the socket is closed anyway.
void KillQuery(const MysqlOptions& options, unsigned long id, const std::string& tag);

}  // namespace keelboat::mysql
