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

Json PartitionToJson(const Partition& partition) {
  return Json{{"source", partition.source},       {"table", partition.table},
              {"columns", partition.columns},     {"where", partition.where},
              {"predicate", {{"kind", "all"}}},   {"ordinal", partition.ordinal},
              {"limit", OrNull(partition.limit)}, {"snapshot", partition.snapshot}};
}

Json TableToJson(const TablePlan& plan) {
  Json partitions = Json::array();
  for (const Partition& partition : plan.partitions) {
    partitions.push_back(PartitionToJson(partition));
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
              {"watermark", nullptr},
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
  return Json{{"tables", std::move(tables)}}.dump(2);
}

}  // namespace keelboat
