#include "support/dialect_server.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <utility>
#include <vector>

namespace keelboat::testing {
namespace {

// Where scripts/bootstrap puts the programs.
std::string Programs() {
  const char* root = std::getenv("KEELBOAT_SOURCE_DIR");
  return std::string(root == nullptr ? "." : root) + "/build/deps";
}

void RequireProgram(const std::string& path) {
  if (access(path.c_str(), X_OK) == 0) return;
  throw std::runtime_error(path + " is not there: run: scripts/bootstrap test");
}

}  // namespace

DialectServer::DialectServer(Kind kind, std::vector<std::string> settings)
    : kind_(kind), settings_(std::move(settings)) {
  char home[] = "/tmp/keelboat-dialect-XXXXXX";
  if (mkdtemp(home) == nullptr) throw std::runtime_error("making a folder for a server");
  home_ = home;
  try {
    port_ = FreePort();
    Start(Programs());
    const std::string name = kind == Kind::kMysql56 ? "MySQL 5.6" : "go-mysql-server";
    WaitForLogin({"", port_, ""}, pid_, name, home_ + "/server.log");
    if (kind == Kind::kMysql56) {
      RunStatements({"", port_, ""}, "CREATE DATABASE shop CHARACTER SET utf8mb4");
    }
  } catch (...) {
    Stop();
    throw;
  }
}

DialectServer::~DialectServer() { Stop(); }

DialectServer& DialectServer::Shared(Kind kind) {
  if (kind == Kind::kMysql56) {
    static DialectServer server(Kind::kMysql56);
    return server;
  }
  static DialectServer server(Kind::kGoMysql);
  return server;
}

void DialectServer::Start(const std::string& programs) {
  const std::string log = home_ + "/server.log";
  if (kind_ == Kind::kGoMysql) {
    const std::string program = programs + "/go_mysql_server/go_mysql_server";
    RequireProgram(program);
    pid_ = Spawn({program, std::to_string(port_), authority()}, log, {"HOME=" + home_});
    return;
  }
  StartMysql56(programs, log);
}

void DialectServer::StartMysql56(const std::string& programs, const std::string& log) {
  const std::string server = programs + "/mysql56/server";
  RequireProgram(server + "/mysqld");
  std::filesystem::copy(server + "/data/mysql", home_ + "/data",
                        std::filesystem::copy_options::recursive);
  std::vector<std::string> command = {
      server + "/mysqld",
      "--no-defaults",
      "--basedir=" + server,
      "--lc-messages-dir=" + server + "/share",
      "--character-sets-dir=" + server + "/share/charsets",
      "--datadir=" + home_ + "/data",
      "--tmpdir=" + home_,
      "--socket=" + home_ + "/server.sock",
      "--pid-file=" + home_ + "/server.pid",
      "--port=" + std::to_string(port_),
      "--bind-address=127.0.0.1",
      "--skip-name-resolve",
      "--character-set-server=utf8mb4",
      "--innodb-log-file-size=32M",
      "--innodb-flush-log-at-trx-commit=0",
      "--performance-schema=OFF"};
  if (geteuid() == 0) command.emplace_back("--user=root");
  command.insert(command.end(), settings_.begin(), settings_.end());
  // Its asynchronous input and output library lies beside it.
  pid_ = Spawn(command, log, {"LD_LIBRARY_PATH=" + server});
}

void DialectServer::Stop() {
  if (pid_ > 0 && kill(pid_, SIGKILL) == 0) waitpid(pid_, nullptr, 0);
  pid_ = 0;
  std::error_code ignored;
  std::filesystem::remove_all(home_, ignored);
}

ServerRows DialectServer::Run(const std::string& statements) const {
  return RunStatements({"", port_, kDatabase}, statements);
}

}  // namespace keelboat::testing
