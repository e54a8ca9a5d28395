#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace keelboat::testing {

/// A port on loopback that nobody listens on.
uint16_t FreePort();

/// \brief Starts a program that ends, at the latest, with this process.
///
/// Its output goes to the file `log`, appended. The child knows PATH and `environment`
/// ("NAME=value") alone. Throws std::runtime_error.
pid_t Spawn(const std::vector<std::string>& command, const std::string& log,
            const std::vector<std::string>& environment = {});

/// The last 2,000 bytes of a file.
std::string Tail(const std::string& path);

/// Where a server of MySQL's kind takes connections: the socket, or the port on loopback.
struct ServerAddress {
  std::string socket;
  uint16_t port = 0;
  std::string database;  ///< Used where it is there.
};

using ServerRows = std::vector<std::vector<std::optional<std::string>>>;

/// Runs statements, separated by semicolons, as root; returns the last answer's rows.
/// Text goes both ways as utf8mb4, time stamps are UTC. Throws std::runtime_error.
ServerRows RunStatements(const ServerAddress& address, const std::string& statements);

/// Waits until root can log in, at most a minute; throws with the end of `log` when the
/// process ends before. `name` is for the message.
void WaitForLogin(const ServerAddress& address, pid_t pid, const std::string& name,
                  const std::string& log);

}  // namespace keelboat::testing
