#include "sources/mysql/cell_splitter.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "sources/mysql/key_candidates.h"

namespace keelboat::mysql {
namespace {

constexpr int64_t kCellsPerPiece = 4;
constexpr int64_t kStatementsPerPiece = 60;
constexpr int64_t kStatementsAtLeast = 600;
constexpr int kMostAttempts = 12;

bool EqualUpTo(const Key& a, const Key& b, std::size_t count) {
  return std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(count), b.begin());
}

// The key's first values; nullopt where one of them is null.
std::optional<Bound> BoundOf(const Key& key, std::size_t count) {
  Bound bound;
  for (std::size_t i = 0; i < count; ++i) {
    if (!key[i]) return {};
    bound.push_back(*key[i]);
  }
  return bound;
}

// Whether a value's text is the value: text in a character set may lose by printing.
bool StandsWhereItSays(const ComparedColumn& column) {
  return column.kind != ValueKind::kText && column.kind != ValueKind::kLabel;
}

class Cutter {
 public:
  Cutter(KeyProbe* probe, int pieces, int64_t least_rows)
      : probe_(*probe), pieces_(pieces), least_rows_(least_rows) {}

  arrow::Result<Cells> Run(std::optional<int64_t> table_rows) {
    Cells result;
    ARROW_ASSIGN_OR_RAISE(auto low, probe_.First({}));
    if (!low) return result;
    ARROW_ASSIGN_OR_RAISE(auto high, probe_.Last({}));
    if (!high) return result;
    Cell root{{}, std::move(*low), std::move(*high), 0, false};
    ARROW_ASSIGN_OR_RAISE(auto rows, probe_.Estimate({}));
    guessed_ = rows.has_value();
    root.rows = std::max<int64_t>(1, rows ? *rows : table_rows.value_or(INT32_MAX));
    cells_.push_back(std::move(root));
    const int64_t most_statements =
        std::max(kStatementsAtLeast, kStatementsPerPiece * pieces_);
    while (probe_.statements() < most_statements) {
      std::size_t largest = Largest();
      if (largest == cells_.size()) break;
      ARROW_ASSIGN_OR_RAISE(bool cut, Cut(largest));
      if (!cut) cells_[largest].solid = true;
    }
    result.cells = std::move(cells_);
    result.guessed = guessed_;
    return result;
  }

 private:
  // The cell to cut next, or the number of cells when all are small enough.
  std::size_t Largest() const {
    int64_t total = 0;
    std::size_t largest = cells_.size();
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      total += cells_[i].rows;
      if (cells_[i].solid) continue;
      if (largest == cells_.size() || cells_[i].rows > cells_[largest].rows) largest = i;
    }
    if (largest == cells_.size()) return largest;
    const int64_t pieces =
        std::clamp<int64_t>(total / std::max<int64_t>(1, least_rows_), 1, pieces_);
    // Without guesses every cell is halved down to pieces; a table that yields one piece
    // is left as it is.
    const int64_t most = total / (guessed_ ? kCellsPerPiece * pieces : pieces);
    const bool enough = pieces == 1 || cells_[largest].rows <= std::max<int64_t>(1, most);
    return enough ? cells_.size() : largest;
  }

  arrow::Result<bool> Cut(std::size_t index) {
    const Cell cell = cells_[index];
    for (std::size_t column = 0; column < probe_.key().size(); ++column) {
      if (EqualUpTo(cell.low, cell.high, column + 1)) continue;
      auto prefix = BoundOf(cell.low, column);
      if (!prefix) return false;  // Null within a tuple cannot be said in a bound.
      ARROW_ASSIGN_OR_RAISE(bool cut, CutAtColumn(index, cell, *prefix));
      if (cut) return true;
      // Other text for the same value in the collation: the next column decides.
    }
    return false;
  }

  bool IsSound(const Key& key, std::size_t count) const {
    for (std::size_t i = 0; i < count; ++i) {
      if (!key[i] || !IsSoundLiteral(probe_.key()[i], *key[i])) return false;
    }
    return true;
  }

  // Cuts a cell whose keys all begin with `prefix` by the next column.
  arrow::Result<bool> CutAtColumn(std::size_t index, const Cell& cell,
                                  const Bound& prefix) {
    const std::size_t column = prefix.size();
    if (!cell.high[column]) return false;
    if (!cell.low[column]) {
      ARROW_ASSIGN_OR_RAISE(auto first, probe_.FirstWithValue(cell.range, prefix));
      if (!first || !IsSound(*first, column + 1)) return false;
      return CutAt(index, cell, *first, column + 1);
    }
    for (int attempt = 0; attempt < kMostAttempts; ++attempt) {
      std::vector<std::string> values = KeyCandidates(
          probe_.key()[column], *cell.low[column], *cell.high[column], attempt);
      if (values.empty()) return false;
      const bool last = values.size() == 1 && values[0] == *cell.high[column];
      ARROW_ASSIGN_OR_RAISE(values,
                            probe_.Expressible(probe_.key()[column], std::move(values)));
      std::vector<Bound> places;
      for (std::string& value : values) {
        places.push_back(prefix);
        places.back().push_back(std::move(value));
      }
      ARROW_ASSIGN_OR_RAISE(auto keys, probe_.FirstFrom(cell.range, places));
      // What begins as the lowest key does cuts nothing off.
      std::erase_if(keys, [&](const Key& key) {
        return EqualUpTo(key, cell.low, column + 1) || !IsSound(key, column + 1);
      });
      // From the middle outwards, for a key may stand elsewhere than its text says.
      std::size_t middle = keys.size() / 2;
      for (std::size_t step = 0; step < std::min<std::size_t>(keys.size(), 3); ++step) {
        std::size_t at = (middle + step) % keys.size();
        ARROW_ASSIGN_OR_RAISE(bool cut, CutAt(index, cell, keys[at], column + 1));
        if (cut) return true;
      }
      if (last) return false;
    }
    return false;
  }

  // Cuts the cell at the key's first columns. False where the server finds no key on one
  // of the sides: the text of the key does not say where it stands.
  arrow::Result<bool> CutAt(std::size_t index, const Cell& cell, const Key& key,
                            std::size_t columns) {
    Bound bound = *BoundOf(key, columns);
    Cell left{{cell.range.lower, bound}, cell.low, {}, 0, false};
    Cell right{{bound, cell.range.upper}, {}, cell.high, 0, false};
    ARROW_ASSIGN_OR_RAISE(auto left_high, probe_.Last(left.range));
    if (!left_high) return false;
    left.high = std::move(*left_high);
    right.low = key;
    if (!StandsWhereItSays(probe_.key()[columns - 1])) {
      ARROW_ASSIGN_OR_RAISE(auto right_low, probe_.First(right.range));
      if (!right_low) return false;
      right.low = std::move(*right_low);
    }
    for (Cell* half : {&left, &right}) {
      half->rows = std::max<int64_t>(1, cell.rows / 2);
      if (!guessed_) continue;
      ARROW_ASSIGN_OR_RAISE(auto rows, probe_.Estimate(half->range));
      half->rows = std::max<int64_t>(1, rows.value_or(1));
    }
    cells_[index] = std::move(left);
    cells_.insert(cells_.begin() + static_cast<std::ptrdiff_t>(index) + 1,
                  std::move(right));
    return true;
  }

  KeyProbe& probe_;
  const int64_t pieces_;
  const int64_t least_rows_;
  bool guessed_ = true;
  std::vector<Cell> cells_;
};

}  // namespace

arrow::Result<Cells> CutIntoCells(KeyProbe* probe, int pieces, int64_t least_rows,
                                  std::optional<int64_t> table_rows) {
  return Cutter(probe, pieces, least_rows).Run(table_rows);
}

}  // namespace keelboat::mysql
