#pragma once

#include <string>

#include "app/status.h"

namespace keelboat {

/// What `keelboat status` prints for people: a line a table.
std::string FormatStatus(const ProjectStatus& status);

}  // namespace keelboat
