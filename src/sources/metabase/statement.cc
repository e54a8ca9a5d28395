#include "sources/metabase/statement.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <span>
#include <utility>

#include "keelboat/error.h"
#include "sources/metabase/sql_token.h"

namespace keelboat::metabase {
namespace {

using Words = std::span<const std::string_view>;

constexpr auto kQueryWords =
    std::to_array<std::string_view>({"SELECT", "WITH", "VALUES", "FROM", "TABLE", "("});
constexpr auto kOtherReads = std::to_array<std::string_view>(
    {"SHOW", "DESCRIBE", "DESC", "EXPLAIN", "EXISTS", "CHECK"});
constexpr auto kAfterOrder = std::to_array<std::string_view>(
    {"LIMIT", "OFFSET", "FETCH", "SETTINGS", "FORMAT", "UNION", "FOR", "INTO", "WITH"});
constexpr auto kSetOperators =
    std::to_array<std::string_view>({"UNION", "INTERSECT", "EXCEPT", "MINUS"});
// Lower case; with a parenthesis behind them.
constexpr auto kVolatileClickHouse =
    std::to_array<std::string_view>({"now",
                                     "now64",
                                     "nowinblock",
                                     "nowinblock64",
                                     "today",
                                     "yesterday",
                                     "utctimestamp",
                                     "utc_timestamp",
                                     "current_timestamp",
                                     "current_date",
                                     "curdate",
                                     "rownumberinblock",
                                     "rownumberinallblocks",
                                     "runningdifference",
                                     "runningdifferencestartingwithfirstvalue",
                                     "runningaccumulate",
                                     "neighbor",
                                     "blocknumber",
                                     "blocksize",
                                     "fuzzbits",
                                     "fuzzjson",
                                     "fuzzquery",
                                     "queryid",
                                     "initialqueryid",
                                     "uptime",
                                     "sleep",
                                     "sleepeachrow",
                                     "hostname"});
constexpr auto kVolatilePostgres = std::to_array<std::string_view>(
    {"now", "random", "random_normal", "clock_timestamp", "statement_timestamp",
     "transaction_timestamp", "timeofday", "gen_random_uuid", "gen_random_bytes",
     "uuidv4", "uuidv7", "nextval", "age", "pg_sleep", "txid_current", "pg_backend_pid",
     "setval"});
constexpr auto kVolatileMysql = std::to_array<std::string_view>(
    {"now", "sysdate", "curdate", "curtime", "current_date", "current_time",
     "current_timestamp", "localtime", "localtimestamp", "utc_date", "utc_time",
     "utc_timestamp", "unix_timestamp", "rand", "uuid", "uuid_short", "connection_id",
     "sleep", "random_bytes"});
constexpr auto kVolatileOther = std::to_array<std::string_view>(
    {"now", "getdate", "sysdate", "sysdatetime", "getutcdate", "random", "rand", "uuid",
     "newid", "current_date", "current_timestamp", "today", "generate_uuid",
     "uuid_string", "seq4", "dbms_random"});
// Without a parenthesis, too.
constexpr auto kVolatileWords = std::to_array<std::string_view>(
    {"current_timestamp", "current_date", "current_time", "localtime", "localtimestamp",
     "sysdate", "systimestamp", "tablesample", "utc_timestamp"});
constexpr auto kVolatileBeginnings = std::to_array<std::string_view>(
    {"rand", "generateuuid", "generateulid", "generaterandom", "generatesnowflake",
     "fuzz", "uuid_generate"});

bool IsOneOf(std::string_view word, Words words) {
  return std::ranges::find(words, word) != words.end();
}

std::string Cased(std::string_view text, int (*convert)(int)) {
  std::string cased(text);
  for (char& letter : cased) {
    letter = static_cast<char>(convert(static_cast<unsigned char>(letter)));
  }
  return cased;
}

Words VolatileFunctions(EngineKind engine) {
  switch (engine) {
    case EngineKind::kClickHouse:
      return kVolatileClickHouse;
    case EngineKind::kPostgres:
      return kVolatilePostgres;
    case EngineKind::kMysql:
      return kVolatileMysql;
    case EngineKind::kOther:
      break;
  }
  return kVolatileOther;
}

arrow::Status Refuse(std::string message) {
  return MakeError(ErrorKind::kConfig, std::move(message));
}

class Reader {
 public:
  Reader(std::string_view sql, EngineKind engine, std::vector<SqlToken> tokens)
      : sql_(sql), engine_(engine), tokens_(std::move(tokens)) {
    for (const SqlToken& token : tokens_) words_.push_back(Cased(Text(token), toupper));
  }

  arrow::Result<StatementShape> Run() {
    ARROW_RETURN_NOT_OK(DropEnd());
    shape_.sql = std::string(sql_.substr(0, tokens_.back().end));
    const std::string& first = words_.front();
    shape_.is_query = IsOneOf(first, kQueryWords);
    if (!shape_.is_query && !IsOneOf(first, kOtherReads)) {
      return Refuse("the SQL does not read: it begins with " + words_.front() +
                    "; give a SELECT");
    }
    for (std::size_t at = 0; at < tokens_.size(); ++at) {
      ARROW_RETURN_NOT_OK(Look(at));
    }
    // In a union it may belong to the last part only.
    if (shape_.united || !shape_.is_query) {
      shape_.order.clear();
    }
    if (shape_.order.empty()) shape_.unordered_sql = shape_.sql;
    return std::move(shape_);
  }

 private:
  std::string_view Text(const SqlToken& token) const {
    return sql_.substr(token.begin, token.end - token.begin);
  }
  // The word in upper case; of quoted things and of names behind a dot: nothing.
  std::string_view Word(std::size_t at) const {
    if (at >= tokens_.size()) return {};
    if (tokens_[at].kind == SqlTokenKind::kString) return {};
    if (tokens_[at].kind == SqlTokenKind::kName) return {};
    if (at > 0 && words_[at - 1] == ".") return {};
    return words_[at];
  }
  std::string_view Before(std::size_t at) const { return at == 0 ? "" : Word(at - 1); }

  // Semicolons at the end go; one before more SQL is refused.
  arrow::Status DropEnd() {
    auto Drop = [&] {
      while (!tokens_.empty() && words_.back() == ";") {
        tokens_.pop_back();
        words_.pop_back();
      }
    };
    Drop();
    if (tokens_.empty()) return Refuse("the SQL is empty");
    for (std::size_t at = 0; at < tokens_.size(); ++at) {
      if (words_[at] != ";") continue;
      return Refuse("the SQL holds several statements; give one");
    }
    return arrow::Status::OK();
  }

  arrow::Status Look(std::size_t at) {
    const SqlToken& token = tokens_[at];
    const bool top = token.depth == 0;
    auto depth = static_cast<std::size_t>(token.depth);
    if (ordered_at_.size() <= depth + 1) ordered_at_.resize(depth + 2, false);
    if (words_[at] == "(" && token.kind == SqlTokenKind::kSymbol) {
      ordered_at_[depth + 1] = false;
    }
    if (token.kind != SqlTokenKind::kWord) return arrow::Status::OK();
    const std::string_view word = Word(at);
    if (word == "ORDER" && Word(at + 1) == "BY") {
      ordered_at_[depth] = true;
      if (top && shape_.is_query) ReadOrder(at);
    } else if (word == "LIMIT" || word == "OFFSET" || word == "FETCH") {
      if (top || !ordered_at_[depth]) shape_.limited = true;
    } else if (word == "TOP" && (Before(at) == "SELECT" || Before(at) == "DISTINCT")) {
      shape_.limited = true;
    } else if (word == "FILL" && Before(at) == "WITH") {
      shape_.limited = true;
    } else if (IsOneOf(word, kSetOperators)) {
      // ClickHouse: SELECT * EXCEPT (a) takes columns away.
      bool columns = word == "EXCEPT" && Before(at) == "*";
      if (!columns) ordered_at_[depth] = false;
      if (!columns && top) shape_.united = true;
    } else if (top && word == "INTO" &&
               (Word(at + 1) == "OUTFILE" || Word(at + 1) == "DUMPFILE")) {
      return Refuse("the SQL writes to a file of the server: leave INTO OUTFILE out");
    } else if (top && word == "FORMAT" && IsFormatClause(at)) {
      return Refuse("the SQL has a FORMAT clause: leave it out");
    }
    LookForVolatile(at);
    return arrow::Status::OK();
  }

  bool IsFormatClause(std::size_t at) const {
    if (engine_ != EngineKind::kClickHouse || at == 0) return false;
    const std::string_view before = Before(at);
    bool name = before == "FROM" || before == "JOIN" || before == "AS" ||
                before == "SELECT" || before == "," || before == "BY";
    if (name || at + 1 >= tokens_.size()) return false;
    bool last = at + 2 == tokens_.size() || Word(at + 2) == "SETTINGS";
    return tokens_[at + 1].kind == SqlTokenKind::kWord && last;
  }

  void LookForVolatile(std::size_t at) {
    if (!shape_.volatile_function.empty() || Word(at).empty()) return;
    if (Before(at) == "AS") return;
    const std::string word = Cased(Text(tokens_[at]), tolower);
    bool found = IsOneOf(word, kVolatileWords);
    // With an argument they only convert.
    bool converts = (word == "unix_timestamp" || word == "age") && Word(at + 2) != ")";
    if (Word(at + 1) == "(" && !converts) {
      found = found || IsOneOf(word, VolatileFunctions(engine_)) ||
              std::ranges::any_of(kVolatileBeginnings, [&](std::string_view beginning) {
                return word.starts_with(beginning);
              });
    }
    if (found) shape_.volatile_function = Text(tokens_[at]);
  }

  void ReadOrder(std::size_t at) {
    shape_.ordered = true;
    shape_.order.clear();
    std::size_t end = at + 2;
    while (end < tokens_.size() &&
           !(tokens_[end].depth == 0 && IsOneOf(Word(end), kAfterOrder))) {
      ++end;
    }
    std::vector<OrderItem> items;
    for (std::size_t from = at + 2; from < end;) {
      std::size_t to = from;
      while (to < end && !(tokens_[to].depth == 0 && words_[to] == ",")) ++to;
      auto item = ReadItem(from, to);
      if (!item.has_value()) return;
      items.push_back(std::move(*item));
      from = to + 1;
    }
    // DISTINCT ON takes the first rows in this order.
    for (std::size_t i = 0; i + 1 < at; ++i) {
      bool distinct_on = tokens_[i].depth == 0 && Word(i) == "DISTINCT";
      if (distinct_on && Word(i + 1) == "ON") return;
    }
    shape_.order = std::move(items);
    const std::size_t begin = tokens_[at].begin;
    const std::size_t behind =
        end < tokens_.size() ? tokens_[end].begin : shape_.sql.size();
    shape_.unordered_sql = shape_.sql.substr(0, begin) + shape_.sql.substr(behind);
  }

  std::optional<OrderItem> ReadItem(std::size_t from, std::size_t to) const {
    if (from >= to) return {};
    OrderItem item;
    const SqlToken& token = tokens_[from];
    if (token.kind == SqlTokenKind::kNumber) {
      const std::string& digits = words_[from];
      if (digits.size() > 4 || !std::ranges::all_of(digits, isdigit)) return {};
      item.position = std::stoi(digits);
    } else if (token.kind == SqlTokenKind::kWord || token.kind == SqlTokenKind::kName) {
      item.column = NameOfToken(Text(token), engine_);
      item.quoted = token.kind == SqlTokenKind::kName;
      if (!item.quoted && words_[from] == "ALL") return {};
    } else {
      return {};
    }
    std::size_t at = from + 1;
    const std::string_view way = at < to ? Word(at) : std::string_view();
    if (way == "ASC" || way == "ASCENDING" || way == "DESC" || way == "DESCENDING") {
      item.descending = way.starts_with("DESC");
      ++at;
    }
    if (at + 1 < to && Word(at) == "NULLS" &&
        (Word(at + 1) == "FIRST" || Word(at + 1) == "LAST")) {
      item.nulls_first = Word(at + 1) == "FIRST";
      at += 2;
    }
    if (at != to) return {};
    return item;
  }

  std::string_view sql_;
  EngineKind engine_;
  std::vector<SqlToken> tokens_;
  std::vector<std::string> words_;  // Upper case.
  std::vector<bool> ordered_at_;    // By depth.
  StatementShape shape_;
};

}  // namespace

arrow::Result<StatementShape> ShapeOf(std::string_view sql, EngineKind engine) {
  ARROW_ASSIGN_OR_RAISE(auto tokens, TokensOf(sql, engine));
  return Reader(sql, engine, std::move(tokens)).Run();
}

}  // namespace keelboat::metabase
