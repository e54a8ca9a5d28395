#include "planner/backfill.h"

#include <algorithm>
#include <string>
#include <utility>

#include <arrow/type.h>

#include "keelboat/error.h"
#include "planner/increment.h"

namespace keelboat {
namespace {

arrow::Status Refused(const TablePlan& plan, const std::string& why) {
  return MakeError(ErrorKind::kConfig, "table " + plan.spec.table + ": " + why,
                   {{"table", plan.spec.table}});
}

bool IsIndexed(const Relation& relation, const std::string& column) {
  return std::any_of(relation.indexes.begin(), relation.indexes.end(),
                     [&](const Index& index) {
                       return !index.columns.empty() && index.columns.front() == column;
                     });
}

// What the lake keeps as text has lost its order there.
bool IsTextInTheLake(const LakeSnapshot& lake, const std::string& column) {
  const auto field = lake.schema->GetFieldByName(column);
  return field == nullptr || field->type()->id() == arrow::Type::STRING;
}

arrow::Status CheckTable(const TableFacts& facts, const TablePlan& plan) {
  const std::string& table = plan.spec.table;
  if (plan.spec.strategy == LoadStrategy::kFull) {
    return Refused(plan,
                   "it is loaded in full (load_strategy full), so that every run "
                   "reads all of it: keelboat run " +
                       table);
  }
  if (!facts.lake.has_value() || ValueOf(*facts.lake, lake_key::kOpenFrom).empty()) {
    return Refused(plan,
                   "no run has loaded it incrementally yet, so there is nothing to "
                   "read again: keelboat run " +
                       table);
  }
  const arrow::Field& field = *plan.schema->GetFieldByName(plan.spec.incremental_column);
  ARROW_ASSIGN_OR_RAISE(CursorKind kind, CursorKindOf(field));
  if (kind == CursorKind::kText || IsTextInTheLake(*facts.lake, field.name())) {
    return Refused(plan, "the lake keeps its cursor " + field.name() +
                             " as text, whose order the source alone knows, so no window "
                             "of it can be replaced: keelboat run " +
                             table + " --full-refresh");
  }
  if (const std::string why = WhyNotTogether(facts, plan); !why.empty()) {
    return Refused(plan,
                   why + ", so the next run reads it in full: keelboat run " + table);
  }
  return arrow::Status::OK();
}

}  // namespace

arrow::Status DecideBackfill(const BackfillWindow& window, const TableFacts& facts,
                             TablePlan& plan) {
  ARROW_RETURN_NOT_OK(CheckTable(facts, plan));
  const std::string& table = plan.spec.table;
  const arrow::Field& field = *plan.schema->GetFieldByName(plan.spec.incremental_column);
  CursorPlan cursor;
  cursor.column = field.name();
  ARROW_ASSIGN_OR_RAISE(cursor.kind, CursorKindOf(field));
  cursor.include_nulls = plan.spec.null_cursor == NullCursor::kInclude;
  cursor.watermark = ValueOf(*facts.lake, lake_key::kWatermark);
  cursor.open_from = ValueOf(*facts.lake, lake_key::kOpenFrom);
  auto from = ParseCursorValue(field, window.from);
  if (!from.ok()) return AddContext(from.status(), "reading --from");
  auto to = ParseCursorValue(field, window.to);
  if (!to.ok()) return AddContext(to.status(), "reading --to");
  ARROW_ASSIGN_OR_RAISE(int order, CompareCursors(cursor.kind, *from, *to));
  if (order >= 0) {
    return Refused(plan, "the window is empty: --from " + *from + " is not below --to " +
                             *to + ", which itself is not read");
  }
  ARROW_ASSIGN_OR_RAISE(int begins,
                        CompareCursors(cursor.kind, *from, *cursor.open_from));
  if (begins >= 0) {
    return Refused(plan, "the window lies wholly in the open tail, which begins at " +
                             *cursor.open_from +
                             " and is read again by every run: keelboat run " + table);
  }
  ARROW_ASSIGN_OR_RAISE(int ends, CompareCursors(cursor.kind, *to, *cursor.open_from));
  if (ends > 0) {
    plan.warnings.push_back("rows from " + *cursor.open_from +
                            " on lie in the open tail: the next run reads them, not "
                            "this backfill");
    to = *cursor.open_from;
  }
  if (!IsIndexed(plan.relation, field.name())) {
    plan.warnings.push_back("the cursor " + field.name() +
                            " has no index: the window is found by scanning "
                            "about " +
                            std::to_string(plan.relation.estimated_rows.value_or(0)) +
                            " rows");
  }
  plan.strategy = LoadStrategy::kBackfill;
  plan.reason = field.name() + " from " + *from + " to below " + *to;
  cursor.from = *std::move(from);
  cursor.until = *std::move(to);
  plan.cursor = std::move(cursor);
  return arrow::Status::OK();
}

}  // namespace keelboat
