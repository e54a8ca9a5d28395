#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace keelboat::mysql {

/// What EXPLAIN says, as far as splitting needs it. A value.
struct QueryPlan {
  /// Product of the guesses of all tables that are joined.
  int64_t rows = 0;
  /// Reads in the index's order, without sorting and without a table of its own.
  bool in_order = false;

  /// Reads the rows of a plain EXPLAIN; nullopt: another server's form, without guesses.
  static std::optional<QueryPlan> Of(
      const std::vector<std::vector<std::optional<std::string>>>& rows);
};

}  // namespace keelboat::mysql
