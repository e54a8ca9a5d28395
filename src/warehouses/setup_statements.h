#pragma once

#include <string>
#include <vector>

#include "warehouses/warehouse.h"

namespace keelboat {

/// Statements as one text, as a step of `Setup` tells them.
std::string Joined(const std::vector<std::string>& statements);

/// \brief A table that stands there, as `Setup` compares it with what is wanted.
///
/// A comment that somebody wrote is the wanted one: it stays until the next load.
/// `ExistingTable` and its columns are a warehouse's own.
template <typename ExistingTable, typename Columns>
ExistingTable WithoutOtherComments(ExistingTable table, const TableDraft& draft,
                                   const Columns& wanted) {
  if (!table.description.empty()) table.description = draft.description;
  for (auto& column : table.columns) {
    for (const auto& same : wanted) {
      const bool other = same.name == column.name && !column.comment.empty();
      if (other) column.comment = same.comment;
    }
  }
  return table;
}

}  // namespace keelboat
