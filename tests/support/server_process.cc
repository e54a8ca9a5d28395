#include "support/server_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <memory>
#include <random>
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

struct CloseHandle {
  void operator()(MYSQL* handle) const { mysql_close(handle); }
};

using Handle = std::unique_ptr<MYSQL, CloseHandle>;

bool LogIn(MYSQL* handle, const ServerAddress& address) {
  my_bool off = 0;
  mysql_options(handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &off);
  mysql_options(handle, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  const bool local = !address.socket.empty();
  return mysql_real_connect(handle, local ? "localhost" : "127.0.0.1", "root", "",
                            nullptr, address.port,
                            local ? address.socket.c_str() : nullptr,
                            CLIENT_MULTI_STATEMENTS) != nullptr;
}

}  // namespace

uint16_t FreePort() {
  // Outside of what the system gives to connections, which could take a port before its
  // server does.
  std::uniform_int_distribution<int> ports(10'000, 32'767);
  std::random_device random;
  for (int tries = 0; tries < 1'000; ++tries) {
    const auto port = static_cast<uint16_t>(ports(random));
    const int probe = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    const bool free =
        bind(probe, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
    close(probe);
    if (free) return port;
  }
  Fail("finding a free port on loopback");
}

pid_t Spawn(const std::vector<std::string>& command, const std::string& log,
            const std::vector<std::string>& variables) {
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const auto& argument : command) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  std::string path = std::string("PATH=") + kPath;
  std::vector<char*> environment = {path.data()};
  for (const auto& variable : variables) {
    environment.push_back(const_cast<char*>(variable.c_str()));
  }
  environment.push_back(nullptr);
  pid_t parent = getpid();
  pid_t child = fork();
  if (child < 0) Fail("starting " + command[0]);
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);
    int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    execvpe(arguments[0], arguments.data(), environment.data());
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

ServerRows RunStatements(const ServerAddress& address, const std::string& statements) {
  Handle owner(mysql_init(nullptr));
  MYSQL* handle = owner.get();
  mysql_options(handle, MYSQL_INIT_COMMAND, "SET time_zone = '+00:00'");
  if (!LogIn(handle, address)) Fail(mysql_error(handle));
  // Not there yet for the very first statements.
  mysql_select_db(handle, address.database.c_str());
  ServerRows rows;
  int more = mysql_real_query(handle, statements.data(), statements.size()) != 0 ? 1 : 0;
  for (; more == 0; more = mysql_next_result(handle)) {
    MYSQL_RES* result = mysql_store_result(handle);
    if (result == nullptr) continue;
    rows.clear();
    while (MYSQL_ROW cells = mysql_fetch_row(result)) {
      unsigned long* lengths = mysql_fetch_lengths(result);
      auto& row = rows.emplace_back();
      for (unsigned int i = 0; i < mysql_num_fields(result); ++i) {
        row.push_back(cells[i] == nullptr ? std::optional<std::string>()
                                          : std::string(cells[i], lengths[i]));
      }
    }
    mysql_free_result(result);
  }
  if (more > 0) {
    Fail(std::string(mysql_error(handle)) + " in: " + statements.substr(0, 500));
  }
  return rows;
}

void WaitForLogin(const ServerAddress& address, pid_t pid, const std::string& name,
                  const std::string& log) {
  auto deadline = std::chrono::steady_clock::now() + kStartPatience;
  while (std::chrono::steady_clock::now() < deadline) {
    if (waitpid(pid, nullptr, WNOHANG) == pid) {
      Fail(name + " ended while starting: " + Tail(log));
    }
    Handle handle(mysql_init(nullptr));
    if (LogIn(handle.get(), address)) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  Fail(name + " did not answer within a minute: " + Tail(log));
}

}  // namespace keelboat::testing
