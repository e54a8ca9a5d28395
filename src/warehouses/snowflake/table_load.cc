#include "warehouses/snowflake/table_load.h"

#include <algorithm>

#include <arrow/type.h>

#include "core/clock.h"
#include "keelboat/error.h"
#include "warehouses/increment_start.h"
#include "warehouses/load_files.h"
#include "warehouses/snowflake/setup.h"
#include "warehouses/snowflake/table_setup.h"
#include "warehouses/taken_name.h"

namespace keelboat::snowflake {
namespace {

const std::vector<LoadFile>& FilesToLoad(const LoadRequest& request) {
  return request.increment.has_value() ? request.increment->arrived : request.files;
}

}  // namespace

TableLoad::TableLoad(Session* session, OpenSession open, const SnowflakeOptions& options,
                     const LoadRequest& request)
    : session_(session),
      open_(std::move(open)),
      options_(options),
      request_(request),
      place_(PlaceOf(options)),
      ledger_(place_),
      name_(LoadName::New(Clock::System().Now())) {}

arrow::Status TableLoad::ReadLedger() {
  auto entries = ledger_.Read(*session_);
  if (!entries.ok() && KindOf(entries.status()) == ErrorKind::kNotFound) {
    // The first load of a schema; with the right to, nobody has to prepare it.
    ARROW_RETURN_NOT_OK(SetUp(*session_, options_, {}, false));
    entries = ledger_.Read(*session_);
  }
  ARROW_RETURN_NOT_OK(entries.status());
  for (LedgerEntry& entry : *entries) {
    if (entry.row.table == request_.table) {
      previous_ = std::move(entry);
    } else if (SameName(entry.row.table, request_.table)) {
      return SameTable(entry.row.table, request_.table, "Snowflake",
                       "DROP TABLE " + place_.Name(UpperName(entry.row.table)) +
                           "; DELETE FROM " + ledger_.name() +
                           " WHERE \"TABLE_NAME\" = " + QuoteText(entry.row.table));
    }
  }
  ARROW_ASSIGN_OR_RAISE(next_.files_sha256, FilesDigest(request_.files));
  next_.row = {request_.table, request_.lake_version, request_.lake_uri,
               request_.rows,  request_.run_id,       request_.loaded_at};
  return arrow::Status::OK();
}

arrow::Status TableLoad::ReadExisting() {
  ARROW_ASSIGN_OR_RAISE(existing_,
                        ReadExistingTable(*session_, place_, UpperName(request_.table)));
  if (!existing_.has_value()) return arrow::Status::OK();
  bool foreign = existing_->is_view;
  if (!foreign && !previous_.has_value()) {
    ARROW_ASSIGN_OR_RAISE(int64_t rows, session_->FetchNumber(sql_->CountTarget()));
    foreign = rows > 0 || !existing_->LooksOurs();
  }
  return foreign ? NotOurs(sql_->target(), existing_->is_view) : arrow::Status::OK();
}

arrow::Result<bool> TableLoad::IsUpToDate() {
  if (!previous_.has_value() || !existing_.has_value()) return false;
  if (previous_->row.lake_version != next_.row.lake_version ||
      previous_->row.lake_uri != next_.row.lake_uri ||
      previous_->files_sha256 != next_.files_sha256) {
    return false;
  }
  // Rows that somebody deleted by hand come back with the next load.
  ARROW_ASSIGN_OR_RAISE(int64_t rows, session_->FetchNumber(sql_->CountTarget()));
  return rows == previous_->row.rows;
}

arrow::Status TableLoad::CheckStart() {
  const LoadIncrement& increment = *request_.increment;
  ARROW_RETURN_NOT_OK(CheckIncrementStart(request_, previous_, existing_.has_value()));
  for (const Column& column : sql_->columns()) {
    if (column.lake_name != increment.cursor || column.lake_name.empty()) continue;
    ARROW_ASSIGN_OR_RAISE(bound_, BoundOf(request_, column));
    return arrow::Status::OK();
  }
  return WholeLoadNeeded(request_.table,
                         "it has no cursor column '" + increment.cursor + "'");
}

arrow::Status TableLoad::PlanColumns() {
  if (!existing_.has_value()) return arrow::Status::OK();
  changes_ = ChangesOf(*existing_, sql_->columns());
  if (!request_.increment.has_value()) return arrow::Status::OK();
  if (!changes_.incompatible.empty()) {
    return WholeLoadNeeded(request_.table, changes_.incompatible);
  }
  for (const Column& column : changes_.added) {
    if (column.nullable && !column.lake_name.empty()) continue;
    return WholeLoadNeeded(request_.table, "it lacks the column '" + column.name + "'");
  }
  return arrow::Status::OK();
}

arrow::Result<LoadResult> TableLoad::Run() {
  ARROW_RETURN_NOT_OK(CheckTableName(request_.table));
  ARROW_RETURN_NOT_OK(CheckFiles(request_));
  const std::vector<LoadFile>& files = FilesToLoad(request_);
  ARROW_ASSIGN_OR_RAISE(sql_, LoadSql::Make(place_, request_, files, name_.Table()));
  ARROW_RETURN_NOT_OK(ReadLedger());
  ARROW_RETURN_NOT_OK(ReadExisting());
  ARROW_ASSIGN_OR_RAISE(bool up_to_date, IsUpToDate());
  if (up_to_date) return LoadResult{true, previous_->row.rows};
  if (request_.increment.has_value()) ARROW_RETURN_NOT_OK(CheckStart());
  ARROW_RETURN_NOT_OK(PlanColumns());
  StagedLoad staged(session_, open_, options_, request_, name_);
  arrow::Status filled = staged.Fill(&*sql_, files);
  staged_rows_ = staged.rows();
  arrow::Result<LoadResult> result = filled.ok() ? Load() : filled;
  if (overtaken_ && LoadedByAnother()) result = LoadResult{true, previous_->row.rows};
  // A session that is lost would be waited for; a later load removes what it left.
  const bool lost = !result.ok() && !rolled_back_ && IsRetryable(KindOf(result.status()));
  if (!lost) staged.CleanUp(*sql_);
  return result;
}

arrow::Result<LoadResult> TableLoad::Load() {
  if (!existing_.has_value()) {
    ARROW_RETURN_NOT_OK(session_->Execute(sql_->CreateTarget()).status());
  } else if (changes_.incompatible.empty()) {
    ARROW_RETURN_NOT_OK(AlterColumns());
  } else {
    ARROW_RETURN_NOT_OK(Replace());
  }
  ARROW_RETURN_NOT_OK(WriteComments());
  // A ledger that somebody made by hand has no gate yet.
  if (!previous_.has_value()) {
    ARROW_RETURN_NOT_OK(session_->Execute(ledger_.GateStatement()).status());
  }
  ARROW_RETURN_NOT_OK(session_->Execute("BEGIN").status());
  arrow::Result<int64_t> rows = Publish();
  if (!rows.ok()) {
    // A session that cannot roll back is not used again; Snowflake does it by itself.
    rolled_back_ = session_->Rollback().ok();
    return rows.status();
  }
  ARROW_RETURN_NOT_OK(Commit());
  return LoadResult{false, *rows};
}

arrow::Status TableLoad::AlterColumns() {
  for (const Column& column : changes_.added) {
    ARROW_RETURN_NOT_OK(session_->Execute(sql_->AddColumn(column)).status());
  }
  for (const Column& column : changes_.widened) {
    ARROW_RETURN_NOT_OK(session_->Execute(sql_->WidenColumn(column)).status());
  }
  return arrow::Status::OK();
}

arrow::Status TableLoad::Replace() {
  // The statement that replaces a table commits by itself. So the ledger first says, in
  // files that no lake has, that the table is being replaced: whoever finds that loads
  // the table whole, whether it is still the old one or already the new.
  if (previous_.has_value()) {
    LedgerEntry claim = *previous_;
    claim.files_sha256 = "replaced by " + request_.run_id + " " + name_.Table();
    ARROW_ASSIGN_OR_RAISE(int64_t moved,
                          session_->Execute(ledger_.AdvanceStatement(*previous_, claim)));
    if (moved != 1) return Moved();
    previous_ = std::move(claim);
  }
  replaced_ = true;
  return session_->Execute(sql_->ReplaceTarget()).status();
}

arrow::Status TableLoad::Moved() {
  overtaken_ = true;
  return MakeError(ErrorKind::kConflict,
                   "another load moved the ledger of table '" + request_.table +
                       "' at the same time: run again",
                   {{"table", request_.table}});
}

bool TableLoad::LoadedByAnother() {
  if (!ReadLedger().ok() || !ReadExisting().ok()) return false;
  const arrow::Result<bool> up_to_date = IsUpToDate();
  return up_to_date.ok() && *up_to_date;
}

arrow::Status TableLoad::MoveLedger() {
  next_.row.rows = 0;
  if (previous_.has_value()) {
    ARROW_ASSIGN_OR_RAISE(int64_t moved,
                          session_->Execute(ledger_.AdvanceStatement(*previous_, next_)));
    return moved == 1 ? arrow::Status::OK() : Moved();
  }
  // Two first loads meet at the gate: the second sees the row that the first has made.
  ARROW_ASSIGN_OR_RAISE(int64_t locked, session_->Execute(ledger_.LockStatement(next_)));
  if (locked == 0) {
    return MakeError(ErrorKind::kData,
                     "the ledger " + ledger_.name() +
                         " lacks the row without a table's name: run `keelboat setup`, "
                         "which makes it again");
  }
  ARROW_ASSIGN_OR_RAISE(int64_t made, session_->Execute(ledger_.InsertStatement(next_)));
  return made == 1 ? arrow::Status::OK() : Moved();
}

arrow::Result<int64_t> TableLoad::Publish() {
  ARROW_RETURN_NOT_OK(MoveLedger());
  ARROW_ASSIGN_OR_RAISE(
      int64_t rows, request_.increment.has_value() ? PublishIncrement() : PublishWhole());
  next_.row.rows = rows;
  ARROW_ASSIGN_OR_RAISE(int64_t told, session_->Execute(ledger_.RowsStatement(next_)));
  if (told == 1) return rows;
  return MakeError(ErrorKind::kData, "the ledger " + ledger_.name() + " has " +
                                         std::to_string(told) + " rows of table '" +
                                         request_.table + "' where one belongs");
}

arrow::Result<int64_t> TableLoad::PublishWhole() {
  if (!replaced_) {
    ARROW_RETURN_NOT_OK(session_->Execute(sql_->DeleteAll()).status());
    ARROW_RETURN_NOT_OK(session_->Execute(sql_->Insert()).status());
  }
  // In a table that was replaced, another load may have replaced the rows since.
  ARROW_ASSIGN_OR_RAISE(
      int64_t rows,
      session_->FetchNumber(replaced_ ? sql_->CountOfThisRun() : sql_->CountTarget()));
  if (rows == staged_rows_) return rows;
  return MakeError(ErrorKind::kData,
                   "table '" + request_.table + "' got " + std::to_string(rows) +
                       " rows where the lake's version " +
                       std::to_string(request_.lake_version) + " has " +
                       std::to_string(staged_rows_) + ": nothing of it was kept",
                   {{"table", request_.table}});
}

arrow::Result<int64_t> TableLoad::PublishIncrement() {
  ARROW_ASSIGN_OR_RAISE(int64_t before, session_->FetchNumber(sql_->CountTarget()));
  if (before != previous_->row.rows) {
    return WholeLoadNeeded(request_.table, "it has " + std::to_string(before) +
                                               " rows where the ledger says " +
                                               std::to_string(previous_->row.rows));
  }
  ARROW_ASSIGN_OR_RAISE(int64_t deleted, session_->Execute(sql_->DeleteOutdated(bound_)));
  int64_t inserted = 0;
  if (staged_rows_ > 0) {
    if (!sql_->key().empty()) {
      ARROW_ASSIGN_OR_RAISE(int64_t same, session_->Execute(sql_->DeleteArrived()));
      deleted += same;
    }
    ARROW_ASSIGN_OR_RAISE(inserted, session_->Execute(sql_->Insert()));
  }
  ARROW_ASSIGN_OR_RAISE(int64_t after, session_->FetchNumber(sql_->CountTarget()));
  if (inserted == staged_rows_ && after == before - deleted + inserted) return after;
  return MakeError(ErrorKind::kData,
                   "table '" + request_.table + "' came to " + std::to_string(after) +
                       " rows where " + std::to_string(before) + " less " +
                       std::to_string(deleted) + " and " + std::to_string(staged_rows_) +
                       " more were expected: nothing of it was kept",
                   {{"table", request_.table}});
}

arrow::Status TableLoad::Commit() {
  arrow::Status status = session_->Execute("COMMIT").status();
  if (status.ok()) return status;
  // A commit that reports an error may have happened: the ledger knows.
  rolled_back_ = session_->Rollback().ok();
  auto opened = open_();
  if (!opened.ok()) return status;
  (*opened)->set_stop({});
  auto entries = ledger_.Read(**opened);
  if (!entries.ok()) return status;
  for (const LedgerEntry& found : *entries) {
    if (SameLoad(found, next_)) return arrow::Status::OK();
  }
  return status;
}

arrow::Status TableLoad::WriteComments() {
  // A table that takes the place of another begins without any.
  const ExistingTable* kept = existing_.has_value() && !replaced_ ? &*existing_ : nullptr;
  for (const std::string& sql : CommentStatements(*sql_, request_.description, kept)) {
    ARROW_RETURN_NOT_OK(session_->Execute(sql).status());
  }
  return arrow::Status::OK();
}

}  // namespace keelboat::snowflake
