#include "sources/mysql/cursor_facts.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>

#include "core/field_metadata.h"
#include "core/nearest.h"
#include "keelboat/error.h"
#include "sources/mysql/literal.h"
#include "sources/mysql/predicate_text.h"
#include "sources/mysql/query_kill.h"
#include "sources/mysql/statement_text.h"

namespace keelboat::mysql {
namespace {

int64_t NumberOf(const std::optional<std::string>& cell) {
  int64_t number = 0;
  if (cell) std::from_chars(cell->data(), cell->data() + cell->size(), number);
  return number;
}

// What the measuring of one column is made of, as SQL text.
struct CursorText {
  std::string column;  // Quoted.
  std::string from;
  std::string where;  // With brackets; empty for every row.
  std::string limit;  // The latest value that counts as past; empty: all of them.
  std::string null;   // The row has no value, which a date of zeros is not either.
  std::string value;  // It has one.
};

// An expression of a value, printed so that Predicate can take it.
arrow::Result<std::string> Printed(const std::string& value, const arrow::Field& field) {
  const std::string declared = field.metadata() == nullptr
                                   ? ""
                                   : field.metadata()->Get(kSourceTypeKey).ValueOr("");
  const std::string logical = field.metadata() == nullptr
                                  ? ""
                                  : field.metadata()->Get(kLogicalTypeKey).ValueOr("");
  auto begins = [&](const char* word) { return declared.rfind(word, 0) == 0; };
  if (begins("datetime") || begins("timestamp")) {
    return "CAST(CAST(" + value + " AS DATETIME(6)) AS CHAR)";
  }
  switch (field.type()->id()) {
    case arrow::Type::DURATION:
      return "CAST(CAST(" + value + " AS TIME(6)) AS CHAR)";
    case arrow::Type::FLOAT:
      // As text a float is rounded to six digits; as a double it is exact.
      return "CAST(" + value + " + 0e0 AS CHAR)";
    case arrow::Type::UINT64:
      // Digits, also of bit(n).
      return "CAST(CAST(" + value + " AS UNSIGNED) AS CHAR)";
    case arrow::Type::BINARY:
      return "CONCAT('0x', HEX(" + value + "))";
    default:
      break;
  }
  if (logical == "enum" || logical == "set" || logical == "json") {
    return MakeError(ErrorKind::kConfig,
                     "column " + field.name() + " is no cursor: values of type " +
                         declared + " have no order that grows with time",
                     {{"column", field.name()}});
  }
  return "CAST(" + value + " AS CHAR)";
}

bool IsTime(const arrow::Field& field) {
  const std::string declared = field.metadata() == nullptr
                                   ? ""
                                   : field.metadata()->Get(kSourceTypeKey).ValueOr("");
  return declared.rfind("date", 0) == 0 || declared.rfind("timestamp", 0) == 0;
}

// The latest moment that counts as past, as a value of the column's type.
arrow::Result<std::string> PastLimit(Connection* connection, const arrow::Field& field,
                                     const std::string& now) {
  if (!IsTime(field)) return "";
  const std::string utc = "CAST(" + QuoteLiteral(now) + " AS DATETIME(6))";
  std::string moment = utc;
  const std::string declared = field.metadata()->Get(kSourceTypeKey).ValueOr("");
  if (declared.rfind("timestamp", 0) != 0) {
    // Null where the server lacks its tables of time zones.
    const std::string local =
        "COALESCE(CONVERT_TZ(" + utc + ", '+00:00', @@global.time_zone), " + utc + ")";
    moment = "GREATEST(" + utc + ", " + local + ")";
  }
  ARROW_ASSIGN_OR_RAISE(auto rows,
                        connection->Query("SELECT CAST(" + moment + " AS CHAR)"));
  return QuoteLiteral(rows.at(0).at(0).value_or(now));
}

// A printed value in the form of Predicate, whatever the server leaves out or adds: zeros
// at the end of a fraction, the time of a date.
std::optional<std::string> InForm(std::optional<std::string> value,
                                  const arrow::Field& field) {
  if (!value) return value;
  switch (field.type()->id()) {
    case arrow::Type::DATE32:
      value->resize(std::min<std::size_t>(value->size(), 10));
      break;
    case arrow::Type::TIMESTAMP:
    case arrow::Type::DURATION:
      return WithSixDigits(std::move(*value));
    default:
      break;
  }
  return value;
}

std::string Where(const CursorText& text, const std::string& condition) {
  return " WHERE " + condition + (text.where.empty() ? "" : " AND " + text.where);
}

arrow::Status MeasureByIndex(Connection* connection, const CursorText& text,
                             const arrow::Field& field, const std::string& tag,
                             const std::string& table, CursorFacts* facts) {
  ARROW_ASSIGN_OR_RAISE(std::string printed, Printed(text.column, field));
  const std::string select = "SELECT /* " + tag + " */ ";
  std::string past = text.value;
  if (!text.limit.empty()) past += " AND " + text.column + " <= " + text.limit;
  ARROW_ASSIGN_OR_RAISE(
      auto last, connection->Query(select + printed + text.from + Where(text, past) +
                                       " ORDER BY " + text.column + " DESC LIMIT 1",
                                   table));
  if (!last.empty()) facts->max = InForm(last.front().at(0), field);
  if (!text.limit.empty()) {
    ARROW_ASSIGN_OR_RAISE(
        auto future,
        connection->Query(select + "1" + text.from +
                              Where(text, text.column + " > " + text.limit) + " LIMIT 1",
                          table));
    facts->has_future = !future.empty();
  }
  if (!field.nullable()) return arrow::Status::OK();
  ARROW_ASSIGN_OR_RAISE(
      auto nulls,
      connection->Query(select + "COUNT(*)" + text.from + Where(text, text.null), table));
  facts->nulls = NumberOf(nulls.at(0).at(0));
  return arrow::Status::OK();
}

arrow::Status MeasureByScan(Connection* connection, const CursorText& text,
                            const arrow::Field& field, const std::string& tag,
                            const std::string& table, CursorFacts* facts) {
  std::string past = text.value;
  if (!text.limit.empty()) past += " AND " + text.column + " <= " + text.limit;
  past = "CASE WHEN " + past + " THEN " + text.column + " END";
  ARROW_ASSIGN_OR_RAISE(std::string printed, Printed("MAX(" + past + ")", field));
  const std::string future =
      text.limit.empty() ? "0"
                         : "COALESCE(SUM(" + text.column + " > " + text.limit + "), 0)";
  ARROW_ASSIGN_OR_RAISE(
      auto rows,
      connection->Query("SELECT /* " + tag + " */ " + printed + ", COALESCE(SUM(" +
                            text.null + "), 0), " + future + text.from +
                            (text.where.empty() ? "" : " WHERE " + text.where),
                        table));
  facts->max = InForm(rows.at(0).at(0), field);
  facts->nulls = NumberOf(rows.at(0).at(1));
  facts->has_future = NumberOf(rows.at(0).at(2)) > 0;
  return arrow::Status::OK();
}

// Rows that the server means to look at for all rows above the last value.
arrow::Result<int64_t> ScanRows(Connection* connection, const CursorText& text) {
  const arrow::Status explained = connection->Execute(
      "EXPLAIN SELECT 1" + text.from + Where(text, text.column + " IS NOT NULL"));
  // Of a view, only to those who may see how it is made.
  if (DetailOf(explained, "errno") == "1345") return 0;
  ARROW_RETURN_NOT_OK(explained);
  MYSQL_RES* result = mysql_store_result(connection->handle());
  if (result == nullptr) return connection->LastError("");
  int64_t most = 0;
  unsigned int at = 0;
  unsigned int count = mysql_num_fields(result);
  while (at < count &&
         std::string(mysql_fetch_field_direct(result, at)->name) != "rows") {
    ++at;
  }
  while (MYSQL_ROW cells = mysql_fetch_row(result)) {
    if (at < count && cells[at] != nullptr) {
      most = std::max(most, NumberOf(std::string(cells[at])));
    }
  }
  mysql_free_result(result);
  return most;
}

bool BeginsIndex(const Relation& relation, const std::string& column) {
  if (!relation.primary_key.empty() && relation.primary_key.front() == column) {
    return true;
  }
  return std::any_of(relation.indexes.begin(), relation.indexes.end(),
                     [&](const Index& index) {
                       return !index.columns.empty() && index.columns.front() == column;
                     });
}

}  // namespace

arrow::Result<CursorFacts> MeasureCursor(ConnectionPtr connection,
                                         const Relation& relation,
                                         const std::string& column,
                                         const std::string& where,
                                         const std::string& now) {
  auto field = relation.schema->GetFieldByName(column);
  if (field == nullptr) {
    return MakeError(ErrorKind::kNotFound,
                     "cursor " + column + " does not exist in table " + relation.table +
                         DidYouMean(column, relation.schema->field_names()),
                     {{"table", relation.table}, {"column", column}});
  }
  const MysqlOptions options = connection->options();
  CursorText text;
  text.column = QuoteIdentifier(column);
  text.from = relation.sql.empty() ? " FROM " + QuoteIdentifier(options.database) + "." +
                                         QuoteIdentifier(relation.table)
                                   : " FROM (\n" + relation.sql + "\n) AS q";
  if (!where.empty()) text.where = "(\n" + where + "\n)";
  CursorFacts facts;
  facts.indexed = BeginsIndex(relation, column);
  ARROW_ASSIGN_OR_RAISE(text.limit, PastLimit(connection.get(), *field, now));
  Predicate predicate;
  predicate.columns = {column};
  ARROW_ASSIGN_OR_RAISE(text.value, PredicateText(predicate, *relation.schema));
  predicate.kind = PredicateKind::kNull;
  ARROW_ASSIGN_OR_RAISE(text.null, PredicateText(predicate, *relation.schema));
  const std::string tag = NewTag();
  const auto measure = facts.indexed ? MeasureByIndex : MeasureByScan;
  const unsigned long id = connection->id();
  arrow::Status status =
      measure(connection.get(), text, *field, tag, relation.table, &facts);
  if (status.ok() && !facts.indexed) {
    ARROW_ASSIGN_OR_RAISE(facts.scan_rows, ScanRows(connection.get(), text));
    // Some servers guess at tables only.
    if (facts.scan_rows == 0) facts.scan_rows = relation.estimated_rows.value_or(0);
  }
  if (!status.ok() && MayStillRun(status)) {
    connection.reset();
    KillQuery(options, id, tag);
  }
  ARROW_RETURN_NOT_OK(status);
  return facts;
}

}  // namespace keelboat::mysql
