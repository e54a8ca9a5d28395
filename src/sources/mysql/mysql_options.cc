#include "sources/mysql/mysql_options.h"

namespace keelboat {

MysqlTlsMode EffectiveTls(const MysqlOptions& options) {
  if (options.tls) return *options.tls;
  const std::string& host = options.host;
  bool local = !options.socket.empty() || host == "localhost" || host == "::1" ||
               host.rfind("127.", 0) == 0;
  return local ? MysqlTlsMode::kPreferred : MysqlTlsMode::kVerifyIdentity;
}

std::string EndpointOf(const MysqlOptions& options) {
  std::string server = options.socket.empty()
                           ? options.host + ":" + std::to_string(options.port)
                           : options.socket;
  return options.database.empty() ? server : server + "/" + options.database;
}

}  // namespace keelboat
