#include "warehouses/duckdb/table_load.h"

#include <filesystem>
#include <map>

#include <arrow/type.h>

#include "core/stop.h"
#include "keelboat/error.h"
#include "warehouses/duckdb/sql_text.h"

namespace keelboat::duckdb {
namespace {

bool SameColumns(const std::vector<Column>& left, const std::vector<Column>& right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](const Column& a, const Column& b) {
                      return a.name == b.name && a.type == b.type;
                    });
}

std::string CommentText(const std::string& comment) {
  return comment.empty() ? "NULL" : QuoteText(comment);
}

/// The type that the lake's files have for a column of this warehouse type.
std::string StoredType(const Column& column) {
  if (column.type == "UBIGINT") return "DECIMAL(20,0)";
  if (column.type == "JSON") return "VARCHAR";
  return column.type;
}

}  // namespace

std::string TableLoad::Target() const { return QuoteTable(schema_, request_.table); }

arrow::Result<int64_t> TableLoad::Execute(const std::string& sql) {
  ARROW_RETURN_NOT_OK(CheckStop(stop_));
  if (hook_) ARROW_RETURN_NOT_OK(hook_(sql));
  return connection_.Execute(sql);
}

arrow::Status TableLoad::CheckRequest() const {
  if (request_.table.empty()) {
    return MakeError(ErrorKind::kInternal, "the table to load has no name");
  }
  if (SameName(request_.table, kLedgerTable)) {
    return MakeError(ErrorKind::kConfig, "the table '" + request_.table +
                                             "' has the name of keelboat's ledger: " +
                                             "leave it out, or rename it at the source");
  }
  int64_t rows = 0;
  for (const LoadFile& file : request_.files) {
    rows += file.rows;
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
  if (rows != request_.rows) {
    return MakeError(ErrorKind::kInternal, "the files hold " + std::to_string(rows) +
                                               " rows, the request says " +
                                               std::to_string(request_.rows));
  }
  return arrow::Status::OK();
}

arrow::Status TableLoad::ReadLedger() {
  ARROW_ASSIGN_OR_RAISE(auto entries, ledger_.Read());
  for (LedgerEntry& entry : entries) {
    if (entry.row.table == request_.table) {
      previous_ = std::move(entry);
    } else if (SameName(entry.row.table, request_.table)) {
      return MakeError(
          ErrorKind::kConfig,
          "the tables '" + entry.row.table + "' and '" + request_.table +
              "' differ only in upper and lower case, which DuckDB does not tell apart: "
              "load " +
              "one of them; or, if the first is gone for good, run: DROP TABLE " +
              QuoteTable(schema_, entry.row.table) + "; DELETE FROM " +
              QuoteTable(schema_, kLedgerTable) +
              " WHERE table_name = " + QuoteText(entry.row.table));
    }
  }
  std::string content;
  for (const LoadFile& file : request_.files) {
    content += file.uri + "\n" + std::to_string(file.rows) + "\n";
  }
  ARROW_ASSIGN_OR_RAISE(auto digest,
                        connection_.Fetch("SELECT sha256(" + QuoteText(content) + ")"));
  next_.files_sha256 = digest[0][0].value_or("");
  next_.row = {request_.table, request_.lake_version, request_.lake_uri,
               request_.rows,  request_.run_id,       request_.loaded_at};
  return arrow::Status::OK();
}

arrow::Result<std::optional<ExistingTable>> TableLoad::ReadExisting() {
  const std::string here =
      " WHERE database_name = current_database() AND schema_name = " + QuoteText(schema_);
  ARROW_ASSIGN_OR_RAISE(
      auto relations,
      connection_.Fetch(
          "SELECT table_name, 'table', comment FROM duckdb_tables()" + here +
          " UNION ALL SELECT view_name, 'view', comment FROM duckdb_views()" + here));
  for (const adbc::Row& relation : relations) {
    if (!SameName(*relation[0], request_.table)) continue;
    if (relation[1] == "view" || !previous_.has_value()) {
      return MakeError(
          ErrorKind::kConfig,
          "the warehouse already has a " + *relation[1] + " " +
              QuoteTable(schema_, *relation[0]) +
              " that keelboat did not make: drop or rename it, or give keelboat "
              "a schema of its own");
    }
    ExistingTable existing;
    existing.description = relation[2].value_or("");
    ARROW_ASSIGN_OR_RAISE(
        auto rows,
        connection_.Fetch("SELECT column_name, data_type, comment FROM duckdb_columns()" +
                          here + " AND table_name = " + QuoteText(*relation[0]) +
                          " ORDER BY column_index"));
    for (const adbc::Row& row : rows) {
      existing.columns.push_back({*row[0], *row[1], row[2].value_or("")});
    }
    return existing;
  }
  return std::nullopt;
}

arrow::Result<int64_t> TableLoad::CountRows() {
  ARROW_ASSIGN_OR_RAISE(auto rows, connection_.Fetch("SELECT count(*) FROM " + Target()));
  return std::stoll(*rows[0][0]);
}

arrow::Result<bool> TableLoad::IsUpToDate(const std::optional<ExistingTable>& existing) {
  if (!previous_.has_value() || !existing.has_value()) return false;
  if (previous_->row.lake_version != next_.row.lake_version ||
      previous_->row.lake_uri != next_.row.lake_uri ||
      previous_->files_sha256 != next_.files_sha256) {
    return false;
  }
  // Rows that somebody deleted by hand come back with the next load.
  ARROW_ASSIGN_OR_RAISE(int64_t rows, CountRows());
  return rows == previous_->row.rows;
}

std::string TableLoad::ReadParquet() const {
  std::vector<std::string> paths;
  for (const LoadFile& file : request_.files) paths.push_back(file.uri);
  // Folder names like "a=b" on the way to the lake are not columns.
  return "read_parquet(" + QuotePathList(paths) + ", hive_partitioning = false" +
         (paths.size() > 1 ? ", union_by_name = true)" : ")");
}

arrow::Status TableLoad::MatchFiles() {
  ARROW_ASSIGN_OR_RAISE(columns_, TableColumns(*request_.schema));
  in_files_.assign(request_.schema->num_fields(), false);
  if (request_.files.empty()) return arrow::Status::OK();
  ARROW_ASSIGN_OR_RAISE(auto described,
                        connection_.Fetch("DESCRIBE SELECT * FROM " + ReadParquet()));
  std::map<std::string, std::string> types;
  for (const adbc::Row& row : described) types[*row[0]] = *row[1];
  std::string validity;
  std::vector<std::size_t> json_columns;
  for (std::size_t i = 0; i < in_files_.size(); ++i) {
    const Column& column = columns_[i];
    auto found = types.find(column.name);
    if (found == types.end()) {
      // Files from before a column was added do not have it: its value there is NULL.
      if (request_.schema->field(static_cast<int>(i))->nullable()) continue;
      return MakeError(ErrorKind::kData,
                       "no file of the lake has the column '" + column.name + "'",
                       {{"column", column.name}});
    }
    in_files_[i] = true;
    // An INSERT would convert, and round, in silence.
    if (found->second != StoredType(column)) {
      return MakeError(ErrorKind::kData,
                       "column '" + column.name + "' is " + found->second +
                           " in the lake's files where its log says " +
                           StoredType(column) + ": extract the table anew",
                       {{"column", column.name}});
    }
    if (column.type != "JSON") continue;
    validity += (validity.empty() ? "SELECT " : ", ");
    validity += "bool_and(json_valid(" + QuoteName(column.name) + "))";
    json_columns.push_back(i);
  }
  if (json_columns.empty()) return arrow::Status::OK();
  // Servers accept some text as JSON that DuckDB refuses; such a column stays text.
  ARROW_ASSIGN_OR_RAISE(auto valid,
                        connection_.Fetch(validity + " FROM " + ReadParquet()));
  for (std::size_t i = 0; i < json_columns.size(); ++i) {
    if (valid[0][i] == "false") columns_[json_columns[i]].type = "VARCHAR";
  }
  return arrow::Status::OK();
}

arrow::Status TableLoad::ReplaceContent(const std::optional<ExistingTable>& existing) {
  const bool keep = existing.has_value() && SameColumns(existing->columns, columns_);
  if (keep) {
    // The table itself stays, with what its users hung on it: indexes, constraints.
    ARROW_RETURN_NOT_OK(Execute("TRUNCATE " + Target()));
  } else {
    std::string create = "CREATE OR REPLACE TABLE " + Target() + " (";
    for (const Column& column : columns_) {
      if (&column != &columns_.front()) create += ", ";
      create += QuoteName(column.name) + " " + column.type;
    }
    ARROW_RETURN_NOT_OK(Execute(create + ")"));
  }
  ARROW_RETURN_NOT_OK(WriteComments(existing, keep));
  return InsertFiles();
}

arrow::Status TableLoad::WriteComments(const std::optional<ExistingTable>& existing,
                                       bool kept) {
  const std::string old_description = kept ? existing->description : "";
  if (request_.description != old_description) {
    ARROW_RETURN_NOT_OK(Execute("COMMENT ON TABLE " + Target() + " IS " +
                                CommentText(request_.description)));
  }
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const std::string old_comment = kept ? existing->columns[i].comment : "";
    if (columns_[i].comment == old_comment) continue;
    ARROW_RETURN_NOT_OK(Execute("COMMENT ON COLUMN " + Target() + "." +
                                QuoteName(columns_[i].name) + " IS " +
                                CommentText(columns_[i].comment)));
  }
  return arrow::Status::OK();
}

arrow::Status TableLoad::InsertFiles() {
  if (request_.files.empty()) return arrow::Status::OK();
  std::string insert = "INSERT INTO " + Target() + " BY NAME SELECT ";
  for (std::size_t i = 0; i < in_files_.size(); ++i) {
    const std::string name = QuoteName(columns_[i].name);
    insert += in_files_[i] ? name + ", " : "NULL AS " + name + ", ";
  }
  insert += QuoteText(request_.run_id) + " AS " + QuoteName(kRunIdColumn) +
            ", TIMESTAMPTZ " + QuoteText(FormatTime(request_.loaded_at)) + " AS " +
            QuoteName(kLoadedAtColumn) + " FROM " + ReadParquet();
  return Execute(insert).status();
}

arrow::Result<LoadResult> TableLoad::Prepare(const std::stop_token& stop) {
  stop_ = stop;
  adbc::CancelOnStop cancel(&connection_, stop);
  ARROW_RETURN_NOT_OK(CheckRequest());
  ARROW_RETURN_NOT_OK(ReadLedger());
  ARROW_ASSIGN_OR_RAISE(auto existing, ReadExisting());
  ARROW_ASSIGN_OR_RAISE(bool up_to_date, IsUpToDate(existing));
  if (up_to_date) return LoadResult{true, request_.rows};
  ARROW_RETURN_NOT_OK(MatchFiles());

  ARROW_RETURN_NOT_OK(Execute("BEGIN TRANSACTION"));
  for (const std::string& sql : ledger_.CreateStatements()) {
    ARROW_RETURN_NOT_OK(Execute(sql));
  }
  ARROW_ASSIGN_OR_RAISE(int64_t moved,
                        Execute(ledger_.AdvanceStatement(previous_, next_)));
  if (moved != 1) {
    return MakeError(ErrorKind::kConflict,
                     "another load moved the ledger of table '" + request_.table +
                         "' at the same time: run again",
                     {{"table", request_.table}});
  }
  ARROW_RETURN_NOT_OK(ReplaceContent(existing));
  ARROW_ASSIGN_OR_RAISE(int64_t rows, CountRows());
  if (rows != request_.rows) {
    return MakeError(ErrorKind::kData,
                     "table '" + request_.table + "' came to " + std::to_string(rows) +
                         " rows where the lake's version " +
                         std::to_string(request_.lake_version) + " has " +
                         std::to_string(request_.rows) + ": nothing of it was kept",
                     {{"table", request_.table}});
  }
  return LoadResult{false, rows};
}

}  // namespace keelboat::duckdb
