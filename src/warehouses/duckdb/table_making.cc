#include "warehouses/duckdb/table_making.h"

#include <utility>

#include "keelboat/error.h"
#include "warehouses/duckdb/ledger.h"
#include "warehouses/duckdb/sql_text.h"
#include "warehouses/duckdb/table_in_pieces.h"

namespace keelboat::duckdb {
namespace {

std::string CommentText(const std::string& comment) {
  return comment.empty() ? "NULL" : QuoteText(comment);
}

std::string NamesAndTypes(const std::vector<Column>& columns) {
  std::string list;
  for (const Column& column : columns) {
    list += (list.empty() ? "" : ", ") + QuoteName(column.name) + " " + column.type;
  }
  return " (" + list + ")";
}

}  // namespace

arrow::Status CheckTableName(const std::string& table) {
  if (table.empty()) return MakeError(ErrorKind::kInternal, "a table has no name");
  for (const auto& [taken, what] :
       {std::pair(kLedgerTable, "keelboat's ledger"),
        std::pair(kPiecesTable, "keelboat's table in the making")}) {
    if (!SameName(table, taken)) continue;
    return MakeError(ErrorKind::kConfig,
                     "the table '" + table + "' has the name of " + what +
                         ": leave it out, or rename it at the source");
  }
  return arrow::Status::OK();
}

std::string CreateStatement(const std::string& target,
                            const std::vector<Column>& columns) {
  return "CREATE TABLE IF NOT EXISTS " + target + NamesAndTypes(columns);
}

std::string ReplaceStatement(const std::string& target,
                             const std::vector<Column>& columns) {
  return "CREATE OR REPLACE TABLE " + target + NamesAndTypes(columns);
}

std::vector<std::string> CommentStatements(const std::string& target,
                                           const std::string& description,
                                           const std::vector<Column>& columns,
                                           const ExistingTable* kept) {
  std::vector<std::string> statements;
  if (description != (kept != nullptr ? kept->description : "")) {
    statements.push_back("COMMENT ON TABLE " + target + " IS " +
                         CommentText(description));
  }
  for (const Column& column : columns) {
    const Column* before = kept != nullptr ? kept->Find(column.name) : nullptr;
    if (column.comment == (before != nullptr ? before->comment : "")) continue;
    statements.push_back("COMMENT ON COLUMN " + target + "." + QuoteName(column.name) +
                         " IS " + CommentText(column.comment));
  }
  return statements;
}

}  // namespace keelboat::duckdb
