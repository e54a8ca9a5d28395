#include "support/snowflake_standin.h"

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

#include <nlohmann/json.hpp>

#include "net/http_client.h"
#include "support/server_process.h"

namespace keelboat::testing {
namespace {

constexpr auto kStartPatience = std::chrono::minutes(1);
constexpr int64_t kMostBytes = int64_t{256} << 20;

std::string SourceFolder() {
  const char* folder = std::getenv("KEELBOAT_SOURCE_DIR");
  return folder != nullptr ? folder : ".";
}

}  // namespace

SnowflakeStandin::SnowflakeStandin() {
  home_ = "/tmp/keelboat-snowflake-XXXXXX";
  if (mkdtemp(home_.data()) == nullptr) {
    throw std::runtime_error("no folder for the Snowflake service");
  }
  const std::string log = home_ + "/log";
  const std::string folder = SourceFolder();
  pid_ = Spawn(
      {folder + "/build/deps/snowflake/bin/python", "-m", "snowflake_service"}, log,
      {"PYTHONPATH=" + folder + "/tests/support", "TMPDIR=" + home_, "HOME=" + home_});
  const auto end = std::chrono::steady_clock::now() + kStartPatience;
  std::string url;
  while (url.empty()) {
    std::ifstream lines(log);
    std::string word;
    while (lines >> word) {
      if (word == "ready") lines >> url;
    }
    const bool ended = waitpid(pid_, nullptr, WNOHANG) == pid_;
    if (ended || std::chrono::steady_clock::now() > end) {
      throw std::runtime_error(
          "the Snowflake service does not start (scripts/bootstrap test prepares it): " +
          Tail(log));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  const std::size_t colon = url.rfind(':');
  host_ = url.substr(url.find("//") + 2, colon - url.find("//") - 2);
  port_ = static_cast<uint16_t>(std::stoi(url.substr(colon + 1)));
}

SnowflakeStandin::~SnowflakeStandin() {
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  std::error_code ignored;
  std::filesystem::remove_all(home_, ignored);
}

SnowflakeStandin& SnowflakeStandin::Shared() {
  static SnowflakeStandin standin;
  return standin;
}

std::string SnowflakeStandin::Ask(const std::string& method, const std::string& path,
                                  const std::string& body) {
  auto client = HttpClient::Make({});
  if (!client.ok()) throw std::runtime_error(client.status().ToString());
  HttpRequest request;
  request.method = method;
  request.url = "http://" + host_ + ":" + std::to_string(port_) + "/stand-in/" + path;
  request.body = body;
  auto response = (*client)->Send(request, kMostBytes, {});
  if (!response.ok()) throw std::runtime_error(response.status().ToString());
  if (response->head.status >= 300) throw std::runtime_error(response->body);
  return response->body;
}

void SnowflakeStandin::Set(const std::string& settings_json) {
  Ask("PUT", "settings", settings_json);
}

void SnowflakeStandin::Fault(const std::string& fault_json) {
  Ask("POST", "faults", fault_json);
}

void SnowflakeStandin::Reset() { Ask("POST", "reset", ""); }

std::string SnowflakeStandin::Log() { return Ask("GET", "log", ""); }

int SnowflakeStandin::Count(const std::string& text) {
  int count = 0;
  for (const auto& entry : nlohmann::json::parse(Log())) {
    if (entry.value("event", "") != "query") continue;
    if (entry.value("sql", "").find(text) != std::string::npos) ++count;
  }
  return count;
}

std::string SnowflakeStandin::Sql(const std::string& statement) {
  return Ask("POST", "sql",
             nlohmann::json{{"database", kDatabase}, {"sql", statement}}.dump());
}

}  // namespace keelboat::testing
