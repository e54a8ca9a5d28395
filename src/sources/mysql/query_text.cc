#include "sources/mysql/query_text.h"

#include <algorithm>

#include "keelboat/error.h"

namespace keelboat::mysql {
namespace {

bool IsSpace(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

bool IsWord(char c) {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return letter || (c >= '0' && c <= '9') || c == '_' || c == '$' || c < 0;
}

std::string Upper(std::string_view word) {
  std::string upper(word);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return upper;
}

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

arrow::Status Refused(const std::string& why) {
  return MakeError(ErrorKind::kConfig, "the query " + why);
}

// Goes over a statement word by word, past quotes and comments.
class Scanner {
 public:
  explicit Scanner(std::string_view sql) : sql_(sql) {}

  arrow::Result<std::string> Run() {
    while (at_ < sql_.size()) ARROW_RETURN_NOT_OK(Step());
    if (in_conditional_) return Refused("has a comment that does not end");
    if (depth_ != 0) return Refused("opens more parentheses than it closes");
    if (first_.empty()) return Refused("is empty");
    if (first_ != "SELECT" && first_ != "WITH" && first_ != "VALUES" &&
        first_ != "TABLE") {
      return Refused("begins with " + first_ +
                     "; write one that begins with SELECT or WITH");
    }
    return std::string(Trimmed(sql_.substr(0, end_)));
  }

 private:
  bool Ahead(std::string_view text) const { return sql_.substr(at_).starts_with(text); }

  arrow::Status Step() {
    const char c = sql_[at_];
    if (IsSpace(c)) {
      ++at_;
      return arrow::Status::OK();
    }
    const bool dashes = Ahead("--") && (at_ + 2 >= sql_.size() || IsSpace(sql_[at_ + 2]));
    if (c == '#' || dashes) {
      at_ = std::min(sql_.find('\n', at_), sql_.size());
      return arrow::Status::OK();
    }
    // What stands in /*! … */ is run.
    if (Ahead("/*!") || Ahead("/*M!")) {
      in_conditional_ = true;
      at_ += Ahead("/*!") ? 3 : 4;
      while (at_ < sql_.size() && sql_[at_] >= '0' && sql_[at_] <= '9') ++at_;
      return arrow::Status::OK();
    }
    if (in_conditional_ && Ahead("*/")) {
      in_conditional_ = false;
      at_ += 2;
      return arrow::Status::OK();
    }
    if (Ahead("/*")) {
      const std::size_t close = sql_.find("*/", at_ + 2);
      if (close == std::string_view::npos) {
        return Refused("has a comment that does not end");
      }
      at_ = close + 2;
      return arrow::Status::OK();
    }
    if (c == ';') {
      end_ = std::min(end_, at_);
      ++at_;
      return arrow::Status::OK();
    }
    if (end_ < at_) {
      return Refused("holds more than one statement; give one");
    }
    if (c == '\'' || c == '"' || c == '`') return Quoted(c);
    if (IsWord(c)) return Word();
    if (c == '(') ++depth_;
    if (c == ')' && --depth_ < 0) return Refused("closes more parentheses than it opens");
    last_.clear();
    ++at_;
    return arrow::Status::OK();
  }

  arrow::Status Quoted(char quote) {
    last_.clear();
    if (first_.empty()) first_ = std::string(1, quote);
    for (++at_; at_ < sql_.size(); ++at_) {
      if (sql_[at_] == '\\' && quote != '`') {
        ++at_;
      } else if (sql_[at_] == quote) {
        ++at_;
        return arrow::Status::OK();
      }
    }
    return Refused("has a quote that does not end");
  }

  arrow::Status Word() {
    const std::size_t begin = at_;
    while (at_ < sql_.size() && IsWord(sql_[at_])) ++at_;
    const std::string word = Upper(sql_.substr(begin, at_ - begin));
    const bool is_name = begin > 0 && (sql_[begin - 1] == '.' || sql_[begin - 1] == '@');
    if (first_.empty()) first_ = word;
    if (!is_name) {
      if (word == "INTO") return Refused("writes (INTO); keelboat only reads");
      const bool locks = (last_ == "FOR" && (word == "UPDATE" || word == "SHARE")) ||
                         (last_ == "LOCK" && word == "IN");
      if (locks) {
        return Refused("locks rows (" + last_ + " " + word + "); keelboat only reads");
      }
    }
    last_ = word;
    return arrow::Status::OK();
  }

  const std::string_view sql_;
  std::size_t at_ = 0;
  std::size_t end_ = std::string_view::npos;
  int depth_ = 0;
  bool in_conditional_ = false;
  std::string first_;
  std::string last_;
};

}  // namespace

arrow::Result<std::string> QueryText(std::string_view sql) { return Scanner(sql).Run(); }

std::string NameOf(const Relation& relation) {
  return relation.table.empty() ? "the query" : "table " + relation.table;
}

}  // namespace keelboat::mysql
