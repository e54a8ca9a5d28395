#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sources/mysql/literal.h"

namespace keelboat::mysql {

/// \brief Values that may lie between two values of a key column.
///
/// Only places to look at: where they lie in the server's order, a collation's say, is
/// for the server to tell. `low` and `high` are values that the server holds, low first,
/// in the text form of `Predicate`. Attempts count from 0; each proposes other places, as
/// a rule the middle first and `high` itself last. No value: there is no such attempt.
/// Pure.
std::vector<std::string> KeyCandidates(const ComparedColumn& column,
                                       const std::string& low, const std::string& high,
                                       int attempt);

}  // namespace keelboat::mysql
