#pragma once

#include <string>

#include <arrow/result.h>

#include "warehouses/adbc.h"
#include "warehouses/snowflake/options.h"

namespace keelboat::snowflake {

/// \brief Proves that the options can be, before anything is loaded or reached.
///
/// kConfig naming the setting and what is right.
arrow::Status CheckOptions(const SnowflakeOptions& options);

/// The host that logins go to: "myorg-myaccount.snowflakecomputing.com".
std::string HostOf(const SnowflakeOptions& options);

/// \brief What the driver needs to log in.
///
/// Reads the private key. kNotFound where the driver is not there; kConfig for a key that
/// cannot be read or a passphrase that does not open it.
arrow::Result<adbc::Database::Options> LoginOptions(const SnowflakeOptions& options);

}  // namespace keelboat::snowflake
