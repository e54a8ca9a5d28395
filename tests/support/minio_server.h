#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace keelboat {

/// \brief A private MinIO on loopback with data of its own; ends with its owner.
///
/// `scripts/bootstrap test` builds the program. Throws std::runtime_error.
class MinioServer {
 public:
  static constexpr const char* kAccessKey = "keelboat-tests";
  static constexpr const char* kSecretKey = "s3cret/of+tests";

  MinioServer();
  ~MinioServer();
  MinioServer(const MinioServer&) = delete;
  MinioServer& operator=(const MinioServer&) = delete;

  /// One for the process, started when it is first asked for.
  static MinioServer& Shared();

  /// "http://127.0.0.1:<port>".
  std::string endpoint() const { return "http://127.0.0.1:" + std::to_string(port_); }
  /// Makes an empty bucket of a name that no other has.
  std::string NewBucket();

 private:
  void Start();
  void Stop();

  std::string home_;
  uint16_t port_ = 0;
  pid_t pid_ = 0;
  int buckets_ = 0;
};

}  // namespace keelboat
