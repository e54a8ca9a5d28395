#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace keelboat::testing {

/// \brief A private MariaDB for a test: own data folder, free loopback port.
///
/// Starts in the constructor, ends in the destructor or, at the latest, with the test's
/// process. Has the database `shop` and the account `shop` with password `secret`, which
/// may do everything there; root has no password. Not for use from several threads.
/// Everything that fails throws std::runtime_error.
class MariadbServer {
 public:
  using Row = std::vector<std::optional<std::string>>;

  static constexpr const char* kDatabase = "shop";
  static constexpr const char* kUser = "shop";
  static constexpr const char* kPassword = "secret";

  /// \param settings further server options: "--max-connections=5".
  explicit MariadbServer(std::vector<std::string> settings = {});
  ~MariadbServer();
  MariadbServer(const MariadbServer&) = delete;
  MariadbServer& operator=(const MariadbServer&) = delete;

  /// The server that all tests of one executable share; started on first use.
  static MariadbServer& Shared();

  uint16_t port() const { return port_; }
  pid_t pid() const { return pid_; }
  const std::string& socket() const { return socket_; }
  const std::string& data_folder() const { return data_; }

  /// Runs statements, separated by semicolons, as root in `shop`; returns the last
  /// answer's rows. Text goes both ways as utf8mb4, time stamps are UTC.
  std::vector<Row> Run(const std::string& statements) const;

  /// Ends the process: politely, or as a power cut would. Idempotent.
  void Stop();
  void Kill();
  /// Starts again after `Stop` or `Kill`, on the same port.
  void Start();

 private:
  void CreateDataFolder();
  void WaitUntilReady();
  void RemoveHome();

  std::vector<std::string> settings_;
  std::string home_;
  std::string data_;
  std::string socket_;
  uint16_t port_ = 0;
  pid_t pid_ = 0;
};

}  // namespace keelboat::testing
