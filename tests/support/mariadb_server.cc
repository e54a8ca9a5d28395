#include "support/mariadb_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <thread>

#include <mysql.h>

namespace keelboat::testing {
namespace {

constexpr auto kStartPatience = std::chrono::seconds(60);
constexpr const char* kPath =
    "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin";

[[noreturn]] void Fail(const std::string& what) { throw std::runtime_error(what); }

uint16_t FreePort() {
  int probe = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  if (bind(probe, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    close(probe);
    Fail("finding a free port on loopback");
  }
  close(probe);
  return ntohs(address.sin_port);
}

// Starts a program that ends with this process; its output goes to a file.
pid_t Spawn(const std::vector<std::string>& command, const std::string& log) {
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const auto& argument : command) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  std::string path = std::string("PATH=") + kPath;
  char* environment[] = {path.data(), nullptr};
  pid_t parent = getpid();
  pid_t child = fork();
  if (child < 0) Fail("starting " + command[0]);
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);
    int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    execvpe(arguments[0], arguments.data(), environment);
    _exit(127);
  }
  return child;
}

std::string Tail(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  std::string all = text.str();
  return all.size() > 2000 ? all.substr(all.size() - 2000) : all;
}

std::vector<std::string> AsUser() {
  return geteuid() == 0 ? std::vector<std::string>{"--user=root"}
                        : std::vector<std::string>{};
}

std::string Program(const std::string& name) {
  std::stringstream folders(kPath);
  for (std::string folder; std::getline(folders, folder, ':');) {
    std::string path = folder + "/" + name;
    if (access(path.c_str(), X_OK) == 0) return path;
  }
  Fail(name + " is not on this machine: run: sudo apt-get install -y mariadb-server");
}

struct CloseHandle {
  void operator()(MYSQL* handle) const { mysql_close(handle); }
};

}  // namespace

MariadbServer::MariadbServer(std::vector<std::string> settings)
    : settings_(std::move(settings)) {
  char home[] = "/tmp/keelboat-mariadb-XXXXXX";
  if (mkdtemp(home) == nullptr) Fail("making a folder for MariaDB");
  home_ = home;
  data_ = home_ + "/data";
  socket_ = home_ + "/server.sock";
  try {
    CreateDataFolder();
    port_ = FreePort();
    Start();
    Run(std::string("SET GLOBAL time_zone = '+00:00';") + "CREATE DATABASE " + kDatabase +
        " CHARACTER SET utf8mb4; CREATE USER " + kUser + " IDENTIFIED BY '" + kPassword +
        "'; GRANT ALL ON " + kDatabase + ".* TO " + kUser);
  } catch (...) {
    Kill();
    RemoveHome();
    throw;
  }
}

MariadbServer::~MariadbServer() {
  Stop();
  RemoveHome();
}

MariadbServer& MariadbServer::Shared() {
  static MariadbServer server;
  return server;
}

// Both use a temporary folder of their own: a server that starts removes the temporary
// tables it finds in a shared one, also those that another server is using.
void MariadbServer::CreateDataFolder() {
  std::vector<std::string> command = {Program("mariadb-install-db"),
                                      "--no-defaults",
                                      "--datadir=" + data_,
                                      "--tmpdir=" + home_,
                                      "--auth-root-authentication-method=normal",
                                      "--skip-test-db",
                                      "--skip-name-resolve"};
  for (const auto& argument : AsUser()) command.push_back(argument);
  std::string log = home_ + "/install.log";
  int state = 0;
  pid_t child = Spawn(command, log);
  if (waitpid(child, &state, 0) != child || state != 0) {
    Fail("creating MariaDB's data folder: " + Tail(log));
  }
}

void MariadbServer::Start() {
  std::vector<std::string> command = {Program("mariadbd"),
                                      "--no-defaults",
                                      "--datadir=" + data_,
                                      "--tmpdir=" + home_,
                                      "--socket=" + socket_,
                                      "--port=" + std::to_string(port_),
                                      "--bind-address=127.0.0.1",
                                      "--skip-name-resolve",
                                      "--skip-log-bin",
                                      "--character-set-server=utf8mb4",
                                      "--innodb-buffer-pool-size=128M",
                                      "--innodb-log-file-size=96M",
                                      "--innodb-flush-log-at-trx-commit=2",
                                      "--max-allowed-packet=1G"};
  for (const auto& argument : AsUser()) command.push_back(argument);
  for (const auto& setting : settings_) command.push_back(setting);
  pid_ = Spawn(command, home_ + "/server.log");
  WaitUntilReady();
}

void MariadbServer::WaitUntilReady() {
  auto deadline = std::chrono::steady_clock::now() + kStartPatience;
  while (std::chrono::steady_clock::now() < deadline) {
    int state = 0;
    if (waitpid(pid_, &state, WNOHANG) == pid_) {
      pid_ = 0;
      Fail("MariaDB ended while starting: " + Tail(home_ + "/server.log"));
    }
    std::unique_ptr<MYSQL, CloseHandle> handle(mysql_init(nullptr));
    if (mysql_real_connect(handle.get(), "localhost", "root", "", nullptr, 0,
                           socket_.c_str(), 0) != nullptr) {
      return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  Fail("MariaDB did not answer within a minute: " + Tail(home_ + "/server.log"));
}

std::vector<MariadbServer::Row> MariadbServer::Run(const std::string& statements) const {
  std::unique_ptr<MYSQL, CloseHandle> owner(mysql_init(nullptr));
  MYSQL* handle = owner.get();
  mysql_options(handle, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  mysql_options(handle, MYSQL_INIT_COMMAND, "SET time_zone = '+00:00'");
  if (mysql_real_connect(handle, "localhost", "root", "", nullptr, 0, socket_.c_str(),
                         CLIENT_MULTI_STATEMENTS) == nullptr) {
    Fail(mysql_error(handle));
  }
  mysql_select_db(handle, kDatabase);  // Not there yet for the very first statements.
  std::vector<Row> rows;
  int more = mysql_real_query(handle, statements.data(), statements.size()) != 0 ? 1 : 0;
  for (; more == 0; more = mysql_next_result(handle)) {
    MYSQL_RES* result = mysql_store_result(handle);
    if (result == nullptr) continue;
    rows.clear();
    while (MYSQL_ROW cells = mysql_fetch_row(result)) {
      unsigned long* lengths = mysql_fetch_lengths(result);
      Row row;
      for (unsigned int i = 0; i < mysql_num_fields(result); ++i) {
        row.push_back(cells[i] == nullptr ? std::optional<std::string>()
                                          : std::string(cells[i], lengths[i]));
      }
      rows.push_back(std::move(row));
    }
    mysql_free_result(result);
  }
  if (more > 0)
    Fail(std::string(mysql_error(handle)) + " in: " + statements.substr(0, 500));
  return rows;
}

void MariadbServer::Stop() {
  if (pid_ <= 0) return;
  kill(pid_, SIGTERM);
  waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

void MariadbServer::Kill() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

void MariadbServer::RemoveHome() {
  std::error_code ignored;
  std::filesystem::remove_all(home_, ignored);
}

}  // namespace keelboat::testing
