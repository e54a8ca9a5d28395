#include "sources/metabase/sql_token.h"

#include <cctype>

#include "keelboat/error.h"

namespace keelboat::metabase {
namespace {

bool IsWordBegin(char letter) {
  auto byte = static_cast<unsigned char>(letter);
  return std::isalpha(byte) != 0 || letter == '_' || letter == '@' || byte >= 0x80;
}

bool IsWordPart(char letter) {
  return IsWordBegin(letter) || std::isdigit(static_cast<unsigned char>(letter)) != 0 ||
         letter == '$' || letter == '#';
}

arrow::Status Unfinished(std::string_view what) {
  return MakeError(ErrorKind::kConfig, "the SQL ends within " + std::string(what));
}

class Lexer {
 public:
  Lexer(std::string_view sql, EngineKind engine) : sql_(sql), engine_(engine) {}

  arrow::Result<std::vector<SqlToken>> Run() {
    while (true) {
      ARROW_RETURN_NOT_OK(SkipBlanks());
      if (at_ >= sql_.size()) break;
      ARROW_RETURN_NOT_OK(Take());
    }
    if (depth_ != 0) return Unbalanced("a parenthesis is not closed");
    return std::move(tokens_);
  }

 private:
  static arrow::Status Unbalanced(std::string_view what) {
    return MakeError(ErrorKind::kConfig,
                     "the parentheses of the SQL do not balance: " + std::string(what));
  }

  bool Begins(std::string_view text) const {
    return sql_.substr(at_, text.size()) == text;
  }
  bool backslashes() const {
    return engine_ == EngineKind::kClickHouse || engine_ == EngineKind::kMysql;
  }

  bool BeginsLineComment() const {
    if (Begins("--")) {
      // MySQL: "5--3" is a subtraction.
      return engine_ != EngineKind::kMysql || at_ + 2 >= sql_.size() ||
             static_cast<unsigned char>(sql_[at_ + 2]) <= ' ';
    }
    if (engine_ == EngineKind::kMysql) return Begins("#");
    return engine_ == EngineKind::kClickHouse && (Begins("# ") || Begins("#!"));
  }

  arrow::Status SkipBlanks() {
    while (at_ < sql_.size()) {
      if (static_cast<unsigned char>(sql_[at_]) <= ' ') {
        ++at_;
      } else if (BeginsLineComment()) {
        while (at_ < sql_.size() && sql_[at_] != '\n') ++at_;
      } else if (Begins("/*")) {
        ARROW_RETURN_NOT_OK(SkipComment());
      } else {
        break;
      }
    }
    return arrow::Status::OK();
  }

  arrow::Status SkipComment() {
    const bool nests = engine_ == EngineKind::kPostgres;
    int open = 0;
    while (at_ < sql_.size()) {
      if (Begins("/*") && (nests || open == 0)) {
        ++open;
        at_ += 2;
      } else if (Begins("*/")) {
        at_ += 2;
        if (--open == 0) return arrow::Status::OK();
      } else {
        ++at_;
      }
    }
    return Unfinished("a comment");
  }

  arrow::Status Take() {
    const std::size_t begin = at_;
    const char first = sql_[at_];
    int depth = depth_;
    auto kind = SqlTokenKind::kSymbol;
    if (first == '\'') {
      kind = SqlTokenKind::kString;
      bool escaped = engine_ == EngineKind::kPostgres && EndsWithEscapePrefix();
      ARROW_RETURN_NOT_OK(SkipQuoted('\'', backslashes() || escaped, "a string"));
    } else if (first == '"' || first == '`') {
      // MySQL's double quotes are strings, unless it is told otherwise.
      bool string = engine_ == EngineKind::kMysql && first == '"';
      kind = string ? SqlTokenKind::kString : SqlTokenKind::kName;
      bool escapes = string || engine_ == EngineKind::kClickHouse;
      ARROW_RETURN_NOT_OK(
          SkipQuoted(first, escapes, string ? "a string" : "a quoted name"));
    } else if (first == '[' && engine_ == EngineKind::kOther && !Begins("[[")) {
      kind = SqlTokenKind::kName;
      ARROW_RETURN_NOT_OK(SkipQuoted(']', false, "a quoted name"));
    } else if (Begins("{{")) {
      kind = SqlTokenKind::kTag;
      std::size_t end = sql_.find("}}", at_);
      if (end == std::string_view::npos) return Unfinished("a {{tag}}");
      at_ = end + 2;
    } else if (first == '$' && engine_ == EngineKind::kPostgres && DollarTag() > 0) {
      kind = SqlTokenKind::kString;
      std::string_view tag = sql_.substr(at_, DollarTag());
      std::size_t end = sql_.find(tag, at_ + tag.size());
      if (end == std::string_view::npos) return Unfinished("a string");
      at_ = end + tag.size();
    } else if (std::isdigit(static_cast<unsigned char>(first)) != 0) {
      kind = SqlTokenKind::kNumber;
      while (at_ < sql_.size() && (IsWordPart(sql_[at_]) || sql_[at_] == '.')) ++at_;
    } else if (IsWordBegin(first)) {
      kind = SqlTokenKind::kWord;
      while (at_ < sql_.size() && IsWordPart(sql_[at_])) ++at_;
    } else {
      at_ += Begins("[[") ? 2 : 1;  // An optional clause of Metabase begins.
      if (first == '(') ++depth_;
      if (first == ')' && --depth_ < 0) return Unbalanced("one too many is closed");
      if (first == ')') depth = depth_;
    }
    tokens_.push_back({kind, begin, at_, depth});
    return arrow::Status::OK();
  }

  // E'…' of Postgres: the word before touches the quote.
  bool EndsWithEscapePrefix() const {
    if (tokens_.empty() || tokens_.back().end != at_) return false;
    std::string_view word = sql_.substr(tokens_.back().begin, at_ - tokens_.back().begin);
    return word == "E" || word == "e";
  }

  // Length of "$tag$" here, or 0.
  std::size_t DollarTag() const {
    std::size_t end = at_ + 1;
    if (end < sql_.size() && std::isdigit(static_cast<unsigned char>(sql_[end])) != 0) {
      return 0;  // $1
    }
    while (end < sql_.size() && sql_[end] != '$' && IsWordPart(sql_[end])) ++end;
    return end < sql_.size() && sql_[end] == '$' ? end + 1 - at_ : 0;
  }

  arrow::Status SkipQuoted(char quote, bool backslash, std::string_view what) {
    ++at_;
    while (at_ < sql_.size()) {
      if (backslash && sql_[at_] == '\\') {
        at_ += 2;
      } else if (sql_[at_] != quote) {
        ++at_;
      } else if (at_ + 1 < sql_.size() && sql_[at_ + 1] == quote) {
        at_ += 2;
      } else {
        ++at_;
        return arrow::Status::OK();
      }
    }
    return Unfinished(what);
  }

  std::string_view sql_;
  EngineKind engine_;
  std::size_t at_ = 0;
  int depth_ = 0;
  std::vector<SqlToken> tokens_;
};

}  // namespace

arrow::Result<std::vector<SqlToken>> TokensOf(std::string_view sql, EngineKind engine) {
  return Lexer(sql, engine).Run();
}

std::string NameOfToken(std::string_view text, EngineKind engine) {
  const char first = text.empty() ? '\0' : text.front();
  if (first != '"' && first != '`' && first != '[') return std::string(text);
  const char quote = first == '[' ? ']' : first;
  const bool backslash = engine == EngineKind::kClickHouse;
  std::string name;
  for (std::size_t at = 1; at + 1 < text.size(); ++at) {
    bool escape = (backslash && text[at] == '\\') || text[at] == quote;
    if (escape && at + 2 < text.size()) ++at;
    name += text[at];
  }
  return name;
}

}  // namespace keelboat::metabase
