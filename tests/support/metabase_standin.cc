#include "support/metabase_standin.h"

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "net/http_client.h"
#include "support/server_process.h"

namespace keelboat::testing {
namespace {

std::string SourceFolder() {
  const char* folder = std::getenv("KEELBOAT_SOURCE_DIR");
  return folder != nullptr ? folder : ".";
}

}  // namespace

MetabaseStandin::MetabaseStandin(const std::string& profile, int orders) {
  std::string log = "/tmp/keelboat-metabase-XXXXXX";
  const int file = mkstemp(log.data());
  if (file < 0) throw std::runtime_error("no file for the log of the stand-in");
  close(file);
  const std::string folder = SourceFolder();
  pid_ = Spawn({folder + "/.venv/bin/python", "-m", "metabase", "--profile", profile,
                "--orders", std::to_string(orders)},
               log, {"PYTHONPATH=" + folder + "/tests/support"});
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (url_.empty()) {
    std::ifstream lines(log);
    std::string word;
    while (lines >> word) {
      if (word == "ready") lines >> url_;
    }
    const bool ended = waitpid(pid_, nullptr, WNOHANG) == pid_;
    if (ended || std::chrono::steady_clock::now() > end) {
      throw std::runtime_error("the stand-in for Metabase does not start: " + Tail(log));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  unlink(log.c_str());
}

MetabaseStandin::~MetabaseStandin() {
  kill(pid_, SIGTERM);
  // A query that the engine will not leave must not keep the test.
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (std::chrono::steady_clock::now() < end) {
    if (waitpid(pid_, nullptr, WNOHANG) == pid_) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

std::string MetabaseStandin::Ask(const std::string& method, const std::string& path,
                                 const std::string& body) {
  auto client = HttpClient::Make({});
  if (!client.ok()) throw std::runtime_error(client.status().ToString());
  HttpRequest request;
  request.method = method;
  request.url = url_ + "/stand-in/" + path;
  request.body = body;
  auto response = (*client)->Send(request, int64_t{64} << 20, {});
  if (!response.ok()) throw std::runtime_error(response.status().ToString());
  if (response->head.status >= 300) throw std::runtime_error(response->body);
  return response->body;
}

void MetabaseStandin::Set(const std::string& settings_json) {
  Ask("PUT", "settings", settings_json);
}

void MetabaseStandin::Fault(const std::string& fault_json) {
  Ask("POST", "faults", fault_json);
}

void MetabaseStandin::Expire() { Ask("POST", "expire", ""); }

void MetabaseStandin::Reset() { Ask("POST", "reset", ""); }

std::string MetabaseStandin::Log() { return Ask("GET", "log", ""); }

int MetabaseStandin::Count(const std::string& event) {
  const std::string log = Log();
  const std::string name = "\"" + event + "\"";
  int count = 0;
  for (std::size_t at = log.find(name); at != std::string::npos;
       at = log.find(name, at + 1)) {
    ++count;
  }
  return count;
}

}  // namespace keelboat::testing
