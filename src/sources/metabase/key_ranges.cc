#include "sources/metabase/key_ranges.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <limits>
#include <utility>

#include <arrow/type.h>
#include <arrow/type_traits.h>

#include "keelboat/error.h"
#include "sources/metabase/cell_value.h"

namespace keelboat::metabase {
namespace {

constexpr std::size_t kCountsAtOnce = 128;
// Characters: servers refuse statements that are too long (ClickHouse: 256 KiB).
constexpr std::size_t kLongestList = std::size_t{64} << 10;
constexpr int kRounds = 8;
constexpr int64_t kMicrosPerDay = 86'400'000'000;
// Bounds are written with years of four digits.
constexpr int64_t kFirstDay = -719'162;  // 0001-01-01
constexpr int64_t kLastDay = 2'932'896;  // 9999-12-31

using Column = AskedQuery::Column;

enum class Scale : uint8_t { kInteger, kDays, kMicros };

Scale ScaleOf(const Column& column) {
  const arrow::Type::type id = column.field->type()->id();
  if (id == arrow::Type::DATE32) return Scale::kDays;
  return id == arrow::Type::TIMESTAMP ? Scale::kMicros : Scale::kInteger;
}

// Clamped: outer ranges have no bounds, so that nothing beyond is lost.
int64_t ClampedInteger(const std::string& text) {
  int64_t value = 0;
  if (ParseInteger(text, &value)) return value;
  return text.starts_with("-") ? std::numeric_limits<int64_t>::min()
                               : std::numeric_limits<int64_t>::max();
}

arrow::Result<int64_t> Ordinal(const Column& column, const std::string& text) {
  switch (ScaleOf(column)) {
    case Scale::kInteger:
      return ClampedInteger(text);
    case Scale::kDays: {
      int32_t days = 0;
      if (ParseDate(text.substr(0, text.find('T')), &days)) return days;
      break;
    }
    case Scale::kMicros: {
      const bool instant =
          !static_cast<const arrow::TimestampType&>(*column.field->type())
               .timezone()
               .empty();
      // Finer digits do not matter for a bound.
      std::string coarse = text;
      const std::size_t point = coarse.find('.');
      if (point != std::string::npos) {
        const std::size_t end =
            std::min(coarse.find_first_not_of("0123456789", point + 1), coarse.size());
        coarse.erase(point, end - point);
      }
      int64_t micros = 0;
      if (ParseTimestamp(coarse, arrow::TimeUnit::MICRO, instant, &micros)) return micros;
      if (ParseTimestamp(coarse, arrow::TimeUnit::MICRO, false, &micros)) return micros;
      break;
    }
  }
  return MakeError(
      ErrorKind::kData,
      "the ends of column " + column.field->name() + " are no values of it: " + text,
      {{"column", column.field->name()}});
}

std::string DateText(int64_t days) {
  const std::chrono::year_month_day date{
      std::chrono::sys_days(std::chrono::days(std::clamp(days, kFirstDay, kLastDay)))};
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02u", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return text.data();
}

// The text of a bound, in the form of Predicate.
std::string BoundText(const Column& column, int64_t ordinal) {
  switch (ScaleOf(column)) {
    case Scale::kInteger:
      break;
    case Scale::kDays:
      return DateText(ordinal);
    case Scale::kMicros: {
      ordinal = std::clamp(ordinal, kFirstDay * kMicrosPerDay,
                           (kLastDay + 1) * kMicrosPerDay - 1);
      int64_t days = ordinal / kMicrosPerDay;
      int64_t rest = ordinal % kMicrosPerDay;
      if (rest < 0) {
        rest += kMicrosPerDay;
        --days;
      }
      std::array<char, 24> time{};
      const int64_t seconds = rest / 1'000'000;
      std::snprintf(time.data(), time.size(), " %02d:%02d:%02d.%06d",
                    static_cast<int>(seconds / 3600), static_cast<int>(seconds / 60 % 60),
                    static_cast<int>(seconds % 60), static_cast<int>(rest % 1'000'000));
      return DateText(days) + time.data();
    }
  }
  return std::to_string(ordinal);
}

// A range of the key while it is cut. Bounds as ordinals; the outer ones are not said.
struct Range {
  int64_t lower = 0;
  int64_t upper = 0;  // Exclusive.
  bool from_start = false;
  bool to_end = false;
  int64_t rows = 0;

  uint64_t width() const {
    return static_cast<uint64_t>(upper) - static_cast<uint64_t>(lower);
  }
};

Predicate ToPredicate(const Column& column, const Range& range) {
  Predicate predicate;
  predicate.columns = {column.field->name()};
  if (!range.from_start) predicate.lower = {BoundText(column, range.lower)};
  if (!range.to_end) predicate.upper = {BoundText(column, range.upper)};
  return predicate;
}

std::vector<Range> Cut(const Range& range, int64_t pieces) {
  const auto count = std::min<uint64_t>(static_cast<uint64_t>(pieces), range.width());
  std::vector<Range> cut;
  int64_t lower = range.lower;
  for (uint64_t i = 0; i < count; ++i) {
    // Evenly, without leaving 64 bits.
    const uint64_t step = range.width() / count;
    const uint64_t more = range.width() % count;
    const uint64_t offset = step * (i + 1) + std::min<uint64_t>(i + 1, more);
    const auto upper = static_cast<int64_t>(static_cast<uint64_t>(range.lower) + offset);
    cut.push_back(
        {lower, upper, range.from_start && i == 0, range.to_end && i + 1 == count, 0});
    lower = upper;
  }
  return cut;
}

// Small neighbours become one. Empty ones go to any; before the last time not to one
// that is to be cut again, which they would make wide again.
std::vector<Range> Merge(const std::vector<Range>& ranges, int64_t target, bool last) {
  std::vector<Range> merged;
  for (const Range& range : ranges) {
    const int64_t rows = merged.empty() ? 0 : merged.back().rows + range.rows;
    const bool empty = !merged.empty() && (merged.back().rows == 0 || range.rows == 0);
    const bool joins =
        !merged.empty() && (rows <= target || (empty && (last || rows <= 2 * target)));
    if (joins) {
      merged.back().rows += range.rows;
      merged.back().upper = range.upper;
      merged.back().to_end = range.to_end;
    } else {
      merged.push_back(range);
    }
  }
  return merged;
}

arrow::Status CountRanges(Api& api, const AskedQuery& query, const Column& column,
                          const std::string& conditions, const std::stop_token& stop,
                          std::vector<Range*> ranges) {
  std::vector<std::string> counted;
  for (const Range* range : ranges) {
    ARROW_ASSIGN_OR_RAISE(std::string text, query.Condition(ToPredicate(column, *range)));
    counted.push_back(std::move(text));
  }
  ARROW_ASSIGN_OR_RAISE(auto counts, CountRows(api, query, counted, conditions, stop));
  for (std::size_t i = 0; i < ranges.size(); ++i) ranges[i]->rows = counts[i];
  return arrow::Status::OK();
}

arrow::Result<int64_t> CountIn(const Answer& answer, std::size_t at) {
  if (answer.rows.size() != 1 || at >= answer.rows[0].size() ||
      !answer.rows[0][at].has_value()) {
    return MakeError(ErrorKind::kData, "the server's answer to a count is no count");
  }
  int64_t count = 0;
  if (!ParseInteger(*answer.rows[0][at], &count) || count < 0) {
    return MakeError(ErrorKind::kData, "the server's answer to a count is no count: " +
                                           *answer.rows[0][at]);
  }
  return count;
}

}  // namespace

bool IsRangeKey(const Column& column) {
  const arrow::Type::type id = column.field->type()->id();
  return arrow::is_integer(id) || id == arrow::Type::DATE32 ||
         id == arrow::Type::TIMESTAMP;
}

arrow::Result<RowFacts> MeasureRows(Api& api, const AskedQuery& query,
                                    const std::vector<const Column*>& keys,
                                    const std::string& conditions,
                                    const std::stop_token& stop) {
  std::string list = "count(*) AS n";
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const std::string value = query.ValueOf(*keys[i]);
    const std::string number = std::to_string(i);
    list += ", count(" + value + ") AS n" + number + ", min(" + value + ") AS low" +
            number + ", max(" + value + ") AS high" + number;
  }
  ARROW_ASSIGN_OR_RAISE(Answer answer, api.Ask(query.About(list, conditions), stop));
  RowFacts facts;
  ARROW_ASSIGN_OR_RAISE(facts.rows, CountIn(answer, 0));
  for (std::size_t i = 0; i < keys.size(); ++i) {
    KeyFacts key;
    key.column = keys[i];
    ARROW_ASSIGN_OR_RAISE(key.values, CountIn(answer, 1 + 3 * i));
    const auto& row = answer.rows[0];
    if (row.size() < 4 + 3 * i) {
      return MakeError(ErrorKind::kData, "the server's answer to a count is too short");
    }
    const auto& low = row[2 + 3 * i];
    const auto& high = row[3 + 3 * i];
    if (key.values > 0 && low.has_value() && high.has_value()) {
      ARROW_ASSIGN_OR_RAISE(key.min, Ordinal(*keys[i], *low));
      ARROW_ASSIGN_OR_RAISE(key.max, Ordinal(*keys[i], *high));
    }
    facts.keys.push_back(key);
  }
  return facts;
}

arrow::Result<std::vector<int64_t>> CountRows(Api& api, const AskedQuery& query,
                                              const std::vector<std::string>& counted,
                                              const std::string& conditions,
                                              const std::stop_token& stop) {
  std::vector<int64_t> counts;
  while (counts.size() < counted.size()) {
    const std::size_t begin = counts.size();
    std::size_t end = begin;
    std::string list;
    for (; end < counted.size() && end < begin + kCountsAtOnce; ++end) {
      const std::size_t i = end;
      if (list.size() + counted[i].size() > kLongestList && i > begin) break;
      list += (list.empty() ? "" : ", ");
      list += "count(CASE WHEN " + counted[i] + " THEN 1 END) AS n" + std::to_string(i);
    }
    ARROW_ASSIGN_OR_RAISE(Answer answer, api.Ask(query.About(list, conditions), stop));
    for (std::size_t i = begin; i < end; ++i) {
      ARROW_ASSIGN_OR_RAISE(int64_t count, CountIn(answer, i - begin));
      counts.push_back(count);
    }
  }
  return counts;
}

arrow::Result<std::vector<CountedPiece>> CutByKey(Api& api, const AskedQuery& query,
                                                  const KeyFacts& key, int64_t rows,
                                                  int64_t target,
                                                  const std::string& conditions,
                                                  const std::stop_token& stop) {
  const Column& column = *key.column;
  target = std::max<int64_t>(target, 1);
  Range all{key.min, key.max, true, true, key.values};
  // One beyond the largest; at the end of 64 bits the last value shares its range.
  if (all.upper < std::numeric_limits<int64_t>::max()) ++all.upper;
  std::vector<Range> ranges = Cut(all, (key.values + target - 1) / target);
  if (ranges.empty()) ranges.push_back(all);
  if (ranges.size() == 1) {
    ranges[0].rows = key.values;
  } else {
    std::vector<Range*> each;
    for (Range& range : ranges) each.push_back(&range);
    ARROW_RETURN_NOT_OK(CountRanges(api, query, column, conditions, stop, each));
  }
  // A range with more than its share is cut again, until there is no place to cut.
  for (int round = 0; round < kRounds; ++round) {
    auto crowded = [&](const Range& range) {
      return range.rows > 2 * target && range.width() > 1;
    };
    // As many parts as one question counts: an outlier can make a range very wide.
    const int64_t wanted = std::max<int64_t>(
        4, static_cast<int64_t>(kCountsAtOnce) /
               std::max<int64_t>(1, std::ranges::count_if(ranges, crowded)));
    std::vector<Range> finer;
    std::vector<std::size_t> fresh;
    for (const Range& range : ranges) {
      if (!crowded(range)) {
        finer.push_back(range);
        continue;
      }
      for (const Range& part : Cut(range, wanted)) {
        fresh.push_back(finer.size());
        finer.push_back(part);
      }
    }
    if (fresh.empty()) break;
    std::vector<Range*> each;
    for (std::size_t at : fresh) each.push_back(&finer[at]);
    ARROW_RETURN_NOT_OK(CountRanges(api, query, column, conditions, stop, each));
    ranges = Merge(finer, target, /*last=*/false);
  }
  ranges = Merge(ranges, target, /*last=*/true);

  std::vector<CountedPiece> pieces;
  for (const Range& range : ranges) {
    pieces.push_back({ToPredicate(column, range), range.rows});
  }
  const bool ordered = query.OrderColumn() == &column;
  if (ordered && query.descending()) std::ranges::reverse(pieces);
  if (column.type.nullable) {
    // Also where none is known now: one may come, and every row is somebody's.
    CountedPiece none;
    none.predicate.kind = PredicateKind::kNull;
    none.predicate.columns = {column.field->name()};
    none.rows = std::max<int64_t>(rows - key.values, 0);
    const bool first = ordered && query.nulls_first();
    if (none.rows > 0) {
      pieces.insert(first ? pieces.begin() : pieces.end(), std::move(none));
    } else {
      (first ? pieces.front() : pieces.back()).predicate.or_null = true;
    }
  }
  return pieces;
}

}  // namespace keelboat::metabase
