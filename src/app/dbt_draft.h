#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/scaffold.h"
#include "sources/source.h"

namespace keelboat {

/// \brief Lower-case letters, digits and underscores that stand for any name.
///
/// Accents of Latin letters are dropped. Never empty, never begins with a digit.
std::string PlainName(std::string_view name);

/// The first of name, name_2, name_3 … that is not in `taken`; adds it there.
std::string UniqueName(const std::string& name, std::vector<std::string>* taken);

/// \brief A dbt project over the tables: sources, a staging view for each, tests of keys.
///
/// Pure. Paths begin with dbt/. `project` and `source` must be plain names.
std::vector<ProjectFile> DraftDbtProject(const std::string& project,
                                         const std::string& source,
                                         const std::vector<Relation>& relations);

}  // namespace keelboat
