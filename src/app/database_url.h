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
/// What it leaves out is as in `defaults`.
arrow::Result<MysqlSettings> ParseDatabaseUrl(std::string_view url,
                                              const MysqlSettings& defaults = {});

/// \brief Reads `https://metabase.example.org/path?database=NAME`.
///
/// `user:password@` may stand before the host, percent-encoded. What the URL leaves out
/// is as in `defaults`. kConfig as above.
arrow::Result<MetabaseSettings> ParseMetabaseUrl(std::string_view url,
                                                 const MetabaseSettings& defaults);

}  // namespace keelboat
