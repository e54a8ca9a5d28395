#include "warehouses/duckdb/table_load.h"

#include <algorithm>
#include <filesystem>

#include "keelboat/error.h"
#include "warehouses/duckdb/sql_text.h"
#include "warehouses/duckdb/table_in_pieces.h"
#include "warehouses/duckdb/table_increment.h"
#include "warehouses/duckdb/table_making.h"
#include "warehouses/increment_start.h"
#include "warehouses/load_files.h"
#include "warehouses/taken_name.h"

namespace keelboat::duckdb {
namespace {

bool SameColumns(const std::vector<Column>& left, const std::vector<Column>& right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](const Column& a, const Column& b) {
                      return a.name == b.name && a.type == b.type;
                    });
}

}  // namespace

arrow::Status TableLoad::CheckRequest() const {
  ARROW_RETURN_NOT_OK(CheckTableName(request_.table));
  ARROW_RETURN_NOT_OK(CheckFiles(request_));
  if (request_.fetch) return arrow::Status::OK();
  for (const LoadFile& file : request_.files) {
    if (file.uri.find("://") != std::string::npos) {
      return MakeError(
          ErrorKind::kUnsupported,
          "DuckDB loads from a lake in a local folder only, not '" + file.uri + "'",
          {{"file", file.uri}});
    }
    std::error_code ignored;
    if (!std::filesystem::exists(file.uri, ignored)) {
      return MakeError(ErrorKind::kNotFound,
                       "the lake's file '" + file.uri +
                           "' is not there: put it back, or extract the table anew",
                       {{"file", file.uri}});
    }
  }
  return arrow::Status::OK();
}

arrow::Status TableLoad::ReadLedger() {
  ARROW_ASSIGN_OR_RAISE(auto entries, ledger_.Read());
  for (LedgerEntry& entry : entries) {
    if (entry.row.table == request_.table) {
      previous_ = std::move(entry);
    } else if (SameName(entry.row.table, request_.table)) {
      return SameTable(entry.row.table, request_.table, "DuckDB",
                       "DROP TABLE " + QuoteTable(schema_, entry.row.table) +
                           "; DELETE FROM " + QuoteTable(schema_, kLedgerTable) +
                           " WHERE table_name = " + QuoteText(entry.row.table));
    }
  }
  ARROW_ASSIGN_OR_RAISE(next_.files_sha256, FilesDigest(request_.files));
  next_.row = {request_.table, request_.lake_version, request_.lake_uri,
               request_.rows,  request_.run_id,       request_.loaded_at};
  return arrow::Status::OK();
}

arrow::Status TableLoad::ReadExisting() {
  ARROW_ASSIGN_OR_RAISE(existing_,
                        ReadExistingTable(connection_, schema_, request_.table));
  if (!existing_.has_value()) return arrow::Status::OK();
  bool foreign = existing_->is_view;
  if (!foreign && !previous_.has_value()) {
    ARROW_ASSIGN_OR_RAISE(int64_t rows, session_.CountRows());
    foreign = rows > 0 || !existing_->LooksOurs();
  }
  return foreign ? NotOurs(QuoteTable(schema_, existing_->name), existing_->is_view)
                 : arrow::Status::OK();
}

arrow::Result<bool> TableLoad::IsUpToDate() {
  if (!previous_.has_value() || !existing_.has_value()) return false;
  if (previous_->row.lake_version != next_.row.lake_version ||
      previous_->row.lake_uri != next_.row.lake_uri ||
      previous_->files_sha256 != next_.files_sha256) {
    return false;
  }
  // Rows that somebody deleted by hand come back with the next load.
  ARROW_ASSIGN_OR_RAISE(int64_t rows, session_.CountRows());
  return rows == previous_->row.rows;
}

arrow::Status TableLoad::Begin() {
  ARROW_RETURN_NOT_OK(session_.Execute("BEGIN TRANSACTION"));
  if (!previous_.has_value()) {
    for (const std::string& sql : ledger_.CreateStatements()) {
      ARROW_RETURN_NOT_OK(session_.Execute(sql));
    }
  }
  ARROW_ASSIGN_OR_RAISE(int64_t moved,
                        session_.Execute(ledger_.AdvanceStatement(previous_, next_)));
  if (moved == 1) return arrow::Status::OK();
  return MakeError(ErrorKind::kConflict,
                   "another load moved the ledger of table '" + request_.table +
                       "' at the same time: run again",
                   {{"table", request_.table}});
}

arrow::Result<int64_t> TableLoad::LoadWhole() {
  ARROW_ASSIGN_OR_RAISE(auto files, request_.Readable(request_.files));
  ARROW_ASSIGN_OR_RAISE(LakeRows rows, LakeRows::Inspect(connection_, *request_.schema,
                                                         std::move(files), request_.key));
  ARROW_ASSIGN_OR_RAISE(auto columns, TableColumns(*request_.schema));
  // Servers accept some text as JSON that DuckDB refuses; such a column stays text.
  ARROW_ASSIGN_OR_RAISE(auto text_in_json, rows.FindTextInJson(connection_));
  for (Column& column : columns) {
    if (std::find(text_in_json.begin(), text_in_json.end(), column.name) !=
        text_in_json.end()) {
      column.type = "VARCHAR";
    }
  }
  const bool same = existing_.has_value() && SameColumns(existing_->columns, columns);
  const bool empty = !previous_.has_value();
  const bool keep = same && !existing_->is_unique && (empty || existing_->KeepsMore());
  in_pieces_ = way_ == LoadWay::kInPieces;
  if (!in_pieces_) {
    ARROW_ASSIGN_OR_RAISE(in_pieces_, rows.HasLargeRows(connection_));
  }
  if (in_pieces_) {
    ARROW_RETURN_NOT_OK(LoadInPieces(rows, std::move(columns)));
  } else {
    ARROW_RETURN_NOT_OK(LoadAtOnce(rows, columns, keep));
  }
  if (same && (in_pieces_ || !keep)) {
    for (const std::string& sql : existing_->indexes) {
      ARROW_RETURN_NOT_OK(session_.Execute(sql));
    }
  }
  ARROW_ASSIGN_OR_RAISE(int64_t count, session_.CountRows());
  ARROW_RETURN_NOT_OK(
      rows.CheckRead(connection_, request_.table, request_.lake_version, count));
  return count;
}

arrow::Status TableLoad::LoadAtOnce(const LakeRows& rows,
                                    const std::vector<Column>& columns, bool keep) {
  ARROW_RETURN_NOT_OK(Begin());
  // The table itself stays, with what its users hung on it. One that is made anew takes
  // over the rows as they were written; to one that stays they are copied.
  ARROW_RETURN_NOT_OK(
      session_.Execute(keep ? "TRUNCATE " + session_.target()
                            : ReplaceStatement(session_.target(), columns)));
  for (const std::string& sql :
       CommentStatements(session_.target(), request_.description, columns,
                         keep ? &*existing_ : nullptr)) {
    ARROW_RETURN_NOT_OK(session_.Execute(sql));
  }
  if (rows.empty()) return arrow::Status::OK();
  return session_.Insert(rows.Select()).status();
}

arrow::Status TableLoad::LoadInPieces(const LakeRows& rows, std::vector<Column> columns) {
  columns.back().comment = PiecesComment();
  ARROW_ASSIGN_OR_RAISE(auto selects, rows.SelectPieces(connection_, *request_.schema));
  TableInPieces pieces(&session_, schema_);
  ARROW_RETURN_NOT_OK(pieces.Fill(columns, selects));
  ARROW_RETURN_NOT_OK(Begin());
  ARROW_RETURN_NOT_OK(pieces.Publish(request_.table));
  for (const std::string& sql :
       CommentStatements(session_.target(), request_.description, columns, nullptr)) {
    ARROW_RETURN_NOT_OK(session_.Execute(sql));
  }
  return arrow::Status::OK();
}

arrow::Result<int64_t> TableLoad::ApplyIncrement() {
  ARROW_RETURN_NOT_OK(CheckIncrementStart(request_, previous_, existing_.has_value()));
  TableIncrement increment(&session_, request_, *existing_, previous_->row.rows);
  ARROW_RETURN_NOT_OK(increment.Check());
  ARROW_RETURN_NOT_OK(Begin());
  return increment.Apply();
}

arrow::Result<LoadResult> TableLoad::Prepare(const std::stop_token& stop) {
  session_.set_stop(stop);
  adbc::CancelOnStop cancel(&connection_, stop);
  ARROW_RETURN_NOT_OK(CheckRequest());
  ARROW_RETURN_NOT_OK(ReadLedger());
  ARROW_RETURN_NOT_OK(ReadExisting());
  ARROW_ASSIGN_OR_RAISE(bool up_to_date, IsUpToDate());
  if (up_to_date) return LoadResult{true, previous_->row.rows};
  ARROW_ASSIGN_OR_RAISE(int64_t rows,
                        request_.increment.has_value() ? ApplyIncrement() : LoadWhole());
  if (rows != next_.row.rows) {
    next_.row.rows = rows;
    ARROW_RETURN_NOT_OK(session_.Execute(ledger_.RowsStatement(next_)));
  }
  return LoadResult{false, rows};
}

}  // namespace keelboat::duckdb
