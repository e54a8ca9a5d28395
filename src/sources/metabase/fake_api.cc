#include "sources/metabase/fake_api.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "core/stop.h"
#include "keelboat/error.h"
#include "sources/metabase/text_stream.h"

namespace keelboat::metabase {
namespace {

using Row = FakeApi::Row;

// Evaluates a condition as asked_query.cc and dialect.cc write them.
class Condition {
 public:
  Condition(std::string_view text, const Row& row) : text_(text), row_(row) {}
  bool Holds() {
    const bool holds = Either();
    if (at_ != text_.size()) throw std::runtime_error("no condition: " + Rest());
    return holds;
  }

 private:
  std::string Rest() const { return std::string(text_.substr(at_)); }
  void Blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
  }
  bool Take(std::string_view word) {
    Blanks();
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    Blanks();
    return true;
  }
  int64_t Number() {
    int64_t number = 0;
    auto [end, error] =
        std::from_chars(text_.data() + at_, text_.data() + text_.size(), number);
    if (error != std::errc()) throw std::runtime_error("no number: " + Rest());
    at_ = static_cast<std::size_t>(end - text_.data());
    Blanks();
    return number;
  }
  bool Either() {
    bool holds = Both();
    while (Take("OR ")) {
      const bool other = Both();
      holds = holds || other;
    }
    return holds;
  }
  bool Both() {
    bool holds = One();
    while (Take("AND ")) {
      const bool other = One();
      holds = holds && other;
    }
    return holds;
  }
  bool One() {
    if (Take("(")) {
      const bool holds = Either();
      if (!Take(")")) throw std::runtime_error("no parenthesis: " + Rest());
      return holds;
    }
    if (Take("1 = 1")) return true;
    if (Take("1 = 0")) return false;
    if (Take("cityHash64(tuple(keelboat_rows.`id`, keelboat_rows.`note`)) % ")) {
      const auto buckets = static_cast<std::size_t>(Number());
      if (!Take("= ")) throw std::runtime_error("no bucket: " + Rest());
      const std::size_t hash = std::hash<std::string>()(
          (row_.id.has_value() ? std::to_string(*row_.id) : "NULL") + "|" + row_.note);
      return hash % buckets == static_cast<std::size_t>(Number());
    }
    if (!Take("keelboat_rows.`id` ")) throw std::runtime_error("no column: " + Rest());
    if (Take("IS NULL")) return !row_.id.has_value();
    if (Take("IS NOT NULL")) return row_.id.has_value();
    if (Take(">= ")) {
      const int64_t bound = Number();
      return row_.id.has_value() && *row_.id >= bound;
    }
    if (Take("< ")) {
      const int64_t bound = Number();
      return row_.id.has_value() && *row_.id < bound;
    }
    throw std::runtime_error("no comparison: " + Rest());
  }

  std::string_view text_;
  const Row& row_;
  std::size_t at_ = 0;
};

bool Holds(std::string_view condition, const Row& row) {
  return Condition(condition, row).Holds();
}

std::string IdText(const std::optional<int64_t>& id) {
  return id.has_value() ? std::to_string(*id) : "null";
}

}  // namespace

std::vector<Row> FakeApi::Chosen(const std::string& sql) const {
  std::size_t end = sql.find(" ORDER BY keelboat_rows");
  if (end == std::string::npos) end = sql.find(" LIMIT ", sql.find("keelboat_rows"));
  if (end == std::string::npos) end = sql.size();
  std::vector<Row> rows = rows_;
  if (const std::size_t where = sql.find("keelboat_rows WHERE ");
      where != std::string::npos) {
    const std::string condition = sql.substr(where + 20, end - where - 20);
    std::erase_if(rows, [&](const Row& row) { return !Holds(condition, row); });
  }
  if (sql.find(" ORDER BY keelboat_rows.`id`") != std::string::npos) {
    const bool descending = sql.find(" DESC") != std::string::npos;
    std::ranges::stable_sort(rows, [&](const Row& left, const Row& right) {
      if (!left.id.has_value() || !right.id.has_value()) {
        return left.id.has_value() && !right.id.has_value();
      }
      return descending ? *left.id > *right.id : *left.id < *right.id;
    });
  }
  return rows;
}

arrow::Result<Answer> FakeApi::Ask(const Question& question,
                                   const std::stop_token& stop) {
  ARROW_RETURN_NOT_OK(CheckStop(stop));
  std::lock_guard lock(mutex_);
  questions_.push_back(question.sql);
  ++asks_;
  const std::string& sql = question.sql;
  Answer answer;
  answer.results_timezone = "UTC";
  if (sql.starts_with("DESCRIBE")) {
    answer.rows = {{"id", id_type_}, {"note", "String"}};
    return answer;
  }
  const std::vector<Row> rows = Chosen(sql);
  std::vector<std::optional<std::string>> cells;
  static constexpr std::string_view kCase = "count(CASE WHEN ";
  if (sql.starts_with("SELECT " + std::string(kCase))) {
    const std::size_t from = sql.find(" FROM (\n");
    for (std::size_t at = sql.find(kCase); at < from; at = sql.find(kCase, at)) {
      at += kCase.size();
      const std::size_t end = sql.find(" THEN 1 END)", at);
      const std::string condition = sql.substr(at, end - at);
      cells.push_back(std::to_string(std::ranges::count_if(
          rows, [&](const Row& row) { return Holds(condition, row); })));
    }
  } else if (sql.starts_with("SELECT count(*) AS n")) {
    cells.push_back(std::to_string(rows.size()));
    if (sql.find("count(keelboat_rows.`id`)") != std::string::npos) {
      std::vector<int64_t> ids;
      for (const Row& row : rows) {
        if (row.id.has_value()) ids.push_back(*row.id);
      }
      cells.push_back(std::to_string(ids.size()));
      std::ranges::sort(ids);
      cells.push_back(ids.empty() ? "0" : std::to_string(ids.front()));
      cells.push_back(ids.empty() ? "0" : std::to_string(ids.back()));
    }
  } else if (sql.find(" AS c0") != std::string::npos) {
    return answer;  // Rows as a small answer: nobody looks at them.
  } else {
    return MakeError(ErrorKind::kInternal, "the fake does not know: " + sql);
  }
  answer.rows = {std::move(cells)};
  return answer;
}

arrow::Result<std::unique_ptr<ByteStream>> FakeApi::Export(const Question& question,
                                                           const std::stop_token& stop) {
  ARROW_RETURN_NOT_OK(CheckStop(stop));
  std::lock_guard lock(mutex_);
  questions_.push_back(question.sql);
  if (change_) change_(&rows_);
  std::vector<Row> rows = Chosen(question.sql);
  Fate fate;
  if (fault_) fate = fault_(rows.size(), exports_);
  ++exports_;
  if (fate.rows.has_value() && *fate.rows < rows.size()) rows.resize(*fate.rows);
  std::string text = "[\n";
  for (std::size_t i = 0; i < rows.size(); ++i) {
    text += i > 0 ? ",\n" : "";
    text += "{\"c0\":" + IdText(rows[i].id) + ",\"c1\":\"" + rows[i].note + "\"}";
  }
  text += "\n]";
  if (fate.bytes.has_value()) text.resize(std::min(text.size(), *fate.bytes));
  return std::make_unique<TextStream>(std::move(text), std::size_t{1} << 14, fate.end);
}

}  // namespace keelboat::metabase
