#include "planner/increment.h"

#include <charconv>
#include <chrono>
#include <optional>
#include <utility>

#include <arrow/type.h>
#include <nlohmann/json.hpp>

#include "keelboat/error.h"
#include "planner/schema_change.h"

namespace keelboat {
namespace {

using Configuration = std::map<std::string, std::string>;

std::string KeyJson(const std::vector<std::string>& key) {
  return nlohmann::json(key).dump(-1, ' ', false,
                                  nlohmann::json::error_handler_t::replace);
}

const arrow::Field& CursorField(const TablePlan& plan) {
  return *plan.schema->GetFieldByName(plan.spec.incremental_column);
}

std::string Shown(const std::string& text) {
  return text.empty() ? "nothing" : "'" + text + "'";
}

// Why what the lake has cannot be gone on from; empty: it can.
std::string WhyStartAnew(const PlanOptions& options, const TableFacts& facts,
                         const TablePlan& plan) {
  if (!options.full_because.empty()) return options.full_because;
  if (options.full_refresh) return "full refresh was asked for";
  if (options.row_limit.has_value()) return "test mode reads the first rows only";
  if (!facts.lake.has_value()) return "no watermark yet";
  if (!facts.lake->configuration.contains(lake_key::kOpenFrom)) return "no watermark yet";
  return WhyNotTogether(facts, plan);
}

// Why an increment does not prove that the lake has what the source has.
std::string WhyNotProven(const PlanOptions& options, const TableFacts& facts,
                         const TablePlan& plan) {
  if (plan.key.empty()) return "no key, so deleted rows could not be seen";
  const SchemaDelta delta =
      CompareSchemas(*facts.lake->schema, *plan.schema, facts.masked);
  if (!delta.empty()) return "columns changed: " + DescribeChange(delta);
  const LakeSnapshot& lake = *facts.lake;
  if (plan.spec.full_refresh_every.has_value()) {
    const auto last = ParseTime(ValueOf(lake, lake_key::kFullAt));
    if (!last.has_value() || options.now - *last >= *plan.spec.full_refresh_every) {
      return "full_refresh_every is due, the last full load was at " +
             ValueOf(lake, lake_key::kFullAt);
    }
  }
  return {};
}

arrow::Status CheckNulls(const TableFacts& facts, const TablePlan& plan) {
  if (facts.cursor->nulls == 0 || plan.spec.null_cursor == NullCursor::kInclude) {
    return arrow::Status::OK();
  }
  const CursorKind kind = plan.cursor->kind;
  const bool is_time = kind == CursorKind::kTime || kind == CursorKind::kDate;
  return MakeError(
      ErrorKind::kData,
      "table " + plan.spec.table + ": " + std::to_string(facts.cursor->nulls) +
          " rows have no value in the cursor " + plan.spec.incremental_column +
          (is_time ? " (null, or a date of zeros)" : "") +
          ", so no increment would ever see them: give them one, or set null_cursor to "
          "include, which reads them again in every run",
      {{"table", plan.spec.table},
       {"column", plan.spec.incremental_column},
       {"rows", std::to_string(facts.cursor->nulls)}});
}

void WarnAboutCursor(const TableFacts& facts, TablePlan& plan) {
  const std::string& column = plan.spec.incremental_column;
  if (facts.cursor->has_future) {
    plan.warnings.push_back("values of the cursor " + column +
                            " lie beyond the server's clock: those rows are read again "
                            "in every run until their time has come");
  }
  // A hybrid load is full without a key.
  if (plan.key.empty() && plan.spec.strategy == LoadStrategy::kIncremental) {
    plan.warnings.push_back(
        "there is no key, so an updated row comes beside its older version: declare "
        "primary_key, or set load_strategy to hybrid where rows are updated");
  }
  if (plan.cursor->kind == CursorKind::kText) {
    plan.warnings.push_back("the cursor " + column +
                            " is text: it must be written so that the server's order is "
                            "the order of time, and it has no lookback");
  }
  if (IsNoLookback(plan.spec.lookback)) {
    plan.warnings.push_back(
        "lookback is 0: a row that is committed after a later one "
        "was read, with a smaller " +
        column + ", is missed");
  }
  if (const int64_t rows = facts.cursor->scan_rows; !facts.cursor->indexed) {
    plan.warnings.push_back(
        "the cursor " + column + " has no index: every run scans " +
        (rows > 0 ? "about " + std::to_string(rows) + " rows" : "all of the table"));
  }
}

// Moves watermark and open tail on, never back.
arrow::Status Advance(const TableFacts& facts, const LakeSnapshot& lake,
                      TablePlan& plan) {
  CursorPlan& cursor = *plan.cursor;
  cursor.from = ValueOf(lake, lake_key::kOpenFrom);
  cursor.watermark = ValueOf(lake, lake_key::kWatermark);
  cursor.open_from = cursor.from;
  const bool none = !facts.cursor->max.has_value();
  int ahead = -1;
  if (!none && facts.cursor_is_back.has_value()) {
    ahead = *facts.cursor_is_back ? -1 : 1;
  } else if (!none) {
    ARROW_ASSIGN_OR_RAISE(
        ahead, CompareCursors(cursor.kind, *facts.cursor->max, *cursor.watermark));
  }
  if (none || ahead < 0) {
    const std::string now = none ? "gone" : *facts.cursor->max;
    plan.warnings.push_back("the largest " + cursor.column + " is " + now +
                            ", below the watermark " + *cursor.watermark +
                            ": rows were deleted or set back");
    return arrow::Status::OK();
  }
  cursor.watermark = *facts.cursor->max;
  ARROW_ASSIGN_OR_RAISE(
      std::string open_from,
      LookBack(CursorField(plan), *cursor.watermark, plan.spec.lookback));
  int later = ahead;
  if (!facts.cursor_is_back.has_value()) {
    ARROW_ASSIGN_OR_RAISE(later, CompareCursors(cursor.kind, open_from, *cursor.from));
  }
  if (later > 0) cursor.open_from = std::move(open_from);
  return arrow::Status::OK();
}

}  // namespace

std::string WhyNotTogether(const TableFacts& facts, const TablePlan& plan) {
  const LakeSnapshot& lake = *facts.lake;
  const arrow::Field& field = CursorField(plan);
  if (ValueOf(lake, lake_key::kCursor) != field.name()) {
    return "the cursor was " + ValueOf(lake, lake_key::kCursor) + " before";
  }
  if (ValueOf(lake, lake_key::kCursorType) != SourceTypeOf(field)) {
    return "the cursor " + field.name() + " was " + ValueOf(lake, lake_key::kCursorType) +
           " before and is " + SourceTypeOf(field) + " now";
  }
  if (ValueOf(lake, lake_key::kKey) != KeyJson(plan.key)) {
    return "the key was " + ValueOf(lake, lake_key::kKey) + " before and is " +
           KeyJson(plan.key) + " now";
  }
  if (ValueOf(lake, lake_key::kWhere) != plan.spec.where) {
    return "where was " + Shown(ValueOf(lake, lake_key::kWhere)) + " before and is " +
           Shown(plan.spec.where) + " now";
  }
  if (ValueOf(lake, lake_key::kMasks) != facts.masks) {
    return "masks were " + Shown(ValueOf(lake, lake_key::kMasks)) + " before and are " +
           Shown(facts.masks) + " now";
  }
  const bool nulls = ValueOf(lake, lake_key::kNullCursor) == "include";
  if (nulls != (plan.spec.null_cursor == NullCursor::kInclude)) {
    return "null_cursor was changed";
  }
  for (const DataFile& file : facts.lake->files) {
    if (file.rows_version != kMixedVersions) continue;
    return "another program put rows of several commits into one file of the lake, so it "
           "cannot be told which are the newest";
  }
  // Rows in the lake's files keep the columns and types that they were written with.
  const SchemaDelta delta =
      CompareSchemas(*facts.lake->schema, *plan.schema, facts.masked);
  if (!delta.only_added()) return "columns changed: " + DescribeChange(delta);
  return {};
}

std::string ValueOf(const LakeSnapshot& lake, const char* key) {
  auto found = lake.configuration.find(key);
  return found == lake.configuration.end() ? std::string() : found->second;
}

arrow::Result<std::vector<std::string>> KeyOf(const LakeSnapshot& lake) {
  std::vector<std::string> key;
  const std::string text = ValueOf(lake, lake_key::kKey);
  if (text.empty()) return key;
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  bool known = json.is_array();
  for (const auto& column : json) {
    known = known && column.is_string() &&
            lake.schema->GetFieldIndex(column.get<std::string>()) >= 0;
    if (!known) break;
    key.push_back(column.get<std::string>());
  }
  if (known) return key;
  return MakeError(ErrorKind::kData,
                   "the lake's table says in " + std::string(lake_key::kKey) +
                       " that its key is " + text +
                       ", which are no columns of it: load the table in full "
                       "(--full-refresh)");
}

std::optional<int64_t> BaseVersionOf(const LakeSnapshot& lake) {
  const std::string text = ValueOf(lake, kBaseVersionKey);
  int64_t version = 0;
  const auto [rest, error] =
      std::from_chars(text.data(), text.data() + text.size(), version);
  if (error != std::errc() || text.empty()) return std::nullopt;
  return version;
}

arrow::Status DecideIncrement(const PlanOptions& options, const TableFacts& facts,
                              TablePlan& plan) {
  const TableSpec& spec = plan.spec;
  CursorPlan cursor;
  cursor.column = spec.incremental_column;
  cursor.include_nulls = spec.null_cursor == NullCursor::kInclude;
  ARROW_ASSIGN_OR_RAISE(cursor.kind, CursorKindOf(CursorField(plan)));
  plan.strategy = LoadStrategy::kFull;
  plan.reason = WhyStartAnew(options, facts, plan);
  if (plan.reason.empty() && spec.strategy == LoadStrategy::kHybrid) {
    plan.reason = WhyNotProven(options, facts, plan);
  }
  if (!facts.cursor.has_value()) return arrow::Status::OK();

  plan.cursor = std::move(cursor);
  ARROW_RETURN_NOT_OK(CheckNulls(facts, plan));
  WarnAboutCursor(facts, plan);
  if (plan.reason.empty()) {
    plan.strategy = LoadStrategy::kIncremental;
    plan.check_keys = spec.strategy == LoadStrategy::kHybrid;
    const SchemaDelta delta =
        CompareSchemas(*facts.lake->schema, *plan.schema, facts.masked);
    if (!delta.added.empty()) {
      plan.warnings.push_back(DescribeChange(delta) +
                              ": rows loaded before have no value there; "
                              "--full-refresh reads them again");
    }
    return Advance(facts, *facts.lake, plan);
  }
  if (facts.cursor->max.has_value()) {
    plan.cursor->watermark = facts.cursor->max;
    ARROW_ASSIGN_OR_RAISE(plan.cursor->open_from,
                          LookBack(CursorField(plan), *facts.cursor->max, spec.lookback));
  }
  return arrow::Status::OK();
}

Configuration ConfigurationOf(const PlanOptions& options, const TableFacts& facts,
                              const TablePlan& plan) {
  Configuration configuration = {
      {lake_key::kSource, plan.spec.source},
      {lake_key::kStrategy, LoadStrategyName(plan.spec.strategy)},
      {lake_key::kKey, KeyJson(plan.key)},
      {lake_key::kTakenAt, facts.snapshot.taken_at}};
  if (plan.strategy == LoadStrategy::kFull) {
    configuration[lake_key::kFullAt] = FormatTime(options.now);
  }
  if (!plan.spec.where.empty()) configuration[lake_key::kWhere] = plan.spec.where;
  if (!facts.masks.empty()) configuration[lake_key::kMasks] = facts.masks;
  if (!plan.cursor.has_value()) return configuration;
  configuration[lake_key::kCursor] = plan.cursor->column;
  configuration[lake_key::kCursorKind] = CursorKindName(plan.cursor->kind);
  configuration[lake_key::kCursorType] = SourceTypeOf(CursorField(plan));
  if (plan.cursor->include_nulls) configuration[lake_key::kNullCursor] = "include";
  return configuration;
}

}  // namespace keelboat
