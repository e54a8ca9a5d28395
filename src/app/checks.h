#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include <arrow/status.h>

#include "app/project.h"

namespace keelboat {

/// One line of `keelboat check`.
struct CheckLine {
  std::string part;    ///< "source", "lake", "warehouse", "dbt" or "contracts".
  std::string name;    ///< "shop", a path, a table.
  std::string detail;  ///< What was found, when it is well.
  arrow::Status error;
};

/// The parts that can be checked, in the order in which they are.
const std::vector<std::string>& CheckParts();

/// \brief Tries every part of the project that a run would use; changes nothing that
/// lasts.
///
/// `parts` chooses some, empty chooses all. Each line is passed to `on_line` as soon as
/// it is known.
void CheckProject(Project& project, const std::vector<std::string>& parts,
                  const std::function<void(const CheckLine&)>& on_line,
                  const std::stop_token& stop);

}  // namespace keelboat
