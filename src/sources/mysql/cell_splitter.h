#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <arrow/result.h>

#include "sources/mysql/key_probe.h"

namespace keelboat::mysql {

/// A stretch of a key's order that holds at least one key. A value.
struct Cell {
  KeyRange range;
  Key low;             ///< Its smallest key,
  Key high;            ///< and its largest.
  int64_t rows = 0;    ///< Guessed.
  bool solid = false;  ///< No place was found to cut it.
};

/// What cutting made of a key's order.
struct Cells {
  std::vector<Cell> cells;  ///< In the server's order; none: no key there.
  bool guessed =
      true;  ///< false: the server makes no guesses, cells were halved blindly.
};

/// \brief Cuts a key's order until no cell holds much more than others.
///
/// The largest cell is cut first, near the middle of its values, at a key that the server
/// holds and found on the wanted side: its order alone decides. Stops when no cell holds
/// more than a quarter of a piece, none can be cut, or the look-ups are used up, which
/// grow with the pieces and never with the rows.
arrow::Result<Cells> CutIntoCells(KeyProbe* probe, int pieces, int64_t least_rows,
                                  std::optional<int64_t> table_rows);

}  // namespace keelboat::mysql
