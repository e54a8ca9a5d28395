#include "app/proxy_variables.h"

#include <initializer_list>

namespace keelboat {

void SetProxyFrom(const std::map<std::string, std::string>& variables,
                  MetabaseSettings* metabase) {
  const auto first_set = [&](std::initializer_list<const char*> names) {
    for (const char* name : names) {
      const auto found = variables.find(name);
      if (found != variables.end() && !found->second.empty()) return found->second;
    }
    return std::string();
  };
  metabase->no_proxy = first_set({"no_proxy", "NO_PROXY"});
  if (!metabase->proxy.empty()) return;
  metabase->proxy =
      Secret(metabase->url.starts_with("https:")
                 ? first_set({"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"})
                 : first_set({"http_proxy", "all_proxy", "ALL_PROXY"}));
}

}  // namespace keelboat
