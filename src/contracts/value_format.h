#pragma once

#include <string_view>

#include "contracts/contract_rules.h"

namespace keelboat {

/// \brief Whether the text has the format, judged as JSON Schema does, except that a
/// date-time needs no zone and may have a space for its T.
///
/// date: a day that exists, YYYY-MM-DD. time: HH:MM:SS, fraction and zone optional.
/// email: local@domain in ASCII, unquoted. uuid: 8-4-4-4-12 hexadecimal digits.
bool HasFormat(std::string_view text, TextFormat format);

}  // namespace keelboat
