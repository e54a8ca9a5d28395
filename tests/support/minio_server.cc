#include "support/minio_server.h"

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include "net/http_client.h"
#include "support/server_process.h"

namespace keelboat {
namespace {

constexpr auto kStartPatience = std::chrono::seconds(60);

std::string Program() {
  const char* root = std::getenv("KEELBOAT_SOURCE_DIR");
  return std::string(root == nullptr ? "." : root) + "/build/deps/minio/minio";
}

}  // namespace

MinioServer::MinioServer() {
  char home[] = "/tmp/keelboat-minio-XXXXXX";
  if (mkdtemp(home) == nullptr) throw std::runtime_error("making a folder for MinIO");
  home_ = home;
  try {
    Start();
  } catch (...) {
    Stop();
    throw;
  }
}

MinioServer::~MinioServer() { Stop(); }

MinioServer& MinioServer::Shared() {
  static MinioServer server;
  return server;
}

void MinioServer::Start() {
  if (access(Program().c_str(), X_OK) != 0) {
    throw std::runtime_error(Program() + " is not there: run: scripts/bootstrap test");
  }
  port_ = testing::FreePort();
  const std::string address = "127.0.0.1:" + std::to_string(port_);
  const std::string log = home_ + "/server.log";
  pid_ = testing::Spawn(
      {Program(), "server", "--quiet", "--address", address, home_ + "/data"}, log,
      {"HOME=" + home_, "MINIO_BROWSER=off", "MINIO_UPDATE=off", "MINIO_CI_CD=1",
       std::string("MINIO_ROOT_USER=") + kAccessKey,
       std::string("MINIO_ROOT_PASSWORD=") + kSecretKey});
  auto client = HttpClient::Make({}).ValueOrDie();
  HttpRequest ready;
  ready.url = endpoint() + "/minio/health/ready";
  const auto deadline = std::chrono::steady_clock::now() + kStartPatience;
  while (std::chrono::steady_clock::now() < deadline) {
    auto answer = client->Send(ready, 1 << 20, {});
    // It says 200 and "offline" until it knows its disk.
    if (answer.ok() && answer->head.status == 200 &&
        answer->head.Find("x-minio-server-status").empty()) {
      return;
    }
    int ended = 0;
    if (waitpid(pid_, &ended, WNOHANG) == pid_) {
      pid_ = 0;
      break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  throw std::runtime_error("MinIO did not start:\n" + testing::Tail(log));
}

void MinioServer::Stop() {
  if (pid_ > 0 && kill(pid_, SIGKILL) == 0) waitpid(pid_, nullptr, 0);
  pid_ = 0;
  std::error_code ignored;
  std::filesystem::remove_all(home_, ignored);
}

std::string MinioServer::NewBucket() {
  const std::string name = "bucket-" + std::to_string(++buckets_);
  // A folder in the data of a server with one disk is a bucket.
  std::filesystem::create_directory(home_ + "/data/" + name);
  return name;
}

}  // namespace keelboat
