#include "sources/mysql/key_probe.h"

#include <algorithm>
#include <utility>

#include "sources/mysql/predicate_text.h"
#include "sources/mysql/query_plan.h"
#include "sources/mysql/statement_text.h"

namespace keelboat::mysql {
namespace {

// An expression that the server prints in the form of Predicate.
std::string Printed(const ComparedColumn& column) {
  const std::string name = QuoteIdentifier(column.name);
  switch (column.kind) {
    case ValueKind::kInteger:
      // Bits and years as numbers, and none of them beyond what a sum can hold.
      if (column.declared_type.starts_with("bit") ||
          column.declared_type.find("unsigned") != std::string::npos) {
        return "CAST(" + name + " AS UNSIGNED)";
      }
      return name + " + 0";
    case ValueKind::kFloat:
      return name + " + 0e0";  // All digits.
    case ValueKind::kBytes:
      return "CONCAT('0x', HEX(" + name + "))";
    default:
      return name;
  }
}

std::vector<std::string> FirstNames(const std::vector<ComparedColumn>& key,
                                    std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) names.push_back(key[i].name);
  return names;
}

std::string OrderBy(const std::vector<ComparedColumn>& key, bool backward) {
  std::string text;
  for (const ComparedColumn& column : key) {
    text += (text.empty() ? " ORDER BY " : ", ") + QuoteIdentifier(column.name);
    if (backward) text += " DESC";
  }
  return text;
}

}  // namespace

KeyProbe::KeyProbe(Connection* connection, ProbeTarget target)
    : connection_(*connection), target_(std::move(target)) {}

arrow::Result<std::string> KeyProbe::RangeCondition(const KeyRange& range) const {
  Predicate predicate;
  predicate.columns = FirstNames(
      target_.key,
      std::max<std::size_t>(1, std::max(range.lower.size(), range.upper.size())));
  predicate.lower = range.lower;
  predicate.upper = range.upper;
  return PredicateText(predicate, *target_.schema);
}

arrow::Result<std::string> KeyProbe::Lookup(const KeyRange& range,
                                            const std::string& further,
                                            bool backward) const {
  std::string text = "SELECT ";
  for (std::size_t i = 0; i < target_.key.size(); ++i) {
    text += (i == 0 ? "" : ", ") + Printed(target_.key[i]) + " AS k" + std::to_string(i);
  }
  ARROW_ASSIGN_OR_RAISE(std::string condition, RangeCondition(range));
  text += " FROM " + target_.from + " WHERE " + condition;
  if (!further.empty()) text += " AND " + further;
  for (const std::string& one : target_.lookup_conditions) text += " AND " + one;
  return text + OrderBy(target_.key, backward) + " LIMIT 1";
}

arrow::Result<std::vector<Key>> KeyProbe::Ask(const std::string& statement) {
  ++statements_;
  ARROW_ASSIGN_OR_RAISE(auto rows, connection_.Query(statement, target_.table));
  for (auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      const ValueKind kind = target_.key[i].kind;
      const bool has_clock = kind == ValueKind::kCalendar || kind == ValueKind::kTime;
      if (row[i] && has_clock) row[i] = WithSixDigits(std::move(*row[i]));
    }
  }
  return rows;
}

arrow::Result<std::optional<Key>> KeyProbe::AskOne(const std::string& statement) {
  ARROW_ASSIGN_OR_RAISE(auto keys, Ask(statement));
  if (keys.empty()) return std::optional<Key>();
  return std::optional<Key>(std::move(keys[0]));
}

arrow::Result<bool> KeyProbe::IsCheap() {
  ++statements_;
  ARROW_ASSIGN_OR_RAISE(std::string lookup, Lookup({}, "", false));
  ARROW_ASSIGN_OR_RAISE(auto rows, connection_.Query("EXPLAIN " + lookup, target_.table));
  auto plan = QueryPlan::Of(rows);
  return !plan || plan->in_order || plan->rows <= 1;
}

arrow::Result<std::optional<Key>> KeyProbe::First(const KeyRange& range) {
  ARROW_ASSIGN_OR_RAISE(std::string lookup, Lookup(range, "", false));
  return AskOne(lookup);
}

arrow::Result<std::optional<Key>> KeyProbe::Last(const KeyRange& range) {
  ARROW_ASSIGN_OR_RAISE(std::string lookup, Lookup(range, "", true));
  return AskOne(lookup);
}

arrow::Result<std::vector<Key>> KeyProbe::FirstFrom(const KeyRange& range,
                                                    const std::vector<Bound>& places) {
  std::string statement;
  for (const Bound& place : places) {
    ARROW_ASSIGN_OR_RAISE(std::string from, RangeCondition({place, {}}));
    ARROW_ASSIGN_OR_RAISE(std::string lookup, Lookup(range, from, false));
    if (places.size() == 1) return Ask(lookup);
    statement += (statement.empty() ? "(" : " UNION (") + lookup + ")";
  }
  if (statement.empty()) return std::vector<Key>();
  // The union's columns keep the collation, and so the key's order.
  for (std::size_t i = 0; i < target_.key.size(); ++i) {
    statement += (i == 0 ? " ORDER BY k" : ", k") + std::to_string(i);
  }
  return Ask(statement);
}

arrow::Result<std::vector<std::string>> KeyProbe::Expressible(
    const ComparedColumn& column, std::vector<std::string> values) {
  auto is_ascii = [](const std::string& text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0; });
  };
  if (column.kind != ValueKind::kText ||
      std::all_of(values.begin(), values.end(), is_ascii)) {
    return values;
  }
  auto known = character_sets_.find(column.name);
  if (known == character_sets_.end()) {
    ++statements_;
    ARROW_ASSIGN_OR_RAISE(
        auto rows, connection_.Query(
                       "SELECT CHARACTER_SET_NAME FROM information_schema.COLUMNS WHERE "
                       "TABLE_SCHEMA = " +
                       QuoteLiteral(connection_.options().database) +
                       " AND TABLE_NAME = " + QuoteLiteral(target_.table) +
                       " AND COLUMN_NAME = " + QuoteLiteral(column.name)));
    std::string name = rows.empty() ? "" : rows[0][0].value_or("");
    known = character_sets_.emplace(column.name, std::move(name)).first;
  }
  const std::string& set = known->second;
  if (set == "utf8mb4" || set.starts_with("utf16") || set == "utf32") return values;
  if (set.empty()) {  // Of a query's column nobody knows.
    std::erase_if(values, [&](const std::string& value) { return !is_ascii(value); });
    return values;
  }
  std::string there_and_back;
  for (const std::string& value : values) {
    there_and_back += (there_and_back.empty() ? "SELECT " : ", ") +
                      ("CONVERT(CONVERT(" + QuoteLiteral(value) + " USING " + set) +
                      ") USING utf8mb4)";
  }
  ++statements_;
  ARROW_ASSIGN_OR_RAISE(auto rows, connection_.Query(there_and_back));
  std::vector<std::string> expressible;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (rows.at(0).at(i) == values[i]) expressible.push_back(std::move(values[i]));
  }
  return expressible;
}

arrow::Result<std::optional<Key>> KeyProbe::FirstWithValue(const KeyRange& range,
                                                           const Bound& prefix) {
  Predicate begins;
  begins.kind = PredicateKind::kKeyset;
  begins.columns = FirstNames(target_.key, prefix.size());
  begins.keys = {prefix};
  ARROW_ASSIGN_OR_RAISE(std::string further, PredicateText(begins, *target_.schema));
  further += " AND " + QuoteIdentifier(target_.key[prefix.size()].name) + " IS NOT NULL";
  ARROW_ASSIGN_OR_RAISE(std::string lookup, Lookup(range, further, false));
  return AskOne(lookup);
}

arrow::Result<std::optional<int64_t>> KeyProbe::Explain(const std::string& condition) {
  ++statements_;
  std::string text = "EXPLAIN SELECT 1 FROM " + target_.from + " WHERE " + condition;
  for (const std::string& one : target_.estimate_conditions) text += " AND " + one;
  ARROW_ASSIGN_OR_RAISE(auto rows, connection_.Query(text, target_.table));
  auto plan = QueryPlan::Of(rows);
  if (!plan) return std::optional<int64_t>();
  return std::optional<int64_t>(plan->rows);
}

arrow::Result<std::optional<int64_t>> KeyProbe::Estimate(const KeyRange& range) {
  ARROW_ASSIGN_OR_RAISE(std::string condition, RangeCondition(range));
  return Explain(condition);
}

arrow::Result<std::string> KeyProbe::NullCondition() const {
  Predicate predicate;
  predicate.kind = PredicateKind::kNull;
  predicate.columns = {target_.key[0].name};
  return PredicateText(predicate, *target_.schema);
}

arrow::Result<std::optional<int64_t>> KeyProbe::EstimateNulls() {
  ARROW_ASSIGN_OR_RAISE(std::string condition, NullCondition());
  return Explain(condition);
}

arrow::Result<bool> KeyProbe::HasNulls() {
  ++statements_;
  ARROW_ASSIGN_OR_RAISE(std::string condition, NullCondition());
  std::string text = "SELECT 1 FROM " + target_.from + " WHERE " + condition;
  for (const std::string& one : target_.lookup_conditions) text += " AND " + one;
  ARROW_ASSIGN_OR_RAISE(auto rows, connection_.Query(text + " LIMIT 1", target_.table));
  return !rows.empty();
}

}  // namespace keelboat::mysql
