#pragma once

#include <map>
#include <string>

#include "app/config.h"

namespace keelboat {

/// \brief Completes a lake in a bucket from the variables that AWS's own programs know.
///
/// Only what the configuration left out: endpoint, region (where the endpoint is AWS's
/// own), authorities, keys; and where else keys may be found: profiles, roles. Pure.
void TakeAwsVariables(const std::map<std::string, std::string>& variables,
                      LakeConfig* lake);

}  // namespace keelboat
