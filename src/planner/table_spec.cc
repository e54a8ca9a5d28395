#include "planner/table_spec.h"

namespace keelboat {

const char* LoadStrategyName(LoadStrategy strategy) {
  switch (strategy) {
    case LoadStrategy::kFull:
      return "full";
    case LoadStrategy::kIncremental:
      return "incremental";
    case LoadStrategy::kHybrid:
      return "hybrid";
    case LoadStrategy::kBackfill:
      return "backfill";
  }
  return "full";
}

}  // namespace keelboat
