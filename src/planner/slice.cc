#include "planner/slice.h"

#include <utility>

#include <arrow/type.h>

#include "planner/increment.h"

namespace keelboat {
namespace {

Partition WholeTable(const TablePlan& plan) {
  Partition partition;
  partition.source = plan.spec.source;
  partition.table = plan.spec.table;
  partition.columns = plan.schema->field_names();
  partition.where = plan.spec.where;
  partition.snapshot = plan.snapshot.id;
  return partition;
}

using Bound = std::optional<std::string>;

Predicate Range(const std::string& column, const Bound& lower, const Bound& upper) {
  Predicate range;
  range.columns = {column};
  if (lower.has_value()) range.lower = {*lower};
  if (upper.has_value()) range.upper = {*upper};
  return range;
}

// The rows from `from` to `until`, those at or above `open_from` apart.
std::vector<Partition> Windows(const TablePlan& plan, const Bound& from,
                               const Bound& open_from, const Bound& until) {
  std::vector<Partition> partitions;
  const std::string& column = plan.cursor->column;
  if (open_from.has_value() && from != open_from) {
    partitions.push_back(WholeTable(plan));
    partitions.back().predicates.push_back(Range(column, from, open_from));
  }
  Partition tail = WholeTable(plan);
  tail.open_tail = open_from.has_value();
  Predicate range = Range(column, open_from.has_value() ? open_from : from, until);
  // Also where they are not wanted: rows without a value must not stay unseen.
  range.or_null = !until.has_value() && plan.schema->GetFieldByName(column)->nullable();
  const bool everything = range.lower.empty() && range.upper.empty();
  if (!everything) tail.predicates.push_back(std::move(range));
  partitions.push_back(std::move(tail));
  return partitions;
}

void SetProgress(Slice& slice, const Bound& watermark, const Bound& open_from) {
  if (watermark.has_value()) slice.configuration[lake_key::kWatermark] = *watermark;
  if (open_from.has_value()) slice.configuration[lake_key::kOpenFrom] = *open_from;
}

}  // namespace

Slice WholeSlice(const TablePlan& plan, std::optional<int64_t> row_limit,
                 std::map<std::string, std::string> configuration) {
  Slice slice;
  slice.replaces = plan.strategy == LoadStrategy::kFull;
  slice.configuration = std::move(configuration);
  if (!plan.cursor.has_value()) {
    slice.partitions.push_back(WholeTable(plan));
    slice.partitions.back().limit = row_limit;
    return slice;
  }
  const CursorPlan& cursor = *plan.cursor;
  slice.partitions = Windows(plan, cursor.from, cursor.open_from, std::nullopt);
  SetProgress(slice, cursor.watermark, cursor.open_from);
  return slice;
}

Slice WindowSlice(const TablePlan& plan) {
  const CursorPlan& cursor = *plan.cursor;
  Slice slice;
  slice.replaces = false;
  slice.partitions.push_back(WholeTable(plan));
  slice.partitions.back().predicates.push_back(
      Range(cursor.column, cursor.from, cursor.until));
  SetProgress(slice, cursor.watermark, cursor.open_from);
  const std::string& taken_at = plan.snapshot.taken_at;
  if (!taken_at.empty()) slice.configuration[lake_key::kTakenAt] = taken_at;
  return slice;
}

arrow::Status SliceAt(const std::vector<std::string>& bounds, TablePlan& plan) {
  const CursorPlan& cursor = *plan.cursor;
  const arrow::Field& field = *plan.schema->GetFieldByName(cursor.column);
  auto configuration = plan.slices.front().configuration;
  std::vector<Slice> slices;
  const bool replaces = plan.slices.front().replaces;
  Bound from = cursor.from;
  for (const std::string& bound : bounds) {
    if (from.has_value()) {
      ARROW_ASSIGN_OR_RAISE(int beyond, CompareCursors(cursor.kind, bound, *from));
      if (beyond <= 0) continue;
    }
    ARROW_ASSIGN_OR_RAISE(
        int beyond, CompareCursors(cursor.kind, bound, cursor.watermark.value_or(bound)));
    if (beyond >= 0) break;
    ARROW_ASSIGN_OR_RAISE(std::string open_from,
                          LookBack(field, bound, plan.spec.lookback));
    if (from.has_value()) {
      ARROW_ASSIGN_OR_RAISE(int later, CompareCursors(cursor.kind, open_from, *from));
      if (later < 0) open_from = *from;
    }
    Slice slice;
    slice.replaces = replaces && slices.empty();
    slice.configuration = configuration;
    slice.partitions = Windows(plan, from, open_from, bound);
    SetProgress(slice, bound, open_from);
    slices.push_back(std::move(slice));
    from = std::move(open_from);
  }
  if (slices.empty()) return arrow::Status::OK();
  Bound open_from = cursor.open_from;
  ARROW_ASSIGN_OR_RAISE(int later, CompareCursors(cursor.kind, *open_from, *from));
  if (later < 0) open_from = from;
  Slice last;
  last.replaces = false;
  last.configuration = std::move(configuration);
  last.partitions = Windows(plan, from, open_from, std::nullopt);
  SetProgress(last, cursor.watermark, open_from);
  slices.push_back(std::move(last));
  plan.slices = std::move(slices);
  return arrow::Status::OK();
}

arrow::Status CutPartitions(const SplitPartition& split, TablePlan& plan) {
  int ordinal = 0;
  std::string reason;
  for (Slice& slice : plan.slices) {
    std::vector<Partition> pieces;
    for (const Partition& partition : slice.partitions) {
      ARROW_ASSIGN_OR_RAISE(Split found, split(partition));
      if (found.pieces.size() == 1 && !found.reason.empty()) reason = found.reason;
      for (Split::Piece& piece : found.pieces) {
        Partition part = partition;
        part.ordinal = ordinal++;
        part.estimated_rows = piece.estimated_rows;
        if (piece.predicate.has_value()) {
          part.predicates.push_back(std::move(*piece.predicate));
        }
        pieces.push_back(std::move(part));
      }
    }
    slice.partitions = std::move(pieces);
  }
  const bool asked =
      plan.spec.partitions.value_or(1) > 1 || !plan.spec.partition_on.empty();
  if (asked && !reason.empty()) plan.warnings.push_back("read as one stream: " + reason);
  return arrow::Status::OK();
}

}  // namespace keelboat
