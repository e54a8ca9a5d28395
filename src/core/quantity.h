#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include <arrow/result.h>

namespace keelboat {

/// \brief Reads a size: "384MiB", "1GB", "1.5 GiB", "512 kB", "100B".
///
/// kConfig says what is allowed; a bare number is refused, as nobody knows its unit.
arrow::Result<int64_t> ParseByteSize(std::string_view text);

/// \brief Reads a duration: "30s", "10m", "12h", "7d", "2w".
///
/// kConfig says what is allowed; a bare number is refused, except 0.
arrow::Result<std::chrono::seconds> ParseDuration(std::string_view text);

}  // namespace keelboat
