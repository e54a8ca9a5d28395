#include "sources/metabase/question_split.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include <arrow/type.h>
#include <arrow/type_traits.h>

#include "keelboat/error.h"
#include "sources/metabase/value_ranges.h"

namespace keelboat::metabase {
namespace {

using Column = AskedQuery::Column;

constexpr std::size_t kCandidates = 4;
constexpr std::size_t kMostHashed = 24;
constexpr std::size_t kMostParted = 8;  // Each costs a question or two.

std::string LowerCase(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char letter) {
    return static_cast<char>(std::tolower(letter));
  });
  return text;
}

// How much metadata commends a column as a key; 0: not at all.
int Worth(const Column& column, const AskedQuery& query, const Relation& relation) {
  if (!IsRangeKey(column)) return 0;
  const std::string lower = LowerCase(column.answer.name);
  const arrow::DataType& type = *column.field->type();
  const bool integer = arrow::is_integer(type.id());
  const bool wide =
      integer && static_cast<const arrow::FixedWidthType&>(type).bit_width() >= 32;
  // How an unknown database spells a date is unknown, too.
  if (!integer && query.dialect().kind() == EngineKind::kOther) return 0;
  int worth = wide ? 30 : integer ? 5 : type.id() == arrow::Type::TIMESTAMP ? 20 : 15;
  if (!relation.primary_key.empty() && relation.primary_key[0] == column.field->name()) {
    worth += 100;
  }
  const bool begins_index =
      std::ranges::any_of(relation.indexes, [&](const Index& index) {
        return !index.columns.empty() && index.columns[0] == column.field->name();
      });
  if (begins_index || column.answer.semantic_type == "type/PK") worth += 60;
  if (integer && (lower == "id" || lower == "pk")) worth += 40;
  if (integer && lower.ends_with("_id")) worth += 20;
  if (column.type.nullable) worth -= 3;
  return worth;
}

std::vector<const Column*> Candidates(const AskedQuery& query, const Relation& relation) {
  std::vector<std::pair<int, const Column*>> ranked;
  for (const Column& column : query.columns()) {
    const int worth = Worth(column, query, relation);
    if (worth > 0) ranked.emplace_back(worth, &column);
  }
  std::ranges::stable_sort(ranked, std::greater<>(),
                           &std::pair<int, const Column*>::first);
  std::vector<const Column*> columns;
  for (const auto& [worth, column] : ranked) {
    if (columns.size() < kCandidates) columns.push_back(column);
  }
  return columns;
}

// The first that has enough values to cut between.
const KeyFacts* Usable(const RowFacts& facts, int64_t pieces) {
  for (const KeyFacts& key : facts.keys) {
    const uint64_t width =
        static_cast<uint64_t>(key.max) - static_cast<uint64_t>(key.min);
    const bool spread = width >= static_cast<uint64_t>(pieces);
    if (spread && key.values >= facts.rows / 2) return &key;
  }
  return nullptr;
}

// Columns that the database may say bounds of, those first that look like a key.
std::vector<const Column*> Partable(const AskedQuery& query) {
  std::vector<std::pair<int, const Column*>> ranked;
  for (const Column& column : query.columns()) {
    if (!CanBeParted(column)) continue;
    const std::string name = LowerCase(column.answer.name);
    const bool text = column.field->type()->id() == arrow::Type::STRING;
    int worth = text ? 2 : 1;
    if (column.answer.semantic_type == "type/PK") worth += 100;
    if (name == "id" || name.ends_with("_id") || name.ends_with("key")) worth += 50;
    ranked.emplace_back(worth, &column);
  }
  std::ranges::stable_sort(ranked, std::greater<>(),
                           &std::pair<int, const Column*>::first);
  std::vector<const Column*> columns;
  for (const auto& [worth, column] : ranked) {
    if (columns.size() < kMostParted) columns.push_back(column);
  }
  return columns;
}

// The columns whose values decide the bucket: a statement must not become too long.
std::vector<std::string> HashedColumns(const AskedQuery& query) {
  std::vector<std::string> names;
  for (const Column& column : query.columns()) {
    if (names.size() < kMostHashed) names.push_back(column.field->name());
  }
  return names;
}

arrow::Result<std::vector<CountedPiece>> Buckets(Api& api, const AskedQuery& query,
                                                 int64_t buckets, int64_t first,
                                                 int64_t step, int64_t all,
                                                 const std::string& conditions,
                                                 const std::stop_token& stop) {
  std::vector<CountedPiece> pieces;
  std::vector<std::string> counted;
  for (int64_t i = 0; i < buckets; ++i) {
    CountedPiece piece;
    piece.predicate.kind = PredicateKind::kHash;
    piece.predicate.columns = HashedColumns(query);
    piece.predicate.bucket = first + i * step;
    piece.predicate.buckets = all;
    ARROW_ASSIGN_OR_RAISE(std::string text, query.Condition(piece.predicate));
    counted.push_back(std::move(text));
    pieces.push_back(std::move(piece));
  }
  ARROW_ASSIGN_OR_RAISE(auto counts, CountRows(api, query, counted, conditions, stop));
  for (std::size_t i = 0; i < pieces.size(); ++i) pieces[i].rows = counts[i];
  return pieces;
}

Split OnePiece(std::optional<int64_t> rows, bool ordered, std::string reason) {
  Split split;
  split.pieces.push_back({std::nullopt, rows});
  split.rows = rows;
  split.ordered = ordered;
  split.reason = std::move(reason);
  return split;
}

Split ToSplit(std::vector<CountedPiece> pieces, std::vector<std::string> on, int64_t rows,
              bool ordered) {
  Split split;
  for (CountedPiece& piece : pieces) {
    split.pieces.push_back({std::move(piece.predicate), piece.rows});
  }
  split.on = std::move(on);
  split.rows = rows;
  split.ordered = ordered;
  return split;
}

arrow::Result<const Column*> KeyAskedFor(const AskedQuery& query,
                                         const std::vector<std::string>& on) {
  if (on.size() > 1) {
    return MakeError(ErrorKind::kConfig,
                     "answers of Metabase are cut on one column: name one");
  }
  auto found = query.Find(on[0]);
  if (!found.ok()) {
    return MakeError(ErrorKind::kConfig,
                     "cutting on " + on[0] + ": " + found.status().message());
  }
  if (IsRangeKey(**found)) return *found;
  return MakeError(ErrorKind::kConfig,
                   "column " + on[0] + " is " + (*found)->field->type()->ToString() +
                       ": cut on an integer, a date or a time column",
                   {{"column", on[0]}});
}

}  // namespace

arrow::Result<Split> SplitQuestion(Api& api, const Relation& relation,
                                   const SplitRequest& request,
                                   const std::stop_token& stop) {
  ARROW_ASSIGN_OR_RAISE(auto query, AskedQuery::Make(api.engine(), relation));
  std::vector<const Column*> keys;
  if (!request.on.empty()) {
    ARROW_ASSIGN_OR_RAISE(const Column* key, KeyAskedFor(query, request.on));
    keys = {key};
  }
  std::string whole = query.WhyWhole();
  const Column* order = query.OrderColumn();
  const bool ordered = query.shape().ordered && !query.shape().united;
  if (whole.empty() && order != nullptr) {
    if (!keys.empty() && keys[0] != order) {
      return MakeError(ErrorKind::kConfig,
                       "the query is ordered by " + order->field->name() +
                           ": cut on that column, or leave ORDER BY out");
    }
    keys = {order};
  }
  if (keys.empty()) keys = Candidates(query, relation);
  if (!query.CanBeCounted()) return OnePiece({}, ordered, std::move(whole));
  if (!whole.empty()) keys.clear();
  ARROW_ASSIGN_OR_RAISE(std::string conditions,
                        query.Conditions(request.within, request.where));
  ARROW_ASSIGN_OR_RAISE(RowFacts facts, MeasureRows(api, query, keys, conditions, stop));
  const int64_t rows = facts.rows;
  if (!whole.empty()) return OnePiece(rows, ordered, std::move(whole));

  const int64_t wanted =
      std::min<int64_t>(std::max<int64_t>(request.pieces, 1),
                        rows / std::max<int64_t>(request.least_rows, 1));
  const int64_t pieces = std::max(wanted, (rows + kPieceRows - 1) / kPieceRows);
  if (pieces <= 1) return OnePiece(rows, ordered, "the rows are few");
  const int64_t target = (rows + pieces - 1) / pieces;
  const bool must = !request.on.empty() || order != nullptr;
  const KeyFacts* key = must ? &facts.keys[0] : Usable(facts, pieces);
  if (key != nullptr) {
    ARROW_ASSIGN_OR_RAISE(auto ranges,
                          CutByKey(api, query, *key, rows, target, conditions, stop));
    if (ranges.size() > 1) {
      return ToSplit(std::move(ranges), {key->column->field->name()}, rows, ordered);
    }
    if (must) {
      return OnePiece(rows, ordered,
                      "column " + key->column->field->name() + " has one value");
    }
  }
  if (!query.dialect().has_hash()) {
    std::string why = "no column that rows can be cut on";
    ARROW_ASSIGN_OR_RAISE(auto ranges, CutByValues(api, query, Partable(query), rows,
                                                   target, conditions, stop, &why));
    if (!ranges.has_value()) return OnePiece(rows, ordered, std::move(why));
    return ToSplit(std::move(ranges->pieces), {ranges->column->field->name()}, rows,
                   ordered);
  }
  ARROW_ASSIGN_OR_RAISE(auto buckets,
                        Buckets(api, query, pieces, 0, 1, pieces, conditions, stop));
  return ToSplit(std::move(buckets), HashedColumns(query), rows, ordered);
}

arrow::Result<std::optional<std::vector<CountedPiece>>> CutFurther(
    Api& api, const AskedQuery& query, const std::vector<Predicate>& predicates,
    const std::string& where, int64_t target, const std::stop_token& stop) {
  using Pieces = std::optional<std::vector<CountedPiece>>;
  if (!query.CanBeCut()) return Pieces();
  ARROW_ASSIGN_OR_RAISE(std::string conditions, query.Conditions(predicates, where));
  // The key that was cut on before, or the order's, or what commends itself.
  std::vector<const Column*> keys;
  bool hashed = false;
  for (const Predicate& predicate : predicates) {
    hashed = hashed || predicate.kind == PredicateKind::kHash;
    if (predicate.kind != PredicateKind::kRange) continue;
    ARROW_ASSIGN_OR_RAISE(const Column* column, query.Find(predicate.columns[0]));
    if (IsRangeKey(*column)) keys = {column};
  }
  const Column* order = query.OrderColumn();
  if (order != nullptr) keys = {order};
  if (keys.empty() && !hashed) keys = Candidates(query, Relation());
  if (!hashed) {
    ARROW_ASSIGN_OR_RAISE(RowFacts facts,
                          MeasureRows(api, query, keys, conditions, stop));
    target = std::clamp<int64_t>(target, 1, std::max<int64_t>((facts.rows + 1) / 2, 1));
    for (const KeyFacts& key : facts.keys) {
      if (key.max == key.min) continue;
      ARROW_ASSIGN_OR_RAISE(
          auto ranges, CutByKey(api, query, key, facts.rows, target, conditions, stop));
      if (ranges.size() > 1) return Pieces(std::move(ranges));
    }
    // Buckets would lose the order.
    if (order != nullptr) return Pieces();
    if (!query.dialect().has_hash()) {
      std::string why;
      ARROW_ASSIGN_OR_RAISE(auto ranges,
                            CutByValues(api, query, Partable(query), facts.rows, target,
                                        conditions, stop, &why));
      if (!ranges.has_value()) return Pieces();
      return Pieces(std::move(ranges->pieces));
    }
    const int64_t buckets = std::max<int64_t>((facts.rows + target - 1) / target, 2);
    ARROW_ASSIGN_OR_RAISE(auto pieces,
                          Buckets(api, query, buckets, 0, 1, buckets, conditions, stop));
    return Pieces(std::move(pieces));
  }
  // A bucket of n is two of 2n.
  const auto bucket = std::ranges::find_if(predicates, [](const Predicate& predicate) {
    return predicate.kind == PredicateKind::kHash;
  });
  ARROW_ASSIGN_OR_RAISE(auto halves,
                        Buckets(api, query, 2, bucket->bucket, bucket->buckets,
                                bucket->buckets * 2, conditions, stop));
  // Rows that are all alike stay together however often they are dealt.
  if (halves[0].rows == 0 || halves[1].rows == 0) return Pieces();
  return Pieces(std::move(halves));
}

}  // namespace keelboat::metabase
