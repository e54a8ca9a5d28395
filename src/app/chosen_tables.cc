#include "app/chosen_tables.h"

#include <algorithm>

#include "core/nearest.h"
#include "keelboat/error.h"

namespace keelboat {

arrow::Result<std::vector<std::string>> ChosenTables(
    Lake& lake, const std::vector<std::string>& chosen) {
  ARROW_ASSIGN_OR_RAISE(auto names, lake.ListTables());
  if (chosen.empty()) return names;
  std::vector<std::string> found;
  for (const std::string& name : chosen) {
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      return MakeError(ErrorKind::kConfig,
                       "the lake has no table '" + name + "'" + DidYouMean(name, names),
                       {{"table", name}});
    }
    found.push_back(name);
    const std::string quarantine = name + "__quarantine";
    if (std::find(names.begin(), names.end(), quarantine) != names.end()) {
      found.push_back(quarantine);
    }
  }
  return found;
}

}  // namespace keelboat
