#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "planner/table_spec.h"
#include "sources/source.h"

namespace keelboat {

/// How the columns to be read differ from those that the lake has. Names only.
struct SchemaDelta {
  std::vector<std::string> added;
  std::vector<std::string> dropped;
  std::vector<std::string> retyped;  ///< "price: int(11) -> decimal(10,2)".

  bool empty() const { return added.empty() && dropped.empty() && retyped.empty(); }
};

/// \brief What a run will do with one table. A value.
struct TablePlan {
  TableSpec spec;
  Relation relation;
  /// The relation's schema cut to the columns that will be read, before masks.
  std::shared_ptr<arrow::Schema> schema;
  /// What is done; `spec.strategy` is what was asked for.
  LoadStrategy strategy = LoadStrategy::kFull;
  /// Why it is not what was asked for, or why it is full; empty when nothing needs
  /// saying.
  std::string reason;
  /// Columns known to identify a row; empty when there is no proven key.
  std::vector<std::string> key;
  std::vector<Partition> partitions;
  SchemaDelta schema_change;
  /// The lake version that the plan was computed from; nullopt: no table yet.
  std::optional<int64_t> lake_version;
  std::vector<std::string> warnings;
};

struct Plan {
  std::vector<TablePlan> tables;  ///< In the order in which they begin.
};

/// The plan as stable, printable JSON: what `keelboat plan --json` prints.
std::string PlanToJson(const Plan& plan);

}  // namespace keelboat
