#include "warehouses/snowflake/table_setup.h"

#include <optional>

#include "keelboat/error.h"
#include "warehouses/setup_statements.h"
#include "warehouses/taken_name.h"

namespace keelboat::snowflake {
namespace {

// What a first load would be asked for.
LoadRequest RequestFor(const TableDraft& draft) {
  LoadRequest request;
  request.table = draft.table;
  request.schema = draft.schema;
  request.description = draft.description;
  return request;
}

class TableSetup {
 public:
  TableSetup(Session& session, const Place& place, const SetupRequest& request)
      : session_(session), place_(place), request_(request) {}

  arrow::Status Run(const TableDraft& draft, bool schema_is_there) {
    const LoadRequest load = RequestFor(draft);
    SetupStep step{"table " + place_.Name(UpperName(draft.table)), ""};
    step.error = CheckTableName(draft.table);
    auto sql = LoadSql::Make(place_, load, {}, "");
    if (step.error.ok()) step.error = sql.status();
    if (!step.error.ok()) {
      request_.Tell(step);
      return arrow::Status::OK();
    }
    std::optional<ExistingTable> existing;
    if (schema_is_there) {
      ARROW_ASSIGN_OR_RAISE(existing,
                            ReadExistingTable(session_, place_, UpperName(draft.table)));
    }
    step.existed = existing.has_value();
    if (existing.has_value() && (existing->is_view || !existing->LooksOurs())) {
      step.error = NotOurs(sql->target(), existing->is_view);
      request_.Tell(step);
      return arrow::Status::OK();
    }
    step.sql = sql->CreateTarget();
    if (!step.existed) ARROW_RETURN_NOT_OK(Execute({step.sql}, step.what));
    request_.Tell(step);
    if (existing.has_value()) {
      existing = WithoutOtherComments(*std::move(existing), draft, sql->columns());
    }
    const auto comments = CommentStatements(*sql, draft.description,
                                            existing.has_value() ? &*existing : nullptr);
    SetupStep told{"comments of table " + sql->target(), Joined(comments),
                   comments.empty()};
    ARROW_RETURN_NOT_OK(Execute(comments, told.what));
    request_.Tell(told);
    return arrow::Status::OK();
  }

 private:
  arrow::Status Execute(const std::vector<std::string>& statements,
                        const std::string& what) {
    if (request_.dry_run) return arrow::Status::OK();
    for (const std::string& sql : statements) {
      ARROW_RETURN_NOT_OK(
          AddContext(session_.Execute(sql).status(), "making the " + what));
    }
    return arrow::Status::OK();
  }

  Session& session_;
  const Place& place_;
  const SetupRequest& request_;
};

}  // namespace

arrow::Status CheckTableName(const std::string& table) {
  if (table.empty()) return MakeError(ErrorKind::kInternal, "a table has no name");
  if (!UpperName(table).starts_with("_KEELBOAT_L")) return arrow::Status::OK();
  return MakeError(ErrorKind::kConfig,
                   "the table '" + table +
                       "' has a name that keelboat keeps for itself: leave it out, or "
                       "rename it at the source");
}

std::vector<std::string> CommentStatements(const LoadSql& sql,
                                           const std::string& description,
                                           const ExistingTable* kept) {
  std::vector<std::string> statements;
  if (description != (kept != nullptr ? kept->description : "")) {
    statements.push_back(sql.CommentOnTable());
  }
  for (const Column& column : sql.columns()) {
    const Column* before = kept != nullptr ? kept->Find(column.name) : nullptr;
    if (column.comment == (before != nullptr ? before->comment : "")) continue;
    statements.push_back(sql.CommentOnColumn(column));
  }
  return statements;
}

arrow::Status SetUpTables(Session& session, const Place& place,
                          const SetupRequest& request, bool schema_is_there) {
  TableSetup setup(session, place, request);
  for (const TableDraft& draft : request.tables) {
    ARROW_RETURN_NOT_OK(setup.Run(draft, schema_is_there));
  }
  return arrow::Status::OK();
}

}  // namespace keelboat::snowflake
