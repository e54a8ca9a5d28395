#include "sources/mysql/mysql_options.h"

namespace keelboat {

bool IsLocal(const MysqlOptions& options) {
  const std::string& host = options.host;
  return !options.socket.empty() || host == "localhost" || host == "::1" ||
         host.rfind("127.", 0) == 0;
}

MysqlTlsMode EffectiveTls(const MysqlOptions& options) {
  if (options.tls) return *options.tls;
  return IsLocal(options) ? MysqlTlsMode::kPreferred : MysqlTlsMode::kVerifyIdentity;
}

bool EffectiveCompress(const MysqlOptions& options) {
  return options.compress.value_or(!IsLocal(options));
}

std::string EndpointOf(const MysqlOptions& options) {
  std::string server = options.socket.empty()
                           ? options.host + ":" + std::to_string(options.port)
                           : options.socket;
  return options.database.empty() ? server : server + "/" + options.database;
}

}  // namespace keelboat
