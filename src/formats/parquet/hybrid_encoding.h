#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace keelboat::parquet_pages {

using Bytes = std::vector<uint8_t>;

/// Bits that the largest of `count` numbers from 0 on takes; at least 1.
int BitWidth(uint32_t count);

/// \brief Appends numbers in Parquet's mixture of runs and packed bits.
///
/// `width` is 1 to 32 and holds every number. Without a length before it.
void AppendHybrid(std::span<const uint32_t> numbers, int width, Bytes* out);

/// Appends one run of `count` times `number`, which fits `width` bits.
void AppendRun(uint32_t number, int64_t count, int width, Bytes* out);

}  // namespace keelboat::parquet_pages
