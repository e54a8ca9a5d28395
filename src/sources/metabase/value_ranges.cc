#include "sources/metabase/value_ranges.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>

#include "core/field_metadata.h"
#include "keelboat/error.h"

namespace keelboat::metabase {
namespace {

using Column = AskedQuery::Column;

// One statement counts them all.
constexpr int64_t kMostPieces = 64;
constexpr std::size_t kLongestBound = 48;
constexpr std::size_t kDateLength = 10;
constexpr std::size_t kMomentLength = 26;  // "2024-01-31 10:00:00.000000"

std::string LogicalOf(const Column& column) {
  if (column.field->metadata() == nullptr) return {};
  return column.field->metadata()->Get(kLogicalTypeKey).ValueOr("");
}

// What asking about another column may mend.
bool IsAboutTheSql(const arrow::Status& status) {
  const ErrorKind kind = KindOf(status);
  return kind == ErrorKind::kConfig || kind == ErrorKind::kData ||
         kind == ErrorKind::kNotFound || kind == ErrorKind::kUnsupported;
}

// The least values of equal shares, in the database's order, but for the first share.
arrow::Result<std::vector<std::string>> AskForBounds(Api& api, const AskedQuery& query,
                                                     const Column& column, int64_t shares,
                                                     const std::string& conditions,
                                                     const std::stop_token& stop) {
  const std::string value = query.ValueOf(column);
  Question question = query.About(
      value + " AS value0, NTILE(" + std::to_string(shares) + ") OVER (ORDER BY " +
          value + ") AS share0",
      (conditions.empty() ? "" : conditions + " AND ") + value + " IS NOT NULL");
  question.sql = "SELECT share0, min(value0) AS low0 FROM (\n" + question.sql + "\n) " +
                 std::string(query.dialect().table_as()) +
                 "keelboat_shares GROUP BY share0 ORDER BY share0";
  ARROW_ASSIGN_OR_RAISE(const Answer answer, api.Ask(question, stop));
  std::vector<std::string> bounds;
  for (std::size_t at = 1; at < answer.rows.size(); ++at) {
    const auto& row = answer.rows[at];
    if (row.size() < 2 || !row[1].has_value()) continue;
    std::string bound = BoundOf(column, *row[1]);
    if (bound.empty() || (!bounds.empty() && bounds.back() == bound)) continue;
    bounds.push_back(std::move(bound));
  }
  return bounds;
}

std::vector<CountedPiece> PiecesBetween(const Column& column,
                                        const std::vector<std::string>& bounds) {
  std::vector<CountedPiece> pieces(bounds.size() + 1);
  for (std::size_t at = 0; at < pieces.size(); ++at) {
    Predicate& predicate = pieces[at].predicate;
    predicate.columns = {column.field->name()};
    if (at > 0) predicate.lower = {bounds[at - 1]};
    if (at < bounds.size()) predicate.upper = {bounds[at]};
  }
  if (column.type.nullable) {
    CountedPiece& none = pieces.emplace_back();
    none.predicate.kind = PredicateKind::kNull;
    none.predicate.columns = {column.field->name()};
  }
  return pieces;
}

// Counts the pieces and all rows at one moment; false where a row is in two of them or
// in none, as when the beginnings of two bounds sort the other way round.
arrow::Result<bool> HoldEveryRowOnce(Api& api, const AskedQuery& query,
                                     const std::string& conditions,
                                     const std::stop_token& stop,
                                     std::vector<CountedPiece>* pieces) {
  std::vector<std::string> counted;
  for (const CountedPiece& piece : *pieces) {
    ARROW_ASSIGN_OR_RAISE(std::string text, query.Condition(piece.predicate));
    counted.push_back(std::move(text));
  }
  counted.emplace_back("(1 = 1)");
  ARROW_ASSIGN_OR_RAISE(auto counts, CountRows(api, query, counted, conditions, stop));
  int64_t sum = 0;
  for (std::size_t at = 0; at < pieces->size(); ++at) {
    (*pieces)[at].rows = counts[at];
    sum += counts[at];
  }
  return sum == counts.back();
}

int64_t LargestOf(const std::vector<CountedPiece>& pieces) {
  int64_t largest = 0;
  for (const CountedPiece& piece : pieces) largest = std::max(largest, piece.rows);
  return largest;
}

// Rows without a value are a piece where there are some; one that comes is somebody's.
void SettleNulls(std::vector<CountedPiece>* pieces) {
  if (pieces->back().predicate.kind != PredicateKind::kNull || pieces->back().rows > 0) {
    return;
  }
  pieces->pop_back();
  pieces->back().predicate.or_null = true;
}

arrow::Result<std::vector<CountedPiece>> CutOne(Api& api, const AskedQuery& query,
                                                const Column& column, int64_t shares,
                                                const std::string& conditions,
                                                const std::stop_token& stop) {
  ARROW_ASSIGN_OR_RAISE(auto bounds,
                        AskForBounds(api, query, column, shares, conditions, stop));
  auto pieces = PiecesBetween(column, bounds);
  if (pieces.size() < 2) return std::vector<CountedPiece>();
  ARROW_ASSIGN_OR_RAISE(bool whole,
                        HoldEveryRowOnce(api, query, conditions, stop, &pieces));
  if (!whole) return std::vector<CountedPiece>();
  SettleNulls(&pieces);
  return pieces;
}

}  // namespace

bool CanBeParted(const Column& column) {
  switch (column.field->type()->id()) {
    case arrow::Type::DATE32:
    case arrow::Type::TIMESTAMP:
      return true;
    case arrow::Type::STRING: {
      const std::string logical = LogicalOf(column);
      const bool plain = logical.empty() && column.answer.base_type == "type/Text";
      return plain || logical == "decimal";
    }
    default:
      return false;
  }
}

std::string BoundOf(const Column& column, const std::string& value) {
  const arrow::Type::type id = column.field->type()->id();
  if (id == arrow::Type::DATE32) return value.substr(0, kDateLength);
  if (id == arrow::Type::TIMESTAMP) {
    std::string moment =
        value.substr(0, std::min(value.find_first_of("Zz+"), kMomentLength));
    const std::size_t zone = moment.find('-', kDateLength);
    if (zone != std::string::npos) moment.resize(zone);
    if (moment.size() > kDateLength) moment[kDateLength] = ' ';
    if (moment.size() == kDateLength) moment += " 00:00:00";
    return moment;
  }
  if (LogicalOf(column) == "decimal") {
    const bool digits = value.find_first_not_of("-0123456789.") == std::string::npos;
    return digits ? value : "";
  }
  std::size_t end = 0;
  while (end < value.size() && end < kLongestBound) {
    const char letter = value[end];
    const bool control = static_cast<unsigned char>(letter) < ' ' || letter == '\x7F';
    if (control ||
        std::string_view("'\"\\{}[];`").find(letter) != std::string_view::npos) {
      break;
    }
    ++end;
  }
  // Not in the middle of a character.
  while (end > 0 && end < value.size() &&
         (static_cast<unsigned char>(value[end]) & 0xC0) == 0x80) {
    --end;
  }
  return value.substr(0, end);
}

arrow::Result<std::optional<ValueRanges>> CutByValues(
    Api& api, const AskedQuery& query, const std::vector<const Column*>& columns,
    int64_t rows, int64_t target, const std::string& conditions,
    const std::stop_token& stop, std::string* why) {
  const int64_t wanted = (rows + target - 1) / std::max<int64_t>(target, 1);
  const int64_t shares = std::clamp<int64_t>(wanted, 2, kMostPieces);
  std::optional<ValueRanges> best;
  for (const Column* column : columns) {
    auto pieces = CutOne(api, query, *column, shares, conditions, stop);
    if (!pieces.ok()) {
      if (!IsAboutTheSql(pieces.status())) return pieces.status();
      *why = "the database does not say where to cut: " + pieces.status().message();
      continue;
    }
    if (pieces->size() < 2 || LargestOf(*pieces) >= rows) continue;
    if (!best.has_value() || LargestOf(*pieces) < LargestOf(best->pieces)) {
      best = ValueRanges{column, std::move(*pieces)};
    }
    if (LargestOf(best->pieces) <= 2 * target) break;
  }
  return best;
}

}  // namespace keelboat::metabase
