#pragma once

#include <string>
#include <vector>

#include "sources/source.h"

namespace keelboat {

/// A column that an incremental load could follow.
struct CursorCandidate {
  std::string column;
  std::string why;  ///< "indexed datetime", "number key" …
  /// Its name says that it moves when the row is edited. The others see new rows only.
  bool follows_updates = false;
};

/// \brief The columns of a table that could be its cursor, best first.
///
/// Never null, first in an index (so that reading on from a value is cheap), and a date,
/// a time or the table's only, whole-numbered key column.
std::vector<CursorCandidate> CursorCandidates(const Relation& relation);

}  // namespace keelboat
