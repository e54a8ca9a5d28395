#pragma once

#include <stop_token>
#include <string>
#include <string_view>

#include <arrow/result.h>

#include "app/scaffold.h"

namespace keelboat {

/// \brief Connects to the database that a URL names and draws a project from its tables.
///
/// `name` becomes the project's and the source's name. Errors: those of ParseDatabaseUrl
/// and of the source. Writes nothing.
arrow::Result<DraftedProject> DraftFromDatabase(const std::string& name,
                                                std::string_view url,
                                                const std::stop_token& stop);

}  // namespace keelboat
