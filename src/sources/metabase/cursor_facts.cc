#include "sources/metabase/cursor_facts.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>
#include <utility>

#include <arrow/type.h>

#include "keelboat/error.h"
#include "sources/metabase/asked_query.h"

namespace keelboat::metabase {
namespace {

std::string Padded(int64_t number, int width) {
  std::string digits = std::to_string(number);
  const auto wanted = static_cast<std::size_t>(width);
  return digits.size() < wanted ? std::string(wanted - digits.size(), '0') + digits
                                : digits;
}

std::string DateText(std::chrono::sys_days day) {
  const std::chrono::year_month_day date(day);
  return Padded(static_cast<int>(date.year()), 4) + "-" +
         Padded(static_cast<unsigned>(date.month()), 2) + "-" +
         Padded(static_cast<unsigned>(date.day()), 2);
}

std::string MomentText(std::chrono::sys_time<std::chrono::microseconds> moment) {
  const auto day = std::chrono::floor<std::chrono::days>(moment);
  const std::chrono::hh_mm_ss time(moment - day);
  return DateText(day) + " " + Padded(time.hours().count(), 2) + ":" +
         Padded(time.minutes().count(), 2) + ":" + Padded(time.seconds().count(), 2) +
         "." + Padded(time.subseconds().count(), 6);
}

// The largest value of an expression, printed as Predicate wants it.
arrow::Result<std::string> LargestOf(const AskedQuery& query,
                                     const AskedQuery::Column& column) {
  const std::string largest = "max(" + query.ValueOf(column) + ")";
  const arrow::DataType& type = *column.field->type();
  if (type.id() != arrow::Type::TIMESTAMP) return largest;
  const bool instant = !static_cast<const arrow::TimestampType&>(type).timezone().empty();
  switch (query.dialect().kind()) {
    case EngineKind::kClickHouse:
      return "toString(toDateTime64(" + largest + ", 6, 'UTC'))";
    case EngineKind::kPostgres:
      return "to_char(" + largest + (instant ? " AT TIME ZONE 'UTC'" : "") +
             ", 'YYYY-MM-DD HH24:MI:SS.US')";
    case EngineKind::kMysql:
      return "CAST(CAST(" +
             (instant ? "CONVERT_TZ(" + largest + ", @@session.time_zone, '+00:00')"
                      : largest) +
             " AS DATETIME(6)) AS CHAR)";
    case EngineKind::kOther:
      break;
  }
  return MakeError(ErrorKind::kUnsupported,
                   "how this database prints a moment is not known to keelboat, so " +
                       column.field->name() +
                       " cannot be a cursor: load the table in full, or by a cursor of "
                       "numbers or dates",
                   {{"column", column.field->name()}});
}

// The first value that is of the future: the day after, the microsecond after.
std::optional<std::string> FirstFuture(const arrow::DataType& type,
                                       const std::string& now) {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  // The form is our own: "2024-01-31 10:00:00.000000".
  if (now.size() < 26) return std::nullopt;
  std::from_chars(now.data(), now.data() + 4, year);
  std::from_chars(now.data() + 5, now.data() + 7, month);
  std::from_chars(now.data() + 8, now.data() + 10, day);
  const std::chrono::sys_days today =
      std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day);
  if (type.id() == arrow::Type::DATE32) return DateText(today + std::chrono::days(1));
  if (type.id() != arrow::Type::TIMESTAMP) return std::nullopt;
  int64_t hours = 0;
  int64_t minutes = 0;
  int64_t seconds = 0;
  int64_t micros = 0;
  std::from_chars(now.data() + 11, now.data() + 13, hours);
  std::from_chars(now.data() + 14, now.data() + 16, minutes);
  std::from_chars(now.data() + 17, now.data() + 19, seconds);
  std::from_chars(now.data() + 20, now.data() + 26, micros);
  const auto moment = std::chrono::sys_time<std::chrono::microseconds>(today) +
                      std::chrono::seconds(hours * 3600 + minutes * 60 + seconds) +
                      std::chrono::microseconds(micros + 1);
  return MomentText(moment);
}

arrow::Result<int64_t> NumberIn(const Answer& answer, std::size_t column) {
  int64_t number = 0;
  if (answer.rows.size() != 1 || answer.rows[0].size() <= column) {
    return MakeError(ErrorKind::kData, "the server's answer to a count has no row");
  }
  const std::string text = answer.rows[0][column].value_or("0");
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc()) {
    return MakeError(ErrorKind::kData, "the server answered a count by '" + text + "'");
  }
  return number;
}

struct Measured {
  int64_t rows = 0;
  int64_t values = 0;
  std::optional<std::string> largest;
};

arrow::Result<Measured> Measure(Api& api, const AskedQuery& query,
                                const AskedQuery::Column& column,
                                const std::string& conditions,
                                const std::stop_token& stop) {
  ARROW_ASSIGN_OR_RAISE(const std::string largest, LargestOf(query, column));
  ARROW_ASSIGN_OR_RAISE(
      const Answer answer,
      api.Ask(query.About("count(*) AS n, count(" + query.ValueOf(column) + ") AS v, " +
                              largest + " AS high",
                          conditions),
              stop));
  Measured measured;
  ARROW_ASSIGN_OR_RAISE(measured.rows, NumberIn(answer, 0));
  ARROW_ASSIGN_OR_RAISE(measured.values, NumberIn(answer, 1));
  if (measured.values > 0 && answer.rows[0].size() > 2) {
    measured.largest = answer.rows[0][2];
    // "2024-01-02T00:00:00Z" of a date.
    if (measured.largest && column.field->type()->id() == arrow::Type::DATE32) {
      measured.largest->resize(std::min<std::size_t>(measured.largest->size(), 10));
    }
  }
  return measured;
}

bool BeginsIndex(const Relation& relation, const std::string& column) {
  return std::any_of(relation.indexes.begin(), relation.indexes.end(),
                     [&](const Index& index) {
                       return !index.columns.empty() && index.columns.front() == column;
                     });
}

}  // namespace

arrow::Result<CursorFacts> MeasureCursor(Api& api, const Relation& relation,
                                         const std::string& column,
                                         const std::string& where, const std::string& now,
                                         const std::stop_token& stop) {
  ARROW_ASSIGN_OR_RAISE(const auto query, AskedQuery::Make(api.engine(), relation));
  ARROW_ASSIGN_OR_RAISE(const AskedQuery::Column* key, query.Find(column));
  ARROW_ASSIGN_OR_RAISE(const std::string all, query.Conditions({}, where));
  ARROW_ASSIGN_OR_RAISE(Measured measured, Measure(api, query, *key, all, stop));
  CursorFacts facts;
  facts.indexed = BeginsIndex(relation, column);
  facts.scan_rows = measured.rows;
  facts.nulls = measured.rows - measured.values;
  facts.max = measured.largest;
  const auto limit = FirstFuture(*key->field->type(), now);
  if (!limit.has_value() || !facts.max.has_value() || *facts.max < *limit) return facts;
  facts.has_future = true;
  Predicate past;
  past.columns = {column};
  past.upper = {*limit};
  ARROW_ASSIGN_OR_RAISE(const std::string until, query.Conditions({past}, where));
  ARROW_ASSIGN_OR_RAISE(measured, Measure(api, query, *key, until, stop));
  facts.max = measured.largest;
  return facts;
}

arrow::Result<int64_t> CountDuplicates(Api& api, const Relation& relation,
                                       const std::vector<std::string>& columns,
                                       const std::stop_token& stop) {
  ARROW_ASSIGN_OR_RAISE(const auto query, AskedQuery::Make(api.engine(), relation));
  std::string list;
  for (const std::string& name : columns) {
    ARROW_ASSIGN_OR_RAISE(const AskedQuery::Column* column, query.Find(name));
    list += (list.empty() ? "" : ", ") + query.ValueOf(*column);
  }
  Question question = query.About("count(*) AS n", "");
  question.sql = "SELECT sum(n) AS n FROM (" + question.sql + " GROUP BY " + list +
                 " HAVING count(*) > 1) " + std::string(query.dialect().table_as()) + "d";
  ARROW_ASSIGN_OR_RAISE(const Answer answer, api.Ask(question, stop));
  return NumberIn(answer, 0);
}

}  // namespace keelboat::metabase
