#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include <arrow/status.h>

#include "app/project.h"
#include "warehouses/warehouse.h"

namespace keelboat {

/// What a project's warehouse will hold, as far as it can be known now.
struct DraftedTables {
  /// What could not be looked at: "source shop", "table orders"; and why.
  struct Failure {
    std::string what;
    arrow::Status error;
  };

  std::vector<TableDraft> drafts;
  std::vector<Failure> failures;
};

/// \brief The project's tables as their first loads will make them.
///
/// A table that the lake has is as it is there, which needs no source. Of others the
/// source says columns and comments; metadata and contracts decide, as in a run, which
/// columns there are and what they become. A source that cannot be reached is one
/// failure, whatever the number of its tables.
DraftedTables DraftTables(Project& project, const std::stop_token& stop);

}  // namespace keelboat
