#include "sources/mysql/connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <ctime>
#include <mutex>
#include <utility>

#include <errmsg.h>

#include "core/stop.h"
#include "keelboat/error.h"
#include "sources/mysql/server_error.h"
#include "sources/mysql/statement_text.h"

namespace keelboat::mysql {
namespace {

// The server's part of an unfinished answer must be able to wait for a slow sink.
constexpr const char* kSessionSetup =
    "SET NAMES utf8mb4, time_zone = '+00:00', sql_mode = '', net_write_timeout = 3600";
constexpr unsigned long kLargestPacket = 1UL << 30;

void InitializeLibraryOnce() {
  static std::once_flag once;
  std::call_once(once, [] { mysql_library_init(0, nullptr, nullptr); });
}

// TLS writes to a socket that is gone raise SIGPIPE, which would end the process.
class SigpipeBlock {
 public:
  SigpipeBlock() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    sigset_t pending;
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~SigpipeBlock() {
    if (!was_pending_) {
      const timespec no_wait{0, 0};
      while (sigtimedwait(&pipe_, nullptr, &no_wait) == SIGPIPE) {
      }
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t pipe_;
  sigset_t before_;
  bool was_pending_ = false;
};

arrow::Status CheckReadable(const MysqlOptions& options, const std::string& key,
                            const std::string& path) {
  if (access(path.c_str(), R_OK) == 0) return arrow::Status::OK();
  return MakeError(ErrorKind::kConfig, "reading " + key + " of source " + options.name +
                                           ": no readable file " + path);
}

arrow::Status SetClientCertificate(MYSQL* handle, const MysqlOptions& options) {
  if (options.tls_cert.empty()) return arrow::Status::OK();
  ARROW_RETURN_NOT_OK(CheckReadable(options, "tls_cert", options.tls_cert));
  ARROW_RETURN_NOT_OK(CheckReadable(options, "tls_key", options.tls_key));
  mysql_options(handle, MYSQL_OPT_SSL_CERT, options.tls_cert.c_str());
  mysql_options(handle, MYSQL_OPT_SSL_KEY, options.tls_key.c_str());
  return arrow::Status::OK();
}

// Lets the kernel notice a host that is gone, and firewalls on the way that this end is
// still there while the server thinks.
void KeepAlive(int socket) {
  constexpr int kOn = 1;
  constexpr int kIdleSeconds = 60;
  constexpr int kIntervalSeconds = 15;
  constexpr int kProbes = 6;
  setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &kOn, sizeof(kOn));
  setsockopt(socket, IPPROTO_TCP, TCP_KEEPIDLE, &kIdleSeconds, sizeof(kIdleSeconds));
  setsockopt(socket, IPPROTO_TCP, TCP_KEEPINTVL, &kIntervalSeconds,
             sizeof(kIntervalSeconds));
  setsockopt(socket, IPPROTO_TCP, TCP_KEEPCNT, &kProbes, sizeof(kProbes));
}

arrow::Status SetOptions(MYSQL* handle, const MysqlOptions& options) {
  auto seconds = [](std::chrono::seconds value) {
    return static_cast<unsigned int>(value.count());
  };
  unsigned int connect_timeout = seconds(options.connect_timeout);
  unsigned int read_timeout = seconds(options.read_timeout);
  my_bool off = 0;
  my_bool on = 1;
  unsigned int protocol =
      options.socket.empty() ? MYSQL_PROTOCOL_TCP : MYSQL_PROTOCOL_SOCKET;
  mysql_options(handle, MYSQL_OPT_NONBLOCK, nullptr);
  mysql_options(handle, MYSQL_OPT_CONNECT_TIMEOUT, &connect_timeout);
  mysql_options(handle, MYSQL_OPT_READ_TIMEOUT, &read_timeout);
  mysql_options(handle, MYSQL_OPT_WRITE_TIMEOUT, &read_timeout);
  mysql_options(handle, MYSQL_OPT_PROTOCOL, &protocol);
  mysql_options(handle, MYSQL_OPT_RECONNECT, &off);
  mysql_options(handle, MYSQL_OPT_LOCAL_INFILE, nullptr);
  mysql_options(handle, MYSQL_OPT_MAX_ALLOWED_PACKET, &kLargestPacket);
  mysql_options(handle, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  if (EffectiveCompress(options)) mysql_options(handle, MYSQL_OPT_COMPRESS, nullptr);
  MysqlTlsMode mode = EffectiveTls(options);
  if (mode == MysqlTlsMode::kDisabled || !options.socket.empty()) {
    mysql_options(handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &off);
    return arrow::Status::OK();
  }
  // Despite its name this only asks: a server without TLS is still accepted in plain.
  mysql_options(handle, MYSQL_OPT_SSL_ENFORCE, &on);
  ARROW_RETURN_NOT_OK(SetClientCertificate(handle, options));
  bool verify_identity = mode == MysqlTlsMode::kVerifyIdentity;
  mysql_options(handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, verify_identity ? &on : &off);
  if (!verify_identity && mode != MysqlTlsMode::kVerifyCa) return arrow::Status::OK();
  // The client library checks the chain as soon as it is told which authorities count.
  if (!options.tls_ca.empty()) {
    ARROW_RETURN_NOT_OK(CheckReadable(options, "tls_ca", options.tls_ca));
    mysql_options(handle, MYSQL_OPT_SSL_CA, options.tls_ca.c_str());
  } else {
    mysql_options(handle, MYSQL_OPT_SSL_CAPATH, "/etc/ssl/certs");
  }
  return arrow::Status::OK();
}

// Waits for what the client library asks for, at most one slice of time.
int WaitFor(MYSQL* handle, int wanted, std::chrono::steady_clock::time_point deadline) {
  constexpr std::chrono::milliseconds kSlice(100);
  pollfd socket{mysql_get_socket(handle), 0, 0};
  if ((wanted & MYSQL_WAIT_READ) != 0) socket.events |= POLLIN;
  if ((wanted & MYSQL_WAIT_WRITE) != 0) socket.events |= POLLOUT;
  if ((wanted & MYSQL_WAIT_EXCEPT) != 0) socket.events |= POLLPRI;
  if (poll(&socket, 1, static_cast<int>(kSlice.count())) > 0) {
    int ready = 0;
    if ((socket.revents & POLLIN) != 0) ready |= MYSQL_WAIT_READ;
    if ((socket.revents & POLLOUT) != 0) ready |= MYSQL_WAIT_WRITE;
    if ((socket.revents & POLLPRI) != 0) ready |= MYSQL_WAIT_EXCEPT;
    // An error of the socket is found by using it.
    return ready != 0 ? ready : wanted & ~MYSQL_WAIT_TIMEOUT;
  }
  return std::chrono::steady_clock::now() >= deadline ? MYSQL_WAIT_TIMEOUT : 0;
}

// Connects and logs in within the connect_timeout; a stop request ends it early.
bool Connect(MYSQL* handle, const MysqlOptions& options, const std::stop_token& stop) {
  SigpipeBlock block;
  const char* host = options.socket.empty() ? options.host.c_str() : "localhost";
  const char* socket = options.socket.empty() ? nullptr : options.socket.c_str();
  const char* database = options.database.empty() ? nullptr : options.database.c_str();
  auto deadline = std::chrono::steady_clock::now() + options.connect_timeout;
  MYSQL* connected = nullptr;
  int wanted = mysql_real_connect_start(&connected, handle, host, options.user.c_str(),
                                        options.password.c_str(), database, options.port,
                                        socket, CLIENT_REMEMBER_OPTIONS);
  while (wanted != 0) {
    int ready = WaitFor(handle, wanted, deadline);
    if (stop.stop_requested()) ready = MYSQL_WAIT_TIMEOUT;
    if (ready != 0) wanted = mysql_real_connect_cont(&connected, handle, ready);
  }
  return connected != nullptr;
}

// The client library goes on in plain where the server has no TLS, in every mode but
// verify_identity. No statement of ours is sent over such a connection.
arrow::Status CheckEncryption(MYSQL* handle, const MysqlOptions& options) {
  MysqlTlsMode mode = EffectiveTls(options);
  bool must = mode != MysqlTlsMode::kDisabled && mode != MysqlTlsMode::kPreferred &&
              options.socket.empty();
  if (!must || mysql_get_ssl_cipher(handle) != nullptr) return arrow::Status::OK();
  ServerError error{CR_SSL_CONNECTION_ERROR, "HY000", "the server offers no TLS"};
  return StatusOf(error, options, "", "");
}

}  // namespace

arrow::Result<std::unique_ptr<Connection>> Connection::Open(const MysqlOptions& options,
                                                            const std::stop_token& stop) {
  ARROW_RETURN_NOT_OK(CheckStop(stop));
  InitializeLibraryOnce();
  MYSQL* handle = mysql_init(nullptr);
  if (handle == nullptr) return arrow::Status::OutOfMemory("opening a connection");
  std::unique_ptr<Connection> connection(new Connection(handle, options, stop));
  ARROW_RETURN_NOT_OK(SetOptions(handle, options));
  if (!Connect(handle, options, stop)) return connection->LastError("");
  ARROW_RETURN_NOT_OK(CheckEncryption(handle, options));
  ARROW_RETURN_NOT_OK(connection->Prepare());
  return connection;
}

Connection::Connection(MYSQL* handle, MysqlOptions options, std::stop_token stop)
    : handle_(handle), options_(std::move(options)), stop_(std::move(stop)) {}

arrow::Status Connection::Prepare() {
  socket_ = dup(mysql_get_socket(handle_));
  if (socket_ < 0) {
    return MakeError(ErrorKind::kUnavailable, "too many open files in this process");
  }
  cut_on_stop_.emplace(stop_, CutOnStop{this});
  if (options_.socket.empty()) KeepAlive(socket_);
  ARROW_RETURN_NOT_OK(Execute(kSessionSetup));
  if (options_.statement_timeout.count() > 0) ARROW_RETURN_NOT_OK(LimitStatements());
  return Execute("SET SESSION TRANSACTION READ ONLY");
}

arrow::Status Connection::LimitStatements() {
  constexpr const char* kUnknownVariable = "1193";
  const auto seconds = options_.statement_timeout.count();
  arrow::Status status =
      Execute(mariadb_connection(handle_) != 0
                  ? "SET SESSION max_statement_time = " + std::to_string(seconds)
                  : "SET SESSION max_execution_time = " + std::to_string(seconds * 1000));
  if (DetailOf(status, "errno") != kUnknownVariable) return status;
  return MakeError(ErrorKind::kConfig,
                   "MySQL at " + EndpointOf(options_) +
                       " cannot limit how long statements take (MariaDB and MySQL from "
                       "5.7.8 on can): remove statement_timeout of source " +
                       options_.name);
}

Connection::~Connection() {
  cut_on_stop_.reset();
  SigpipeBlock block;
  mysql_close(handle_);
  if (socket_ >= 0) close(socket_);
}

void Connection::Bind(std::stop_token stop) {
  cut_on_stop_.reset();
  stop_ = std::move(stop);
  cut_on_stop_.emplace(stop_, CutOnStop{this});
}

void Connection::Cut() {
  lost_ = true;
  if (socket_ >= 0) shutdown(socket_, SHUT_RDWR);
}

arrow::Status Connection::Send(const std::string& statement) {
  Heard();
  SigpipeBlock block;
  if (mysql_send_query(handle_, statement.data(), statement.size()) != 0) {
    return LastError("");
  }
  return arrow::Status::OK();
}

arrow::Status Connection::Receive() {
  SigpipeBlock block;
  if (mysql_read_query_result(handle_) != 0) return LastError("");
  return arrow::Status::OK();
}

arrow::Status Connection::Ping() {
  Heard();
  SigpipeBlock block;
  if (mysql_ping(handle_) != 0) return LastError("");
  return arrow::Status::OK();
}

arrow::Status Connection::Execute(const std::string& statement,
                                  const std::string& table) {
  Heard();
  SigpipeBlock block;
  if (mysql_real_query(handle_, statement.data(), statement.size()) != 0) {
    return LastError(table);
  }
  return arrow::Status::OK();
}

arrow::Result<std::vector<Connection::Row>> Connection::Query(
    const std::string& statement, const std::string& table) {
  ARROW_RETURN_NOT_OK(Execute(statement, table));
  MYSQL_RES* result = mysql_store_result(handle_);
  if (result == nullptr) return LastError(table);
  std::vector<Row> rows;
  unsigned int width = mysql_num_fields(result);
  while (MYSQL_ROW cells = mysql_fetch_row(result)) {
    unsigned long* lengths = mysql_fetch_lengths(result);
    Row row(width);
    for (unsigned int i = 0; i < width; ++i) {
      if (cells[i] != nullptr) row[i].emplace(cells[i], lengths[i]);
    }
    rows.push_back(std::move(row));
  }
  mysql_free_result(result);
  return rows;
}

arrow::Status Connection::LastError(const std::string& table) {
  return StatusOf(mysql_errno(handle_), mysql_sqlstate(handle_), mysql_error(handle_),
                  table);
}

arrow::Status Connection::LastError(MYSQL_STMT* statement, const std::string& table) {
  return StatusOf(mysql_stmt_errno(statement), mysql_stmt_sqlstate(statement),
                  mysql_stmt_error(statement), table);
}

arrow::Status Connection::StatusOf(unsigned int number, const char* sqlstate,
                                   const char* message, const std::string& table) {
  if (EndsConnection(number)) lost_ = true;
  ARROW_RETURN_NOT_OK(CheckStop(stop_));
  auto silence = std::chrono::steady_clock::now() - heard_;
  if (number == CR_SERVER_LOST && silence >= options_.read_timeout) {
    return MakeError(ErrorKind::kTimeout,
                     "MySQL at " + EndpointOf(options_) + " was silent for " +
                         std::to_string(options_.read_timeout.count()) +
                         " seconds; raise read_timeout of source " + options_.name +
                         " if its queries take that long",
                     {{"errno", std::to_string(number)}, {"table", table}});
  }
  ServerError error{number, sqlstate, message};
  arrow::Status status = mysql::StatusOf(error, options_, table, "");
  if (KindOf(status) != ErrorKind::kDenied || socket_ < 0) return status;
  // The server's message names the client's host; a grant needs the account's.
  return mysql::StatusOf(error, options_, table, Account());
}

std::string Connection::Account() {
  constexpr std::string_view kQuery = "SELECT CURRENT_USER()";
  if (mysql_real_query(handle_, kQuery.data(), kQuery.size()) != 0) return {};
  MYSQL_RES* result = mysql_store_result(handle_);
  if (result == nullptr) return {};
  std::string account;
  MYSQL_ROW row = mysql_fetch_row(result);
  if (row != nullptr && row[0] != nullptr) account = row[0];
  mysql_free_result(result);
  std::size_t at = account.rfind('@');
  if (at == std::string::npos) return {};
  return QuoteLiteral(account.substr(0, at)) + "@" + QuoteLiteral(account.substr(at + 1));
}

}  // namespace keelboat::mysql
