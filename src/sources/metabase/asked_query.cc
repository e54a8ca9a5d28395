#include "sources/metabase/asked_query.h"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>

#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <nlohmann/json.hpp>

#include "core/nearest.h"
#include "keelboat/error.h"
#include "sources/metabase/key_ranges.h"

namespace keelboat::metabase {
namespace {

using Json = nlohmann::json;

// The subquery's name: no column of a user's is called so.
constexpr std::string_view kTable = "keelboat_rows";

std::string Lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char letter) {
    return static_cast<char>(std::tolower(letter));
  });
  return text;
}

arrow::Status Whole(const std::string& what) {
  return MakeError(ErrorKind::kUnsupported,
                   "the answer comes whole or not at all: " + what);
}

// A prefix such that no column is called prefix and digits: ClickHouse would take the
// export's name for the column.
std::string PrefixFor(const std::vector<AskedQuery::Column>& columns) {
  for (std::string prefix = "c";; prefix += 'k') {
    const bool taken = std::ranges::any_of(columns, [&](const auto& column) {
      const std::string& name = column.answer.name;
      return name.size() > prefix.size() && name.starts_with(prefix) &&
             std::isdigit(static_cast<unsigned char>(name[prefix.size()])) != 0;
    });
    if (!taken) return prefix;
  }
}

std::string Substituted(const std::string& pattern, const std::string& value) {
  std::string text = pattern;
  const std::size_t at = text.find("{}");
  if (at != std::string::npos) text.replace(at, 2, value);
  return text;
}

}  // namespace

std::string AskedAs::ToJson() const {
  Json json = {{"sql", question.sql},
               {"parameters", question.parameters_json},
               {"template_tags", question.template_tags_json},
               {"wrapped", wrapped},
               {"by_position", by_position},
               {"warnings", warnings}};
  Json& described = json["columns"] = Json::object();
  for (const auto& [name, column] : columns) {
    described[name] = {column.name,           column.display_name,  column.base_type,
                       column.effective_type, column.database_type, column.semantic_type};
  }
  json["card"] = question.card.has_value() ? Json(*question.card) : Json(nullptr);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

arrow::Result<AskedAs> AskedAs::FromJson(const std::string& text) {
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) {
    return MakeError(ErrorKind::kInternal, "a relation of Metabase lost its question");
  }
  AskedAs asked;
  asked.question.sql = json.value("sql", "");
  asked.question.parameters_json = json.value("parameters", "[]");
  asked.question.template_tags_json = json.value("template_tags", "{}");
  if (json["card"].is_number_integer()) asked.question.card = json["card"].get<int64_t>();
  asked.wrapped = json.value("wrapped", false);
  asked.by_position = json.value("by_position", false);
  asked.warnings = json.value("warnings", std::vector<std::string>());
  const auto described = json.value("columns", Json::object());
  for (const auto& [name, words] : described.items()) {
    const auto text = words.get<std::vector<std::string>>();
    if (text.size() != 6) continue;
    asked.columns[name] = {text[0], text[1], text[2], text[3], text[4], text[5]};
  }
  return asked;
}

arrow::Result<AskedQuery> AskedQuery::Make(const std::string& engine,
                                           const Relation& relation) {
  std::string text;
  if (relation.schema->metadata() != nullptr) {
    text = relation.schema->metadata()->Get(kQuestionKey).ValueOr("");
  }
  ARROW_ASSIGN_OR_RAISE(AskedAs asked, AskedAs::FromJson(text));
  Dialect dialect(engine);
  StatementShape shape;
  shape.is_query = false;
  if (!asked.question.card.has_value()) {
    ARROW_ASSIGN_OR_RAISE(shape, ShapeOf(asked.question.sql, dialect.kind()));
  }
  AskedQuery query(std::move(asked), std::move(shape), dialect);
  for (const auto& field : relation.schema->fields()) {
    Column column;
    column.field = field;
    const auto described = query.asked_.columns.find(field->name());
    if (described == query.asked_.columns.end()) {
      return MakeError(ErrorKind::kInternal,
                       "column " + field->name() + " was not described by Metabase");
    }
    column.answer = described->second;
    ARROW_ASSIGN_OR_RAISE(
        column.type, TypeOfColumn(dialect.kind(), column.answer, query.asked_.wrapped));
    if (!column.type.arrow->Equals(*field->type())) {
      if (field->type()->id() != arrow::Type::STRING) {
        return MakeError(ErrorKind::kInternal,
                         "column " + field->name() + " was described as another type");
      }
      column.type = TextType(dialect.kind(), column.type);
    }
    column.type.nullable = field->nullable();
    query.columns_.push_back(std::move(column));
  }
  query.prefix_ = PrefixFor(query.columns_);
  return query;
}

arrow::Result<const AskedQuery::Column*> AskedQuery::Find(const std::string& name) const {
  std::vector<std::string> names;
  for (const Column& column : columns_) {
    if (column.field->name() == name) return &column;
    names.push_back(column.field->name());
  }
  return MakeError(ErrorKind::kNotFound,
                   "column " + name + " does not exist" + DidYouMean(name, names),
                   {{"column", name}});
}

bool AskedQuery::CanBeCut() const { return WhyWhole().empty(); }

std::string AskedQuery::WhyWhole() const {
  if (asked_.question.card.has_value()) return "a saved question comes as it is";
  if (!asked_.wrapped && shape_.ordered) {
    return "its order is no order of its own columns, which ranges could keep";
  }
  if (!asked_.wrapped) return "the statement cannot be asked about in parentheses";
  if (shape_.limited) return "the query has a LIMIT or OFFSET";
  if (!shape_.volatile_function.empty()) {
    return shape_.volatile_function + " may answer otherwise the next time";
  }
  if (!shape_.ordered || shape_.united) return {};
  if (OrderColumn() == nullptr) {
    return "ranges cannot keep the query's order, which does not begin with an integer, "
           "date or time column of it";
  }
  return {};
}

bool AskedQuery::CanBeCounted() const {
  return shape_.is_query && shape_.volatile_function.empty() &&
         !asked_.question.card.has_value();
}

const AskedQuery::Column* AskedQuery::OrderedBy(const OrderItem& item) const {
  if (item.position > 0) {
    const auto at = static_cast<std::size_t>(item.position - 1);
    return at < columns_.size() ? &columns_[at] : nullptr;
  }
  const bool folds = dialect_.folds_names() && !item.quoted;
  const std::string wanted = folds ? Lower(item.column) : item.column;
  const Column* found = nullptr;
  for (const Column& column : columns_) {
    const std::string& name = column.answer.display_name;
    if ((folds ? Lower(name) : name) != wanted) continue;
    if (found != nullptr) return nullptr;  // Which one?
    found = &column;
  }
  return found;
}

const AskedQuery::Column* AskedQuery::OrderColumn() const {
  if (shape_.order.empty() || dialect_.kind() == EngineKind::kOther) return nullptr;
  for (const OrderItem& item : shape_.order) {
    if (OrderedBy(item) == nullptr) return nullptr;
  }
  const Column* column = OrderedBy(shape_.order[0]);
  return IsRangeKey(*column) ? column : nullptr;
}

bool AskedQuery::nulls_first() const {
  if (shape_.order.empty()) return false;
  const OrderItem& first = shape_.order[0];
  return first.nulls_first.value_or(dialect_.NullsFirst(first.descending));
}

std::string AskedQuery::ValueOf(const Column& column) const {
  const auto at = static_cast<std::size_t>(&column - columns_.data());
  std::string name = "k" + std::to_string(at) + "_";
  // What cannot be quoted was refused when it was described.
  if (!asked_.by_position) name = dialect_.Quote(column.answer.name).ValueOr(name);
  return std::string(kTable) + "." + name;
}

std::string AskedQuery::From() const {
  // An order that is put around it need not be within.
  const bool lifted = !shape_.order.empty() && !shape_.limited && !OrderBy().empty();
  std::string text = "FROM (\n" + (lifted ? shape_.unordered_sql : shape_.sql) + "\n) ";
  text += std::string(dialect_.table_as()) + std::string(kTable);
  if (!asked_.by_position) return text;
  std::string names;
  for (std::size_t at = 0; at < columns_.size(); ++at) {
    names += (at > 0 ? ", k" : "k") + std::to_string(at) + "_";
  }
  return text + "(" + names + ")";
}

std::string AskedQuery::OrderBy() const {
  std::string text;
  for (const OrderItem& item : shape_.order) {
    const Column* column = OrderedBy(item);
    if (column == nullptr) return {};
    text += (text.empty() ? "ORDER BY " : ", ") + ValueOf(*column);
    text += item.descending ? " DESC" : " ASC";
    if (item.nulls_first.has_value()) {
      text += *item.nulls_first ? " NULLS FIRST" : " NULLS LAST";
    }
  }
  return text;
}

arrow::Result<std::string> AskedQuery::TupleCompare(
    const std::vector<std::string>& columns, const std::vector<std::string>& values,
    bool below) const {
  // (a, b) < (x, y): a < x OR (a = x AND b < y); from the last backwards.
  std::string text;
  for (std::size_t i = std::min(values.size(), columns.size()); i-- > 0;) {
    ARROW_ASSIGN_OR_RAISE(const Column* column, Find(columns[i]));
    ARROW_ASSIGN_OR_RAISE(std::string literal,
                          dialect_.Literal(*column->field, values[i]));
    const std::string value = ValueOf(*column);
    if (text.empty()) {
      text = value + (below ? " < " : " >= ") + literal;
    } else {
      text = "(" + value + (below ? " < " : " > ") + literal + " OR (" + value + " = " +
             literal + " AND " + text + "))";
    }
  }
  return text;
}

arrow::Result<std::string> AskedQuery::RangeText(const Predicate& predicate) const {
  ARROW_ASSIGN_OR_RAISE(const Column* first, Find(predicate.columns[0]));
  std::string text;
  if (!predicate.lower.empty()) {
    ARROW_ASSIGN_OR_RAISE(text, TupleCompare(predicate.columns, predicate.lower, false));
  }
  if (!predicate.upper.empty()) {
    ARROW_ASSIGN_OR_RAISE(std::string upper,
                          TupleCompare(predicate.columns, predicate.upper, true));
    text += (text.empty() ? "" : " AND ") + upper;
  }
  const std::string value = ValueOf(*first);
  if (text.empty()) {
    return predicate.or_null ? std::string("1 = 1") : value + " IS NOT NULL";
  }
  return predicate.or_null ? "(" + text + ") OR " + value + " IS NULL" : text;
}

arrow::Result<std::string> AskedQuery::Condition(const Predicate& predicate) const {
  if (predicate.columns.empty()) {
    return MakeError(ErrorKind::kInternal, "a predicate without columns");
  }
  switch (predicate.kind) {
    case PredicateKind::kRange: {
      ARROW_ASSIGN_OR_RAISE(std::string text, RangeText(predicate));
      return "(" + text + ")";
    }
    case PredicateKind::kNull: {
      ARROW_ASSIGN_OR_RAISE(const Column* column, Find(predicate.columns[0]));
      return "(" + ValueOf(*column) + " IS NULL)";
    }
    case PredicateKind::kHash: {
      if (!dialect_.has_hash()) {
        return MakeError(ErrorKind::kUnsupported,
                         "rows of this database cannot be dealt to buckets");
      }
      std::vector<std::string> values;
      for (const std::string& name : predicate.columns) {
        ARROW_ASSIGN_OR_RAISE(const Column* column, Find(name));
        values.push_back(ValueOf(*column));
      }
      return "(" + dialect_.HashIs(values, predicate.bucket, predicate.buckets) + ")";
    }
    case PredicateKind::kKeyset:
      break;
  }
  std::string text;
  for (const auto& key : predicate.keys) {
    std::string one;
    for (std::size_t i = 0; i < predicate.columns.size() && i < key.size(); ++i) {
      ARROW_ASSIGN_OR_RAISE(const Column* column, Find(predicate.columns[i]));
      ARROW_ASSIGN_OR_RAISE(std::string literal,
                            dialect_.Literal(*column->field, key[i]));
      one += (one.empty() ? "" : " AND ") + ValueOf(*column) + " = " + literal;
    }
    text += (text.empty() ? "(" : " OR (") + one + ")";
  }
  return text.empty() ? std::string("(1 = 0)") : "(" + text + ")";
}

arrow::Result<std::string> AskedQuery::Conditions(
    const std::vector<Predicate>& predicates, const std::string& where) const {
  std::string text = where.empty() ? "" : "(\n" + where + "\n)";
  for (const Predicate& predicate : predicates) {
    ARROW_ASSIGN_OR_RAISE(std::string condition, Condition(predicate));
    text += (text.empty() ? "" : " AND ") + condition;
  }
  return text;
}

Question AskedQuery::About(const std::string& list, const std::string& conditions) const {
  Question question = asked_.question;
  question.sql = "SELECT " + list + " " + From();
  if (!conditions.empty()) question.sql += " WHERE " + conditions;
  return question;
}

arrow::Result<AskedQuery::Rows> AskedQuery::RowsOf(
    const Partition& partition, const std::vector<Predicate>& predicates) const {
  Rows rows;
  if (!asked_.wrapped) {
    if (!predicates.empty()) return Whole("it cannot be cut");
    if (!partition.where.empty()) return Whole("it cannot be filtered");
    rows.question = asked_.question;
    if (!rows.question.card.has_value()) rows.question.sql = shape_.sql;
    for (const Column& column : columns_) {
      rows.columns.push_back(
          {column.answer.display_name, column.field->name(), column.type});
    }
    for (const std::string& name : partition.columns) {
      ARROW_ASSIGN_OR_RAISE(const Column* column, Find(name));
      rows.wanted.push_back(static_cast<int>(column - columns_.data()));
    }
    return rows;
  }
  std::string list;
  for (const std::string& name : partition.columns) {
    ARROW_ASSIGN_OR_RAISE(const Column* column, Find(name));
    const std::string key = prefix_ + std::to_string(rows.columns.size());
    const std::string value = ValueOf(*column);
    const std::string& pattern = column->type.selected_as;
    list += (list.empty() ? "" : ", ");
    list += (pattern.empty() ? value : Substituted(pattern, value)) + " AS " + key;
    rows.wanted.push_back(static_cast<int>(rows.columns.size()));
    rows.columns.push_back({key, name, column->type});
  }
  ARROW_ASSIGN_OR_RAISE(std::string conditions, Conditions(predicates, partition.where));
  rows.question = About(list, conditions);
  if (const std::string order = OrderBy(); !order.empty()) {
    rows.question.sql += " " + order;
  }
  if (partition.limit.has_value()) {
    rows.question.sql += " " + dialect_.Limit(*partition.limit);
  }
  return rows;
}

}  // namespace keelboat::metabase
