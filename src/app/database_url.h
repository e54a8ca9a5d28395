#pragma once

#include <string_view>

#include <arrow/result.h>

#include "app/config.h"

namespace keelboat {

/// \brief Reads `mysql://user:password@host:port/database?tls=…&socket=…` (or
/// mariadb://).
///
/// Parts may be percent-encoded; IPv6 addresses stand in brackets. kConfig says what is
/// wrong with it and never repeats the URL, as it may hold a password.
arrow::Result<MysqlSettings> ParseDatabaseUrl(std::string_view url);

}  // namespace keelboat
