#pragma once

#include <cstdint>
#include <string_view>

#include <arrow/util/decimal.h>

namespace keelboat::mysql {

/// \brief Reads the server's text of a DECIMAL(precision, scale) exactly.
///
/// Writes the value times ten to the scale. Returns false, and leaves `value` alone,
/// when the text is no such number or needs more digits than the type has.
bool ParseDecimal(std::string_view text, int precision, int scale,
                  arrow::Decimal128* value);
bool ParseDecimal(std::string_view text, int precision, int scale,
                  arrow::Decimal256* value);

}  // namespace keelboat::mysql
