#pragma once

#include <string>
#include <vector>

#include "warehouses/adbc.h"

namespace keelboat {

/// A row that only one side of a comparison has, its values as text.
struct DifferingRow {
  adbc::Row values;
  std::string evidence;  ///< The row as JSON.
};

/// \brief The rows that differ, a line each, for people.
///
/// Two rows with one key are one line that says what differs between them.
/// \param key positions of its columns; empty: rows have none.
std::vector<std::string> DescribeDifferences(const std::vector<std::string>& columns,
                                             const std::vector<std::size_t>& key,
                                             const std::vector<DifferingRow>& missing,
                                             const std::vector<DifferingRow>& extra);

}  // namespace keelboat
