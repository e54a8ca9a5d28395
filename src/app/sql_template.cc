#include "app/sql_template.h"

#include <algorithm>
#include <cctype>
#include <set>
#include <string_view>
#include <utility>

#include "keelboat/error.h"

namespace keelboat {
namespace {

arrow::Status Wrong(std::string_view sql, std::size_t at, const std::string& what) {
  const auto line =
      1 + std::count(sql.begin(), sql.begin() + static_cast<std::ptrdiff_t>(at), '\n');
  return MakeError(ErrorKind::kConfig, "line " + std::to_string(line) + ": " + what);
}

// Where what begins at `at` ends: a quoted text, a comment, or nothing of both (`at`).
std::size_t EndOfQuoteOrComment(std::string_view sql, std::size_t at) {
  const auto until = [&](std::string_view mark) {
    const std::size_t end = sql.find(mark, at + 2);
    return end == std::string_view::npos ? sql.size() : end + mark.size();
  };
  const std::string_view rest = sql.substr(at);
  if (rest.starts_with("--") || rest.starts_with("# ")) return until("\n");
  if (rest.starts_with("/*")) return until("*/");
  const char quote = sql[at];
  if (quote != '\'' && quote != '"' && quote != '`') return at;
  std::size_t i = at + 1;
  while (i < sql.size()) {
    if (sql[i] == '\\') {
      i += 2;
    } else if (sql[i] == quote) {
      return i + 1;  // A doubled quote begins the next one at once.
    } else {
      ++i;
    }
  }
  return sql.size();
}

std::string Trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) {
    text.remove_prefix(1);
  }
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) {
    text.remove_suffix(1);
  }
  return std::string(text);
}

bool IsName(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
  });
}

// Whether the [[ at `at` is closed, with a parameter before that.
bool IsClause(std::string_view sql, std::size_t at) {
  const std::size_t end = sql.find("]]", at);
  const std::size_t parameter = sql.find("{{", at);
  return end != std::string_view::npos && parameter < end;
}

}  // namespace

arrow::Result<SqlTemplate> SqlTemplate::Parse(const std::string& text) {
  const std::string_view sql = text;
  SqlTemplate parsed;
  Part plain;
  int clauses = 0;
  const auto flush = [&](int next_clause) {
    if (!plain.text.empty()) parsed.parts_.push_back(plain);
    plain = Part{"", false, next_clause};
  };
  for (std::size_t i = 0; i < sql.size();) {
    const std::string_view rest = sql.substr(i);
    if (const std::size_t end = EndOfQuoteOrComment(sql, i); end > i) {
      const std::string_view closed = sql.substr(i, end - i);
      if (const std::size_t hit = closed.find("{{"); hit != std::string_view::npos) {
        return Wrong(sql, i + hit,
                     "a parameter stands in quotes or in a comment: write it bare, "
                     "its value brings quotes of its own");
      }
      plain.text += closed;
      i = end;
    } else if (rest.starts_with("{{")) {
      const std::size_t close = rest.find("}}");
      if (close == std::string_view::npos) return Wrong(sql, i, "{{ is never closed");
      const std::string name = Trimmed(rest.substr(2, close - 2));
      if (!IsName(name)) {
        return Wrong(sql, i,
                     "'" + name +
                         "' is no parameter's name: letters, digits and "
                         "underscores");
      }
      const int clause = plain.clause;
      flush(clause);
      parsed.parts_.push_back({name, true, clause});
      i += close + 2;
    } else if (rest.starts_with("[[") && IsClause(sql, i)) {
      if (plain.clause >= 0) return Wrong(sql, i, "[[ stands inside of another one");
      flush(clauses++);
      i += 2;
    } else if (rest.starts_with("]]") && plain.clause >= 0) {
      flush(-1);
      i += 2;
    } else {
      plain.text += sql[i++];
    }
  }
  if (plain.clause >= 0) return Wrong(sql, sql.size(), "[[ is never closed");
  flush(-1);
  return parsed;
}

std::vector<std::string> SqlTemplate::Parameters() const {
  std::vector<std::string> names;
  for (const Part& part : parts_) {
    if (part.parameter && std::find(names.begin(), names.end(), part.text) == names.end())
      names.push_back(part.text);
  }
  return names;
}

std::vector<std::string> SqlTemplate::Needed() const {
  std::vector<std::string> names;
  for (const Part& part : parts_) {
    if (part.parameter && part.clause < 0) names.push_back(part.text);
  }
  return names;
}

arrow::Result<std::string> SqlTemplate::Fill(const LiteralOf& literal) const {
  std::set<int> dropped;
  std::vector<std::string> texts;
  for (const Part& part : parts_) {
    if (!part.parameter) {
      texts.push_back(part.text);
      continue;
    }
    ARROW_ASSIGN_OR_RAISE(auto value, literal(part.text));
    if (!value.has_value()) {
      if (part.clause < 0) {
        return MakeError(ErrorKind::kConfig, "parameter " + part.text + " has no value",
                         {{"parameter", part.text}});
      }
      dropped.insert(part.clause);
    }
    texts.push_back(value.value_or(""));
  }
  std::string sql;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    if (!dropped.contains(parts_[i].clause)) sql += texts[i];
  }
  return sql;
}

}  // namespace keelboat
