#include "warehouses/duckdb/table_comments.h"

#include "warehouses/duckdb/sql_text.h"

namespace keelboat::duckdb {
namespace {

std::string CommentText(const std::string& comment) {
  return comment.empty() ? "NULL" : QuoteText(comment);
}

}  // namespace

arrow::Status WriteComments(LoadSession& session, const std::string& description,
                            const std::vector<Column>& columns,
                            const ExistingTable* kept) {
  if (description != (kept != nullptr ? kept->description : "")) {
    ARROW_RETURN_NOT_OK(session.Execute("COMMENT ON TABLE " + session.target() + " IS " +
                                        CommentText(description)));
  }
  for (const Column& column : columns) {
    const Column* before = kept != nullptr ? kept->Find(column.name) : nullptr;
    if (column.comment == (before != nullptr ? before->comment : "")) continue;
    ARROW_RETURN_NOT_OK(session.Execute("COMMENT ON COLUMN " + session.target() + "." +
                                        QuoteName(column.name) + " IS " +
                                        CommentText(column.comment)));
  }
  return arrow::Status::OK();
}

}  // namespace keelboat::duckdb
