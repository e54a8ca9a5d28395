#include "sources/mysql/relation_split.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "keelboat/error.h"
#include "sources/mysql/cell_splitter.h"
#include "sources/mysql/split_key.h"

namespace keelboat::mysql {
namespace {

// A stretch of cells that lie side by side.
struct Group {
  KeyRange range;
  int64_t rows = 0;
};

// Puts cells together to `pieces` of much the same size, or fewer.
std::vector<Group> Grouped(const std::vector<Cell>& cells, int64_t pieces) {
  int64_t left = 0;
  for (const Cell& cell : cells) left += cell.rows;
  std::vector<Group> groups;
  for (std::size_t i = 0; i < cells.size();) {
    const auto groups_left =
        std::max<int64_t>(1, pieces - static_cast<int64_t>(groups.size()));
    Group group{cells[i].range, cells[i].rows};
    left -= cells[i].rows;
    for (++i; i < cells.size(); ++i) {
      // What is left is shared anew each time, so that one large cell makes the pieces
      // behind it smaller, not fewer.
      const int64_t fair = (left + group.rows) / groups_left;
      const bool fits = group.rows + cells[i].rows / 2 <= fair;
      if (!fits && groups_left > 1) break;
      group.rows += cells[i].rows;
      group.range.upper = cells[i].range.upper;
      left -= cells[i].rows;
    }
    groups.push_back(std::move(group));
  }
  return groups;
}

class RelationSplitter {
 public:
  RelationSplitter(Connection* connection, const Relation& relation,
                   const SplitRequest& request)
      : connection_(connection), relation_(relation), request_(request) {}

  arrow::Result<Split> Run() {
    if (request_.pieces < 2) return OnePiece({}, "one piece was asked for");
    for (const Predicate& predicate : request_.within) {
      if (predicate.kind == PredicateKind::kRange) continue;
      return OnePiece({}, "what is asked for is no range");
    }
    ARROW_ASSIGN_OR_RAISE(SplitKey key, ChooseSplitKey(connection_, relation_, request_));
    if (!key.target) return OnePiece(relation_.estimated_rows, key.reason);
    KeyProbe probe(connection_, *key.target);
    ARROW_ASSIGN_OR_RAISE(Cells cut,
                          CutIntoCells(&probe, request_.pieces, request_.least_rows,
                                       relation_.estimated_rows));
    ARROW_ASSIGN_OR_RAISE(Nulls nulls, FindNulls(&probe));
    return Pieces(probe, cut, nulls);
  }

 private:
  struct Nulls {
    bool possible = false;  // The key's first column may be null, and is not excluded.
    bool present = false;
    int64_t rows = 0;
  };

  static Split OnePiece(std::optional<int64_t> rows, std::string reason) {
    return Split{{{std::nullopt, rows}}, {}, std::move(reason)};
  }

  arrow::Result<Nulls> FindNulls(KeyProbe* probe) const {
    Nulls nulls;
    const ComparedColumn& first = probe->key()[0];
    nulls.possible = first.nullable;
    for (const Predicate& predicate : request_.within) {
      if (predicate.columns[0] == first.name && !predicate.or_null)
        nulls.possible = false;
    }
    if (!nulls.possible) return nulls;
    ARROW_ASSIGN_OR_RAISE(nulls.present, probe->HasNulls());
    if (!nulls.present) return nulls;
    ARROW_ASSIGN_OR_RAISE(auto rows, probe->EstimateNulls());
    nulls.rows = std::max<int64_t>(1, rows.value_or(1));
    return nulls;
  }

  Split Pieces(const KeyProbe& probe, const Cells& cut, const Nulls& nulls) const {
    int64_t rows = nulls.rows;
    for (const Cell& cell : cut.cells) rows += cell.rows;
    const std::optional<int64_t> guess =
        cut.guessed ? std::optional<int64_t>(rows) : relation_.estimated_rows;
    const int64_t worth = std::clamp<int64_t>(
        rows / std::max<int64_t>(1, request_.least_rows), 1, request_.pieces);
    if (cut.cells.empty()) return OnePiece(guess, "the key holds no value");
    if (worth == 1) return OnePiece(guess, "too few rows to be worth cutting");
    const auto groups = Grouped(cut.cells, std::max<int64_t>(1, worth - nulls.present));
    if (groups.size() == 1 && !nulls.present) {
      return OnePiece(guess,
                      "all rows have the same key, or the server tells no keys "
                      "apart");
    }
    Split split;
    std::size_t depth = 1;
    for (const Group& group : groups) {
      Predicate predicate;
      predicate.lower = group.range.lower;
      predicate.upper = group.range.upper;
      const std::size_t columns =
          std::max<std::size_t>({1, predicate.lower.size(), predicate.upper.size()});
      for (std::size_t i = 0; i < columns; ++i) {
        predicate.columns.push_back(probe.key()[i].name);
      }
      depth = std::max(depth, columns);
      // Rows without a value that come to be later have their place, too.
      predicate.or_null = nulls.possible && !nulls.present && split.pieces.empty();
      split.pieces.push_back({std::move(predicate), Guess(cut, group.rows)});
    }
    if (nulls.present) {
      Predicate predicate;
      predicate.kind = PredicateKind::kNull;
      predicate.columns = {probe.key()[0].name};
      split.pieces.push_back({std::move(predicate), Guess(cut, nulls.rows)});
    }
    for (std::size_t i = 0; i < depth; ++i) split.on.push_back(probe.key()[i].name);
    split.reason = ReasonOf(cut, groups, worth);
    return split;
  }

  static std::optional<int64_t> Guess(const Cells& cut, int64_t rows) {
    return cut.guessed ? std::optional<int64_t>(rows) : std::nullopt;
  }

  std::string ReasonOf(const Cells& cut, const std::vector<Group>& groups,
                       int64_t worth) const {
    if (!cut.guessed) {
      return "the server guesses no row counts; pieces may differ in size";
    }
    for (const Cell& cell : cut.cells) {
      int64_t all = 0;
      for (const Group& group : groups) all += group.rows;
      const bool giant = cell.solid && cell.rows > 2 * all / request_.pieces;
      if (giant && cell.low[0]) {
        return "about " + std::to_string(cell.rows) +
               " rows share one key and stay together";
      }
    }
    if (worth < request_.pieces) return "too few rows for more pieces";
    return "";
  }

  Connection* connection_;
  const Relation& relation_;
  const SplitRequest& request_;
};

}  // namespace

arrow::Result<Split> SplitRelation(Connection* connection, const Relation& relation,
                                   const SplitRequest& request) {
  return RelationSplitter(connection, relation, request).Run();
}

}  // namespace keelboat::mysql
