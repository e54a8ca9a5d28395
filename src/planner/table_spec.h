#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "core/retry.h"

namespace keelboat {

/// kBackfill is asked for by a command, never by a table's metadata.
enum class LoadStrategy { kFull, kIncremental, kHybrid, kBackfill };
enum class NullCursor { kFail, kInclude };
enum class SchemaChange { kEvolve, kFreeze, kFail };

/// Returns "full", "incremental", "hybrid" or "backfill".
const char* LoadStrategyName(LoadStrategy strategy);

/// Checks that an older project's metadata asks for, as least shares of rows.
struct QualityChecks {
  std::optional<double> primary_key_uniqueness;
  std::optional<double> null_check_primary_keys;
  std::optional<double> row_count_validation;
};

/// \brief What the user wants of one table: `table_metadata.json`, checked. A value.
struct TableSpec {
  std::string table;   ///< Name at the source, in the lake and in the warehouse.
  std::string source;  ///< Name of the source in the configuration.
  LoadStrategy strategy = LoadStrategy::kFull;
  std::string incremental_column;
  std::string description;
  /// Declared key; empty: the source's own primary key.
  std::vector<std::string> primary_key;
  /// As written, e.g. "10m", "1d", "10000"; empty: the default for the cursor's type.
  std::string lookback;
  NullCursor null_cursor = NullCursor::kFail;
  std::vector<std::string> columns;  ///< Only these; empty: all.
  std::vector<std::string> exclude;
  std::string where;
  std::string partition_on;
  std::optional<int> partitions;
  SchemaChange schema_change = SchemaChange::kEvolve;
  std::optional<std::chrono::seconds> full_refresh_every;
  /// Position in the run; tables without one come after those with one.
  std::optional<int> pipeline_order;
  RetryPolicy retry;
  QualityChecks quality;
  /// Contract file (absolute path); empty: none.
  std::string contract_file;
};

}  // namespace keelboat
