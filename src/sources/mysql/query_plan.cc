#include "sources/mysql/query_plan.h"

#include <charconv>

namespace keelboat::mysql {
namespace {

// id, select_type, table, type, possible_keys, key, key_len, ref, rows, Extra; later
// versions of MySQL put partitions behind table and filtered behind rows.
constexpr std::size_t kClassicWidth = 10;
constexpr std::size_t kLaterWidth = 12;

// go-mysql-server writes null as text.
std::string TextOf(const std::optional<std::string>& cell) {
  return cell && *cell != "NULL" ? *cell : "";
}

}  // namespace

std::optional<QueryPlan> QueryPlan::Of(
    const std::vector<std::vector<std::optional<std::string>>>& rows) {
  QueryPlan plan;
  plan.rows = rows.empty() ? 0 : 1;
  plan.in_order = true;
  for (const auto& row : rows) {
    const bool later = row.size() == kLaterWidth;
    if (!later && row.size() != kClassicWidth) return {};
    const std::string select_type = TextOf(row[1]);
    if (select_type != "SIMPLE" && select_type != "PRIMARY") plan.in_order = false;
    const std::string type = TextOf(row[later ? 4 : 3]);
    const std::string extra = TextOf(row.back());
    const bool sorts = extra.find("filesort") != std::string::npos ||
                       extra.find("temporary") != std::string::npos;
    if (sorts || type == "ALL") plan.in_order = false;
    // No guess where the answer is known: no row, or a row that was read already.
    const std::string guess = TextOf(row[later ? 9 : 8]);
    // MySQL always tells one of the three; servers of its kind that plan otherwise
    // fill the table in for form's sake.
    if (guess.empty() && type.empty() && extra.empty()) return {};
    int64_t count = 0;
    if (!guess.empty()) {
      std::from_chars(guess.data(), guess.data() + guess.size(), count);
    } else if (extra.find("optimized away") != std::string::npos) {
      count = 1;
    }
    if (__builtin_mul_overflow(plan.rows, count, &plan.rows)) plan.rows = INT64_MAX;
  }
  return plan;
}

}  // namespace keelboat::mysql
