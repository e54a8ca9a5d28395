#pragma once

#include <string>

#include "app/planning.h"

namespace keelboat {

/// What `keelboat plan` prints for people: a line a table, then what needs saying.
std::string FormatPlan(const Plan& plan);

}  // namespace keelboat
