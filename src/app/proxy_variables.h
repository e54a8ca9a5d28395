#pragma once

#include <map>
#include <string>

#include "app/config.h"

namespace keelboat {

/// \brief Sets proxy and exceptions of a Metabase source as programs are told of them:
/// HTTPS_PROXY, http_proxy, ALL_PROXY, NO_PROXY.
///
/// The url is there. A proxy that is set already stays.
void SetProxyFrom(const std::map<std::string, std::string>& variables,
                  MetabaseSettings* metabase);

}  // namespace keelboat
