#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <arrow/type_fwd.h>

#include "planner/cursor.h"
#include "planner/table_spec.h"
#include "sources/source.h"

namespace keelboat {

/// How the columns to be read differ from those that the lake has. Names only.
struct SchemaDelta {
  std::vector<std::string> added;
  std::vector<std::string> dropped;
  std::vector<std::string> retyped;  ///< "price: int(11) -> decimal(10,2)".

  /// Whether rows already in the lake can stay beside rows in the new columns.
  bool only_added() const { return dropped.empty() && retyped.empty(); }
  bool empty() const { return added.empty() && dropped.empty() && retyped.empty(); }
};

/// \brief The rows of one lake commit.
///
/// A table has one slice, except a long first load of one that follows a cursor, and what
/// a crash left of it: that is committed bit by bit in cursor order, so that a crash
/// loses at most one slice.
struct Slice {
  /// Disjoint; together they are the slice.
  std::vector<Partition> partitions;
  /// The first slice of a full load replaces all rows; others advance.
  bool replaces = true;
  /// Table configuration that the commit writes: how far the table is read, and what it
  /// was read with (docs/formats/lake.md).
  std::map<std::string, std::string> configuration;
};

/// \brief The cursor that an incremental table follows.
struct CursorPlan {
  std::string column;
  CursorKind kind = CursorKind::kTime;
  /// Rows at or above are read, inclusive; nullopt: from the beginning.
  std::optional<std::string> from;
  /// Backfill: rows at or above are not read; nullopt: to the end.
  std::optional<std::string> until;
  /// How far the table is read after this run; nullopt: no row has a value yet.
  std::optional<std::string> watermark;
  /// Rows at or above lie in the open tail after this run.
  std::optional<std::string> open_from;
  /// Rows without a value belong to the open tail; otherwise they are an error.
  bool include_nulls = false;
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
  std::vector<Slice> slices;  ///< Never empty.
  /// Set where the table follows a cursor, also when it is loaded in full.
  std::optional<CursorPlan> cursor;
  /// Compare the keys of source and lake after the last slice (hybrid).
  bool check_keys = false;
  /// The view that it is read in.
  SnapshotInfo snapshot;
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
