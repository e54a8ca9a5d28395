#pragma once

#include <memory>

#include <arrow/result.h>

#include "sources/mysql/mysql_options.h"
#include "sources/source.h"

namespace keelboat {

/// \brief Makes a source that reads a MySQL or MariaDB database.
///
/// Does not connect: the first call that needs the server does. kConfig for options that
/// cannot be meant.
arrow::Result<std::unique_ptr<Source>> MakeMysqlSource(MysqlOptions options);

}  // namespace keelboat
