#include "sources/metabase/answer_description.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>

#include "core/field_metadata.h"
#include "keelboat/error.h"
#include "sources/metabase/asked_query.h"
#include "sources/metabase/column_type.h"
#include "sources/metabase/statement.h"

namespace keelboat::metabase {
namespace {

struct Described {
  std::vector<AnswerColumn> columns;
  bool wrapped = true;
};

Question With(const Question& question, std::string sql) {
  Question other = question;
  other.sql = std::move(sql);
  return other;
}

// What asking in another way may mend: not a lost server, a refused login, a stop.
bool IsAboutTheSql(const arrow::Status& status) {
  const ErrorKind kind = KindOf(status);
  return kind == ErrorKind::kConfig || kind == ErrorKind::kData ||
         kind == ErrorKind::kNotFound || kind == ErrorKind::kUnsupported;
}

// Names and types by ClickHouse itself; nullopt where it does not answer so.
arrow::Result<std::optional<std::vector<AnswerColumn>>> AskClickHouse(
    Api& api, const Question& question, const std::string& sql,
    const std::stop_token& stop) {
  auto answer = api.Ask(With(question, "DESCRIBE TABLE (\n" + sql + "\n)"), stop);
  if (!answer.ok()) {
    if (!IsAboutTheSql(answer.status())) return answer.status();
    return std::nullopt;
  }
  std::vector<AnswerColumn> columns;
  for (const auto& row : answer->rows) {
    if (row.size() < 2 || !row[0].has_value() || !row[1].has_value()) {
      return std::nullopt;
    }
    AnswerColumn column;
    column.name = column.display_name = *row[0];
    column.database_type = *row[1];
    columns.push_back(std::move(column));
  }
  if (columns.empty() || answer->truncated) return std::nullopt;
  return columns;
}

arrow::Result<Described> AskForColumns(Api& api, const Question& question,
                                       const StatementShape& shape,
                                       const std::stop_token& stop) {
  const Dialect dialect(api.engine());
  const Question whole = question.card.has_value() ? question : With(question, shape.sql);
  if (!question.card.has_value() && shape.is_query) {
    if (dialect.kind() == EngineKind::kClickHouse) {
      ARROW_ASSIGN_OR_RAISE(auto columns, AskClickHouse(api, question, shape.sql, stop));
      if (columns.has_value()) return Described{std::move(*columns)};
    }
    auto empty = api.Ask(
        With(question, "SELECT * FROM (\n" + shape.sql + "\n) " +
                           std::string(dialect.table_as()) + "keelboat_rows WHERE 1 = 0"),
        stop);
    if (empty.ok()) return Described{std::move(empty->columns)};
    if (!IsAboutTheSql(empty.status())) return empty.status();
  }
  // Some rows of it: the server cuts them, and its columns come with them.
  ARROW_ASSIGN_OR_RAISE(Answer answer, api.Ask(whole, stop));
  return Described{std::move(answer.columns), /*wrapped=*/false};
}

// Arrow names, each once; tells of those that had to be changed.
std::vector<std::string> UniqueNames(const std::vector<AnswerColumn>& columns,
                                     std::vector<std::string>* warnings) {
  std::set<std::string> taken;
  for (const AnswerColumn& column : columns) taken.insert(column.display_name);
  std::set<std::string> used;
  std::vector<std::string> names;
  for (std::size_t at = 0; at < columns.size(); ++at) {
    const std::string& given = columns[at].display_name;
    std::string name = given.empty() ? "column_" + std::to_string(at + 1) : given;
    const std::string stem = name;
    for (int number = 2; used.contains(name) || (name != given && taken.contains(name));
         ++number) {
      name = stem + "_" + std::to_string(number);
    }
    used.insert(name);
    if (name != given) {
      warnings->push_back(
          "column " + std::to_string(at + 1) +
          (given.empty() ? " has no name" : " is named " + given + ", too") +
          ": it is called " + name);
    }
    names.push_back(std::move(name));
  }
  return names;
}

arrow::Result<std::shared_ptr<arrow::Schema>> SchemaOf(
    EngineKind engine, const std::vector<AnswerColumn>& columns, AskedAs asked) {
  const auto names = UniqueNames(columns, &asked.warnings);
  arrow::FieldVector fields;
  for (std::size_t at = 0; at < columns.size(); ++at) {
    const AnswerColumn& column = columns[at];
    ARROW_ASSIGN_OR_RAISE(ColumnType type, TypeOfColumn(engine, column, asked.wrapped));
    if (!type.loss.empty()) {
      asked.warnings.push_back("column " + names[at] +
                               " comes as Metabase prints it: " + type.loss);
    }
    asked.columns[names[at]] = column;
    auto metadata = arrow::key_value_metadata(
        {kSourceTypeKey},
        {column.database_type.empty() ? column.base_type : column.database_type});
    if (!type.logical.empty()) metadata->Append(kLogicalTypeKey, type.logical);
    fields.push_back(arrow::field(names[at], type.arrow, type.nullable, metadata));
  }
  return arrow::schema(std::move(fields),
                       arrow::key_value_metadata({kQuestionKey}, {asked.ToJson()}));
}

bool HasDuplicates(const std::vector<AnswerColumn>& columns) {
  std::set<std::string> names;
  for (const AnswerColumn& column : columns) {
    if (column.display_name.empty() || !names.insert(column.display_name).second) {
      return true;
    }
  }
  return false;
}

// Newer servers call a second `a` `a_2`, which the database does not know.
bool MayBeRenamed(const std::vector<AnswerColumn>& columns) {
  std::set<std::string, std::less<>> names;
  for (const AnswerColumn& column : columns) names.insert(column.name);
  return std::ranges::any_of(names, [&](const std::string& name) {
    const std::size_t stem = name.find_last_not_of("0123456789");
    return stem != std::string::npos && stem > 0 && stem + 1 < name.size() &&
           name[stem] == '_' && names.contains(std::string_view(name).substr(0, stem));
  });
}

// Whether the answer has to come as it is, for its order.
arrow::Result<bool> NeedsItsOwnOrder(const std::string& engine, const Relation& relation,
                                     const StatementShape& shape, bool by_position) {
  if (!shape.ordered || shape.united) return false;
  ARROW_ASSIGN_OR_RAISE(auto query, AskedQuery::Make(engine, relation));
  if (query.KeepsOrder()) return false;
  if (by_position) return false;
  // ClickHouse and Postgres keep a subquery's order where nothing changes it.
  const EngineKind kind = EngineKindOf(engine);
  if (kind != EngineKind::kClickHouse && kind != EngineKind::kPostgres) return true;
  return std::ranges::all_of(query.columns(), [](const auto& column) {
    return column.type.selected_as.empty();
  });
}

}  // namespace

arrow::Result<Relation> DescribeAnswer(Api& api, const Question& question,
                                       const std::stop_token& stop) {
  const EngineKind engine = EngineKindOf(api.engine());
  StatementShape shape;
  shape.is_query = false;
  AskedAs asked;
  asked.question = question;
  if (!question.card.has_value()) {
    ARROW_ASSIGN_OR_RAISE(shape, ShapeOf(question.sql, engine));
    asked.question.sql = shape.sql;
  }
  ARROW_ASSIGN_OR_RAISE(Described described, AskForColumns(api, question, shape, stop));
  auto& columns = described.columns;
  for (AnswerColumn& column : columns) {
    if (column.display_name.empty()) column.display_name = column.name;
  }
  const bool duplicates = HasDuplicates(columns);
  asked.wrapped = described.wrapped && !columns.empty();
  const bool renamed = engine == EngineKind::kPostgres && MayBeRenamed(columns);
  asked.by_position = asked.wrapped && (duplicates || renamed);
  if (duplicates && !asked.wrapped) {
    return MakeError(ErrorKind::kUnsupported,
                     "the answer has columns of one name or none, of which Metabase "
                     "passes on the last only: give each a name of its own");
  }
  if (asked.wrapped && !asked.by_position) {
    const Dialect dialect(api.engine());
    for (const AnswerColumn& column : columns) {
      ARROW_RETURN_NOT_OK(dialect.Quote(column.name).status());
    }
  }
  Relation relation;
  relation.sql = asked.question.sql;
  ARROW_ASSIGN_OR_RAISE(relation.schema, SchemaOf(engine, columns, asked));
  if (asked.wrapped) {
    ARROW_ASSIGN_OR_RAISE(bool as_it_is, NeedsItsOwnOrder(api.engine(), relation, shape,
                                                          asked.by_position));
    if (as_it_is) {
      asked.wrapped = false;
      ARROW_ASSIGN_OR_RAISE(relation.schema, SchemaOf(engine, columns, asked));
    }
  }
  return relation;
}

}  // namespace keelboat::metabase
