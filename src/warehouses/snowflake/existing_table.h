#pragma once

#include <optional>
#include <string>
#include <vector>

#include <arrow/result.h>

#include "warehouses/snowflake/column_types.h"
#include "warehouses/snowflake/session.h"

namespace keelboat::snowflake {

/// What stands in the warehouse under a table's name.
struct ExistingTable {
  bool is_view = false;
  std::vector<Column> columns;  ///< Without names in the lake.
  std::string description;

  /// The column of this name; null where there is none.
  const Column* Find(const std::string& column) const;
  /// Whether it has keelboat's own columns. Without rows or a ledger row, it was made by
  /// `Setup`, or by a load that then died.
  bool LooksOurs() const;
};

/// Looks a table or view up by its name in upper case; nullopt where there is none.
arrow::Result<std::optional<ExistingTable>> ReadExistingTable(Session& session,
                                                              const Place& place,
                                                              const std::string& table);

/// How a table has to change before it can take a load.
struct ColumnChanges {
  std::vector<Column> added;
  std::vector<Column> widened;
  std::string incompatible;  ///< Why it cannot; empty where it can.
};

/// `wanted`: the columns of the load, with keelboat's own.
ColumnChanges ChangesOf(const ExistingTable& existing, const std::vector<Column>& wanted);

}  // namespace keelboat::snowflake
