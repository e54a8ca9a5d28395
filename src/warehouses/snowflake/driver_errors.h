#pragma once

#include <string>

#include <arrow/status.h>

#include "warehouses/adbc.h"

namespace keelboat::snowflake {

/// Whom messages are about.
struct Login {
  std::string host;
  std::string account;
  std::string user;
  std::string driver;
};

/// \brief Gives what the driver says of a failure its kind, and its remedy.
///
/// Details "code" (Snowflake's number) and "sqlstate" where there are; for a row that
/// COPY rejected "file", "row" and "column" too; "setting" where it is for the
/// configuration to say something else.
arrow::Status MapDriverError(const Login& login, const adbc::DriverError& error);

}  // namespace keelboat::snowflake
