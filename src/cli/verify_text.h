#pragma once

#include <string>

#include "app/verify.h"

namespace keelboat {

/// What `keelboat verify` says of one table: a line, and one for each thing found below.
std::string DescribeVerdict(const TableVerdict& verdict);

}  // namespace keelboat
