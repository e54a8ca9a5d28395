#include "sources/mysql/server_error.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include <errmsg.h>
#include <mysqld_error.h>

#include "keelboat/error.h"
#include "sources/mysql/mysql_options.h"
#include "sources/mysql/statement_text.h"

namespace keelboat::mysql {
namespace {

// Numbers that this library's headers lack, because only MySQL knows them.
constexpr unsigned int kMysqlQueryTimeout = 3024;
constexpr unsigned int kMysqlAccountLocked = 3118;
constexpr unsigned int kMysqlClientTimeout = 4031;

// "'shop'@'localhost'" out of the server's message.
std::string AccountIn(const std::string& message) {
  std::size_t at = message.find("'@'");
  if (at == std::string::npos) return {};
  std::size_t begin = at == 0 ? std::string::npos : message.rfind('\'', at - 1);
  std::size_t end = message.find('\'', at + 3);
  if (begin == std::string::npos || end == std::string::npos) return {};
  return message.substr(begin, end - begin + 1);
}

// "RELOAD" out of "…you need (at least one of) the RELOAD, SUPER privilege(s)…": rights
// on the server as a whole, of which the first is the least.
std::string ServerRightIn(const std::string& message) {
  constexpr std::string_view kBefore = "(at least one of) the ";
  const std::size_t at = message.find(kBefore);
  if (at == std::string::npos) return {};
  const std::size_t begin = at + kBefore.size();
  const std::size_t end =
      std::min(message.find(',', begin), message.find(" priv", begin));
  return end == std::string::npos ? "" : message.substr(begin, end - begin);
}

arrow::Status LoginRefused(const ServerError& error, const MysqlOptions& options,
                           ErrorDetail::Map details) {
  return MakeError(ErrorKind::kAuth,
                   "MySQL at " + EndpointOf(options) + " refused user '" + options.user +
                       "': " + error.message +
                       "; check the user and the password of source " + options.name +
                       " (MYSQL_USER, MYSQL_PASSWORD)",
                   std::move(details));
}

arrow::Status Denied(const ServerError& error, const MysqlOptions& options,
                     const std::string& table, const std::string& account,
                     ErrorDetail::Map details) {
  std::string grantee = account;
  if (grantee.empty()) grantee = AccountIn(error.message);
  if (grantee.empty()) grantee = QuoteLiteral(options.user);
  std::string what = QuoteIdentifier(options.database) + "." +
                     (table.empty() ? "*" : QuoteIdentifier(table));
  const bool of_view = error.number == ER_VIEW_NO_EXPLAIN;
  std::string right = of_view ? "SELECT, SHOW VIEW" : "SELECT";
  if (std::string named = ServerRightIn(error.message); !named.empty()) {
    right = std::move(named);
    what = "*.*";
  }
  const std::string grant = "GRANT " + right + " ON " + what + " TO " + grantee;
  details.emplace("grant", grant);
  return MakeError(ErrorKind::kDenied,
                   error.message + "; the right is given by: " + grant +
                       (of_view ? " (and so on the tables below the view)" : ""),
                   std::move(details));
}

}  // namespace

bool EndsConnection(unsigned int number) {
  switch (number) {
    case ER_SERVER_SHUTDOWN:
    case ER_NORMAL_SHUTDOWN:
    case ER_CONNECTION_KILLED:
    case kMysqlClientTimeout:
      return true;
    default:
      return (number >= CR_MIN_ERROR && number <= CR_MAX_ERROR) ||
             (number >= CER_MIN_ERROR && number <= CR_MARIADB_LAST_ERROR);
  }
}

arrow::Status StatusOf(const ServerError& error, const MysqlOptions& options,
                       const std::string& table, const std::string& account) {
  ErrorDetail::Map details{{"errno", std::to_string(error.number)},
                           {"sqlstate", error.sqlstate},
                           {"database", options.database}};
  if (options.socket.empty()) {
    details.emplace("host", options.host);
    details.emplace("port", std::to_string(options.port));
  } else {
    details.emplace("socket", options.socket);
  }
  if (!table.empty()) details.emplace("table", table);
  const std::string endpoint = EndpointOf(options);
  auto make = [&](ErrorKind kind, const std::string& remedy) {
    return MakeError(kind,
                     "MySQL at " + endpoint + ": " + error.message + " (error " +
                         std::to_string(error.number) + ")" + remedy,
                     std::move(details));
  };

  switch (error.number) {
    case ER_ACCESS_DENIED_ERROR:
    case ER_ACCESS_DENIED_NO_PASSWORD_ERROR:
    case ER_HOST_NOT_PRIVILEGED:
    case ER_MUST_CHANGE_PASSWORD:
    case ER_MUST_CHANGE_PASSWORD_LOGIN:
    case kMysqlAccountLocked:
    case ER_ACCOUNT_HAS_BEEN_LOCKED:
    case CR_AUTH_PLUGIN_CANNOT_LOAD:
    case ER_NOT_SUPPORTED_AUTH_MODE:
    case ER_ACCESS_DENIED_CHANGE_USER_ERROR:
      return LoginRefused(error, options, std::move(details));
    case ER_DBACCESS_DENIED_ERROR:
      return Denied(error, options, "", account, std::move(details));
    case ER_TABLEACCESS_DENIED_ERROR:
    case ER_COLUMNACCESS_DENIED_ERROR:
    case ER_SPECIFIC_ACCESS_DENIED_ERROR:
    case ER_VIEW_NO_EXPLAIN:
      return Denied(error, options, table, account, std::move(details));
    case CR_CONNECTION_ERROR:
    case CR_CONN_HOST_ERROR:
    case CR_UNKNOWN_HOST:
      return make(
          ErrorKind::kUnavailable,
          options.socket.empty()
              ? "; is the server running there and reachable from here? Check "
                "host and port of source " +
                    options.name + " (MYSQL_HOST, MYSQL_PORT)"
              : "; is the server running here? Check socket of source " + options.name);
    case CR_SERVER_GONE_ERROR:
    case CR_SERVER_LOST:
    case CR_SERVER_LOST_EXTENDED:
    case ER_SERVER_SHUTDOWN:
    case ER_NORMAL_SHUTDOWN:
    case ER_NEW_ABORTING_CONNECTION:
    case ER_ABORTING_CONNECTION:
    case ER_CONNECTION_KILLED:
    case ER_QUERY_INTERRUPTED:
    case ER_NET_READ_ERROR:
    case ER_NET_READ_INTERRUPTED:
    case ER_NET_ERROR_ON_WRITE:
    case ER_NET_WRITE_INTERRUPTED:
    case ER_LOCK_WAIT_TIMEOUT:
    case ER_LOCK_DEADLOCK:
    case kMysqlClientTimeout:
      return make(ErrorKind::kUnavailable, "");
    case ER_CON_COUNT_ERROR:
    case ER_TOO_MANY_USER_CONNECTIONS:
      return make(ErrorKind::kUnavailable,
                  "; the server takes no more connections: wait, use fewer workers, or "
                  "raise its max_connections");
    case ER_MAX_PREPARED_STMT_COUNT_REACHED:
      return make(ErrorKind::kUnavailable,
                  "; raise the server's max_prepared_stmt_count");
    case ER_HOST_IS_BLOCKED:
      return make(ErrorKind::kUnavailable,
                  "; the server blocks this host after failed attempts: an administrator "
                  "lifts that by FLUSH HOSTS");
    case ER_USER_LIMIT_REACHED:
      if (error.message.find("max_user_connections") != std::string::npos) {
        return make(
            ErrorKind::kUnavailable,
            "; one view of all tables takes two connections at least: wait, raise "
            "the account's limit, or set run.snapshot to per_table");
      }
      return make(ErrorKind::kThrottled, "; the account has used up its quota");
    case ER_STATEMENT_TIMEOUT:
    case kMysqlQueryTimeout:
      return make(ErrorKind::kTimeout,
                  options.statement_timeout.count() > 0
                      ? "; it took longer than statement_timeout of source " +
                            options.name + " allows: raise it"
                      : "; the server's own limit ended the query: raise "
                        "max_statement_time (MariaDB) or max_execution_time (MySQL) for "
                        "this account");
    case CR_SSL_CONNECTION_ERROR:
      return make(
          ErrorKind::kAuth,
          "; the connection cannot be protected as configured: let `tls_ca` name "
          "the authority that signed the server's certificate, or choose a weaker "
          "`tls` mode for source " +
              options.name +
              " (verify_identity, verify_ca, required, preferred, disabled)");
    case ER_TABLE_DEF_CHANGED:
      return make(ErrorKind::kConflict,
                  "; the table was altered after the snapshot was taken: run again");
    case ER_BAD_DB_ERROR:
    case ER_NO_SUCH_TABLE:
      return make(ErrorKind::kNotFound, "");
    case ER_PARSE_ERROR:
    case ER_INVALID_GROUP_FUNC_USE:
      return make(ErrorKind::kConfig, "");
    case CR_NET_PACKET_TOO_LARGE:
    case ER_NET_PACKET_TOO_LARGE:
      return make(ErrorKind::kData,
                  "; a row is larger than the protocol carries (1 GiB)");
    default:
      break;
  }
  if (error.sqlstate.rfind("08", 0) == 0) return make(ErrorKind::kUnavailable, "");
  if (error.number >= CR_MIN_ERROR && error.number <= CR_MAX_ERROR) {
    return make(ErrorKind::kUnavailable, "");
  }
  return make(ErrorKind::kUnsupported, "");
}

}  // namespace keelboat::mysql
