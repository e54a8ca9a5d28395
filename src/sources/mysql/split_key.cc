#include "sources/mysql/split_key.h"

#include <algorithm>
#include <utility>

#include <arrow/type.h>

#include "core/nearest.h"
#include "keelboat/error.h"
#include "sources/mysql/predicate_text.h"
#include "sources/mysql/query_text.h"
#include "sources/mysql/statement_text.h"

namespace keelboat::mysql {
namespace {

// A window is cut by its own index when it leaves less of the table than one in so many
// rows; otherwise reading in the primary key's order costs less.
constexpr int64_t kSmallWindow = 5;

bool Contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool BeginsWith(const std::vector<std::string>& names,
                const std::vector<std::string>& beginning) {
  return names.size() >= beginning.size() &&
         std::equal(beginning.begin(), beginning.end(), names.begin());
}

class Chooser {
 public:
  Chooser(Connection* connection, const Relation& relation, const SplitRequest& request)
      : connection_(connection), relation_(relation), request_(request) {}

  arrow::Result<SplitKey> Run() {
    if (!request_.on.empty()) return Asked();
    if (relation_.table.empty()) return SplitKey{{}, "a query has no key of its own"};
    ARROW_ASSIGN_OR_RAISE(auto window, WindowKey());
    if (window) return SplitKey{std::move(window), ""};
    for (const Index* index : UniqueIndexes()) {
      ARROW_ASSIGN_OR_RAISE(auto target, Usable(index));
      if (target) return SplitKey{std::move(target), ""};
    }
    return SplitKey{{},
                    "table " + relation_.table +
                        " has no primary or unique key without null that can be cut"};
  }

 private:
  arrow::Result<SplitKey> Asked() {
    for (const std::string& name : request_.on) {
      if (relation_.schema->GetFieldByName(name) != nullptr) continue;
      return MakeError(ErrorKind::kNotFound,
                       "column " + name + " does not exist in " + NameOf(relation_) +
                           DidYouMean(name, relation_.schema->field_names()),
                       {{"table", relation_.table}, {"column", name}});
    }
    // Nobody guesses the rows of a view, and it has no index of its own.
    const bool is_view = !relation_.table.empty() && !relation_.estimated_rows &&
                         relation_.indexes.empty();
    if (relation_.table.empty() || is_view) {
      ARROW_ASSIGN_OR_RAISE(auto target, Usable(nullptr));
      if (target) return SplitKey{std::move(target), ""};
      const std::string word = is_view ? "view" : "query";
      return MakeError(ErrorKind::kConfig,
                       (is_view ? "view " + relation_.table : "the query") +
                           " cannot be cut by " + Joined(request_.on) +
                           ": the server would have to run all of it to find the bounds; "
                           "leave partition_on out, or let the " +
                           word + " pass an indexed column of one table through");
    }
    ARROW_RETURN_NOT_OK(RefuseKinds());
    for (const Index& index : relation_.indexes) {
      if (!BeginsWith(index.columns, request_.on)) continue;
      ARROW_ASSIGN_OR_RAISE(auto target, Usable(&index));
      if (target) return SplitKey{std::move(target), ""};
    }
    std::string columns;
    for (const std::string& name : request_.on) {
      columns += (columns.empty() ? "" : ", ") + QuoteIdentifier(name);
    }
    return MakeError(
        ErrorKind::kConfig,
        "table " + relation_.table + " cannot be cut by " + Joined(request_.on) +
            ": no index that can be used begins with it, so every piece would read the "
            "whole table; leave partition_on out, or create one: CREATE INDEX " +
            QuoteIdentifier("by_" + request_.on[0]) + " ON " +
            QuoteIdentifier(relation_.table) + " (" + columns + ")",
        {{"table", relation_.table}});
  }

  // No index helps there, so none is asked for.
  arrow::Status RefuseKinds() const {
    for (const std::string& name : request_.on) {
      const auto column = ComparedColumn::Of(*relation_.schema->GetFieldByName(name));
      if (IsCut(column.kind)) continue;
      return MakeError(ErrorKind::kConfig,
                       "table " + relation_.table + " cannot be cut by " + name +
                           ": no range of a column of type " + column.declared_type +
                           " is found by an index; choose another column for "
                           "partition_on, or leave it out",
                       {{"table", relation_.table}, {"column", name}});
    }
    return arrow::Status::OK();
  }

  // No server answers ranges of a SET from an index.
  static bool IsCut(ValueKind kind) {
    return kind != ValueKind::kOther && kind != ValueKind::kSet;
  }

  // The index of a range that the caller asks for, where it leaves little.
  arrow::Result<std::optional<ProbeTarget>> WindowKey() {
    for (const Predicate& predicate : request_.within) {
      bool range = predicate.kind == PredicateKind::kRange && !predicate.or_null &&
                   (!predicate.lower.empty() || !predicate.upper.empty());
      if (!range || BeginsWith(relation_.primary_key, {predicate.columns[0]})) continue;
      for (const Index& index : relation_.indexes) {
        if (!BeginsWith(index.columns, {predicate.columns[0]})) continue;
        ARROW_ASSIGN_OR_RAISE(auto target, Usable(&index));
        if (!target) continue;
        KeyProbe probe(connection_, *target);
        ARROW_ASSIGN_OR_RAISE(auto rows, probe.Estimate({}));
        const int64_t all = relation_.estimated_rows.value_or(0);
        if (rows && *rows < all / kSmallWindow) return target;
      }
    }
    return std::optional<ProbeTarget>();
  }

  std::vector<const Index*> UniqueIndexes() const {
    std::vector<const Index*> indexes;
    for (const Index& index : relation_.indexes) {
      bool nullable = false;
      for (const std::string& name : index.columns) {
        auto field = relation_.schema->GetFieldByName(name);
        nullable = nullable || field == nullptr || field->nullable();
      }
      const bool primary = index.columns == relation_.primary_key;
      if (primary || (index.unique && !nullable)) indexes.push_back(&index);
    }
    std::stable_partition(indexes.begin(), indexes.end(), [&](const Index* index) {
      return index->columns == relation_.primary_key;
    });
    return indexes;
  }

  // Columns to cut by: the index's, then the primary key's; as far as they compare.
  std::vector<ComparedColumn> KeyOf(const Index* index, bool with_primary_key) const {
    std::vector<std::string> names = index == nullptr ? request_.on : index->columns;
    if (index != nullptr && with_primary_key) {
      for (const std::string& name : relation_.primary_key) {
        if (!Contains(names, name)) names.push_back(name);
      }
    }
    std::vector<ComparedColumn> key;
    for (const std::string& name : names) {
      auto field = relation_.schema->GetFieldByName(name);
      if (field == nullptr) break;
      ComparedColumn column = ComparedColumn::Of(*field);
      if (!IsCut(column.kind)) break;
      key.push_back(std::move(column));
    }
    return key;
  }

  // What to probe, if the server finds keys by it at the cost of a dive.
  arrow::Result<std::optional<ProbeTarget>> Usable(const Index* index) {
    for (bool with_primary_key : {true, false}) {
      ProbeTarget target;
      target.key = KeyOf(index, with_primary_key);
      if (target.key.empty()) break;
      target.table = relation_.table;
      target.schema = relation_.schema;
      SelectParts parts;
      parts.database = connection_->options().database;
      parts.table = relation_.table;
      parts.sql = relation_.sql;
      target.from = FromText(parts);
      if (index != nullptr) {
        target.from += " FORCE INDEX (" + QuoteIdentifier(index->name) + ")";
      }
      ARROW_RETURN_NOT_OK(AddConditions(&target));
      KeyProbe probe(connection_, target);
      auto cheap = probe.IsCheap();
      // An index that may not be used, being invisible, is none.
      if (!cheap.ok() && DetailOf(cheap.status(), "errno") == "1176") break;
      ARROW_RETURN_NOT_OK(cheap.status());
      if (*cheap) return std::optional<ProbeTarget>(std::move(target));
    }
    return std::optional<ProbeTarget>();
  }

  // The caller's predicates narrow the estimates. Look-ups take only those on the key's
  // own first column: any other one might make the server search for long.
  arrow::Status AddConditions(ProbeTarget* target) const {
    for (const Predicate& predicate : request_.within) {
      ARROW_ASSIGN_OR_RAISE(std::string text,
                            PredicateText(predicate, *relation_.schema));
      const bool of_key = predicate.kind == PredicateKind::kRange &&
                          predicate.columns[0] == target->key[0].name;
      if (of_key) target->lookup_conditions.push_back(text);
      target->estimate_conditions.push_back(std::move(text));
    }
    if (!request_.where.empty()) {
      target->estimate_conditions.push_back("(\n" + request_.where + "\n)");
    }
    return arrow::Status::OK();
  }

  static std::string Joined(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
  }

  Connection* connection_;
  const Relation& relation_;
  const SplitRequest& request_;
};

}  // namespace

arrow::Result<SplitKey> ChooseSplitKey(Connection* connection, const Relation& relation,
                                       const SplitRequest& request) {
  return Chooser(connection, relation, request).Run();
}

}  // namespace keelboat::mysql
