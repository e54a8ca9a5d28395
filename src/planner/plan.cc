#include "planner/plan.h"

#include <nlohmann/json.hpp>

#include <arrow/type.h>

namespace keelboat {
namespace {

using Json = nlohmann::ordered_json;

template <typename T>
Json OrNull(const std::optional<T>& value) {
  return value.has_value() ? Json(*value) : Json(nullptr);
}

Json PredicateToJson(const Predicate& predicate) {
  switch (predicate.kind) {
    case PredicateKind::kRange:
      return Json{{"kind", "range"},
                  {"columns", predicate.columns},
                  {"lower", predicate.lower},
                  {"upper", predicate.upper},
                  {"or_null", predicate.or_null}};
    case PredicateKind::kNull:
      return Json{{"kind", "null"}, {"columns", predicate.columns}};
    case PredicateKind::kHash:
      return Json{{"kind", "hash"},
                  {"columns", predicate.columns},
                  {"bucket", predicate.bucket},
                  {"buckets", predicate.buckets}};
    case PredicateKind::kKeyset:
      break;
  }
  return Json{
      {"kind", "keyset"}, {"columns", predicate.columns}, {"keys", predicate.keys}};
}

Json PartitionToJson(const Partition& partition) {
  Json predicates = Json::array();
  for (const Predicate& predicate : partition.predicates) {
    predicates.push_back(PredicateToJson(predicate));
  }
  return Json{{"source", partition.source},
              {"table", partition.table},
              {"sql", partition.sql},
              {"columns", partition.columns},
              {"where", partition.where},
              {"predicates", std::move(predicates)},
              {"ordinal", partition.ordinal},
              {"open_tail", partition.open_tail},
              {"estimated_rows", OrNull(partition.estimated_rows)},
              {"limit", OrNull(partition.limit)},
              {"snapshot", partition.snapshot}};
}

Json SnapshotToJson(const SnapshotInfo& snapshot) {
  return Json{{"id", snapshot.id},
              {"consistency", ConsistencyName(snapshot.consistency)},
              {"position", snapshot.position},
              {"taken_at", snapshot.taken_at},
              {"note", snapshot.note}};
}

Json CursorToJson(const CursorPlan& cursor) {
  return Json{{"column", cursor.column},
              {"kind", CursorKindName(cursor.kind)},
              {"from", OrNull(cursor.from)},
              {"until", OrNull(cursor.until)},
              {"watermark", OrNull(cursor.watermark)},
              {"open_from", OrNull(cursor.open_from)}};
}

Json TableToJson(const TablePlan& plan) {
  Json partitions = Json::array();
  for (std::size_t i = 0; i < plan.slices.size(); ++i) {
    for (const Partition& partition : plan.slices[i].partitions) {
      partitions.push_back(PartitionToJson(partition));
      partitions.back()["slice"] = i;
    }
  }
  return Json{{"table", plan.spec.table},
              {"source", plan.spec.source},
              {"asked", LoadStrategyName(plan.spec.strategy)},
              {"strategy", LoadStrategyName(plan.strategy)},
              {"reason", plan.reason},
              {"key", plan.key},
              {"estimated_rows", OrNull(plan.relation.estimated_rows)},
              {"estimated_bytes", OrNull(plan.relation.estimated_bytes)},
              {"lake_version", OrNull(plan.lake_version)},
              {"snapshot", SnapshotToJson(plan.snapshot)},
              {"cursor", plan.cursor ? CursorToJson(*plan.cursor) : Json(nullptr)},
              {"watermark", plan.cursor ? OrNull(plan.cursor->watermark) : Json(nullptr)},
              {"schema_change",
               {{"added", plan.schema_change.added},
                {"dropped", plan.schema_change.dropped},
                {"retyped", plan.schema_change.retyped}}},
              {"warnings", plan.warnings},
              {"partitions", std::move(partitions)}};
}

}  // namespace

std::string PlanToJson(const Plan& plan) {
  Json tables = Json::array();
  for (const TablePlan& table : plan.tables) tables.push_back(TableToJson(table));
  return Json{{"tables", std::move(tables)}}.dump(2, ' ', false,
                                                  Json::error_handler_t::replace);
}

}  // namespace keelboat
