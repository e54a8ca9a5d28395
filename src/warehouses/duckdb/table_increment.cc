#include "warehouses/duckdb/table_increment.h"

#include <algorithm>

#include <arrow/type.h>

#include "keelboat/error.h"
#include "warehouses/duckdb/sql_text.h"
#include "warehouses/duckdb/table_in_pieces.h"
#include "warehouses/duckdb/table_making.h"

namespace keelboat::duckdb {
namespace {

bool IsExactNumber(const std::string& type) {
  return type.ends_with("INT") || type == "INTEGER" || type.starts_with("DECIMAL");
}

}  // namespace

arrow::Status TableIncrement::Check() {
  if (existing_.is_unique) {
    return WholeLoadNeeded(request_.table,
                           "it has a unique index or constraint, past which DuckDB does "
                           "not replace rows one by one");
  }
  for (const LoadFile& file : increment_.arrived) {
    if (std::any_of(request_.files.begin(), request_.files.end(),
                    [&](const LoadFile& other) { return other.uri == file.uri; })) {
      continue;
    }
    return MakeError(ErrorKind::kInternal,
                     "the file '" + file.uri + "' that arrives is not of the version");
  }
  ARROW_ASSIGN_OR_RAISE(auto arrived, request_.Readable(increment_.arrived));
  ARROW_ASSIGN_OR_RAISE(arrived_,
                        LakeRows::Inspect(session_.connection(), *request_.schema,
                                          std::move(arrived), request_.key));
  ARROW_RETURN_NOT_OK(MatchColumns());
  for (const Column& column : columns_) {
    if (column.name != increment_.cursor) continue;
    ARROW_ASSIGN_OR_RAISE(std::string bound, BoundOf(column));
    const std::string name = QuoteName(column.name);
    outdated_ = name + " >= " + bound;
    if (increment_.or_null) outdated_ += " OR " + name + " IS NULL";
  }
  if (outdated_.empty()) {
    return WholeLoadNeeded(request_.table,
                           "it has no cursor column '" + increment_.cursor + "'");
  }
  return arrow::Status::OK();
}

arrow::Status TableIncrement::MatchColumns() {
  ARROW_ASSIGN_OR_RAISE(columns_, TableColumns(*request_.schema));
  for (const Column& column : existing_.columns) {
    if (std::any_of(columns_.begin(), columns_.end(),
                    [&](const Column& other) { return other.name == column.name; })) {
      continue;
    }
    return WholeLoadNeeded(request_.table, "the lake does not have its column '" +
                                               column.name + "' any more");
  }
  ARROW_ASSIGN_OR_RAISE(auto text_in_json,
                        arrived_.FindTextInJson(session_.connection()));
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    Column& column = columns_[i];
    const bool is_text = std::find(text_in_json.begin(), text_in_json.end(),
                                   column.name) != text_in_json.end();
    const Column* existing = existing_.Find(column.name);
    if (existing == nullptr) {
      if (i >= arrived_.columns().size() ||
          !request_.schema->field(static_cast<int>(i))->nullable()) {
        return WholeLoadNeeded(request_.table,
                               "it lacks the column '" + column.name + "'");
      }
      if (is_text) column.type = "VARCHAR";
      added_.push_back(column);
      continue;
    }
    if (existing->comment == PiecesComment()) column.comment = existing->comment;
    // Once text among JSON was met, the column stays text.
    if (column.type == "JSON" && existing->type == "VARCHAR") column.type = "VARCHAR";
    if (column.type != existing->type) {
      return WholeLoadNeeded(request_.table,
                             "its column '" + column.name + "' is " + existing->type +
                                 " where the lake's needs " + column.type);
    }
    if (is_text && column.type == "JSON") {
      return WholeLoadNeeded(request_.table, "a new value of its column '" + column.name +
                                                 "' is not JSON to DuckDB");
    }
  }
  return arrow::Status::OK();
}

arrow::Result<std::string> TableIncrement::BoundOf(const Column& cursor) const {
  const std::string text = QuoteText(increment_.open_from);
  std::string bound;
  std::string holds;
  if (IsExactNumber(cursor.type)) {
    // A bound may lie outside the column's own type: a lookback from 5 in a column
    // without negative numbers.
    const std::size_t point = increment_.open_from.find('.');
    const std::size_t scale =
        point == std::string::npos ? 0 : increment_.open_from.size() - point - 1;
    const std::string wide = "DECIMAL(38," + std::to_string(scale) + ")";
    ARROW_ASSIGN_OR_RAISE(
        auto fits, session_.connection().Fetch("SELECT TRY_CAST(" + text + " AS " + wide +
                                               ") = TRY_CAST(TRY_CAST(" + text + " AS " +
                                               cursor.type + ") AS " + wide + ")"));
    const std::string type = fits[0][0] == "true" ? cursor.type : wide;
    bound = "CAST(" + text + " AS " + type + ")";
    holds = "TRY_CAST(" + text + " AS " + type + ") IS NOT NULL";
  } else if (cursor.type == "DATE") {
    bound = "CAST(" + text + " AS DATE)";
    // With a time of day it would be cut.
    holds = "CAST(TRY_CAST(" + text + " AS DATE) AS VARCHAR) = " + text;
  } else if (cursor.type.starts_with("TIMESTAMP") || cursor.type == "DOUBLE" ||
             cursor.type == "FLOAT") {
    // Servers too compare a float as a double.
    const std::string type = cursor.type == "FLOAT" ? "DOUBLE" : cursor.type;
    bound = "CAST(" + text + " AS " + type + ")";
    holds = "TRY_CAST(" + text + " AS " + type + ") IS NOT NULL";
  } else {
    return WholeLoadNeeded(request_.table, "only its source can compare values of '" +
                                               cursor.name + "', which is " +
                                               cursor.type);
  }
  ARROW_ASSIGN_OR_RAISE(auto held, session_.connection().Fetch("SELECT " + holds));
  if (held[0][0] == "true") return bound;
  return WholeLoadNeeded(request_.table, "its cursor '" + cursor.name + "' is " +
                                             cursor.type +
                                             " and cannot be compared with " + text);
}

arrow::Result<int64_t> TableIncrement::Delete() {
  const std::string from = "DELETE FROM " + session_.target();
  ARROW_ASSIGN_OR_RAISE(int64_t deleted, session_.Execute(from + " WHERE " + outdated_));
  if (request_.key.empty() || arrived_.empty()) return deleted;
  ARROW_ASSIGN_OR_RAISE(int64_t outdated,
                        session_.Execute(from + " AS t WHERE EXISTS (SELECT 1 FROM (" +
                                         arrived_.SelectKeys() + ") AS a WHERE " +
                                         arrived_.SameKey("a", "t") + ")"));
  return deleted + outdated;
}

arrow::Result<int64_t> TableIncrement::Apply() {
  ARROW_ASSIGN_OR_RAISE(int64_t before, session_.CountRows());
  if (before != rows_before_) {
    return WholeLoadNeeded(request_.table, "it has " + std::to_string(before) +
                                               " rows where the ledger says " +
                                               std::to_string(rows_before_));
  }
  for (const Column& column : added_) {
    arrow::Result<int64_t> added =
        session_.Execute("ALTER TABLE " + session_.target() + " ADD COLUMN " +
                         QuoteName(column.name) + " " + column.type);
    if (added.ok()) continue;
    if (KindOf(added.status()) != ErrorKind::kConflict) return added.status();
    return WholeLoadNeeded(request_.table, "the column '" + column.name +
                                               "' cannot be added (" +
                                               added.status().message() + ")");
  }
  for (const std::string& sql :
       CommentStatements(session_.target(), request_.description, columns_, &existing_)) {
    ARROW_RETURN_NOT_OK(session_.Execute(sql));
  }
  ARROW_ASSIGN_OR_RAISE(int64_t deleted, Delete());
  ARROW_ASSIGN_OR_RAISE(int64_t inserted, Insert());
  ARROW_ASSIGN_OR_RAISE(int64_t after, session_.CountRows());
  if (after != before - deleted + inserted) {
    return MakeError(ErrorKind::kData,
                     "table '" + request_.table + "' came to " + std::to_string(after) +
                         " rows where " + std::to_string(before) + " less " +
                         std::to_string(deleted) + " and " + std::to_string(inserted) +
                         " more were expected: nothing of it was kept",
                     {{"table", request_.table}});
  }
  return after;
}

arrow::Result<int64_t> TableIncrement::Insert() {
  if (arrived_.empty()) return 0;
  ARROW_ASSIGN_OR_RAISE(int64_t inserted, session_.Insert(arrived_.Select()));
  ARROW_RETURN_NOT_OK(arrived_.CheckRead(session_.connection(), request_.table,
                                         request_.lake_version, inserted));
  return inserted;
}

}  // namespace keelboat::duckdb
