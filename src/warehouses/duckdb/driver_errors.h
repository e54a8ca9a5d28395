#pragma once

#include <string>

#include <arrow/status.h>

#include "warehouses/adbc.h"

namespace keelboat::duckdb {

/// Detail of an error that more memory would have avoided.
inline constexpr const char* kMemoryExhausted = "memory_exhausted";

/// \brief Gives DuckDB's words a kind and, where there is one, a remedy.
///
/// The driver sends no codes worth reading, so the text decides. `path` is the database
/// file, for the message. Details: "pid" and "program" of a lock's holder, "errno" =
/// "ENOSPC" of a full disk, "file" of a missing file.
arrow::Status MapDriverError(const std::string& path, const adbc::DriverError& error);

}  // namespace keelboat::duckdb
