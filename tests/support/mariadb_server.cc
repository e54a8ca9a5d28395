#include "support/mariadb_server.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <stdexcept>

#include "support/server_process.h"

namespace keelboat::testing {
namespace {

constexpr const char* kPath =
    "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin";

// Dozens of these servers share a disk.
constexpr const char* kLogSize = "--innodb-log-file-size=24M";

[[noreturn]] void Fail(const std::string& what) { throw std::runtime_error(what); }

// The server's programs are installed without their plugins.
std::string PluginFolder() {
  const char* root = std::getenv("KEELBOAT_SOURCE_DIR");
  return std::filesystem::absolute(root == nullptr ? "." : root).string() +
         "/build/deps/mariadb-plugins";
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
                                      "--skip-name-resolve",
                                      kLogSize};
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
                                      "--plugin-dir=" + PluginFolder(),
                                      "--socket=" + socket_,
                                      "--port=" + std::to_string(port_),
                                      "--bind-address=127.0.0.1",
                                      "--skip-name-resolve",
                                      "--skip-log-bin",
                                      "--character-set-server=utf8mb4",
                                      "--innodb-buffer-pool-size=128M",
                                      kLogSize,
                                      "--innodb-flush-log-at-trx-commit=2",
                                      "--max-allowed-packet=1G"};
  for (const auto& argument : AsUser()) command.push_back(argument);
  for (const auto& setting : settings_) command.push_back(setting);
  pid_ = Spawn(command, home_ + "/server.log");
  WaitUntilReady();
}

void MariadbServer::WaitUntilReady() {
  try {
    WaitForLogin({socket_, 0, ""}, pid_, "MariaDB", home_ + "/server.log");
  } catch (...) {
    if (kill(pid_, 0) != 0) pid_ = 0;
    throw;
  }
}

std::vector<MariadbServer::Row> MariadbServer::Run(const std::string& statements) const {
  return RunStatements({socket_, 0, kDatabase}, statements);
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
