#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "support/server_process.h"

namespace keelboat::testing {

/// \brief A private server of another dialect than MariaDB, on a free loopback port.
///
/// Starts in the constructor, ends in the destructor or, at the latest, with the test's
/// process. Has the database `shop`; root has no password and may do everything.
/// `scripts/bootstrap test` brings the programs. Everything that fails throws
/// std::runtime_error. Not for use from several threads.
class DialectServer {
 public:
  enum class Kind {
    kMysql56,  ///< A real MySQL 5.6.
    kGoMysql,  ///< The dialect of MySQL 8, from Go, in memory.
  };

  static constexpr const char* kDatabase = "shop";

  /// \param settings further options of MySQL 5.6: "--gtid-mode=ON".
  explicit DialectServer(Kind kind, std::vector<std::string> settings = {});
  ~DialectServer();
  DialectServer(const DialectServer&) = delete;
  DialectServer& operator=(const DialectServer&) = delete;

  /// The one server of a kind that all tests of an executable share.
  static DialectServer& Shared(Kind kind);

  Kind kind() const { return kind_; }
  uint16_t port() const { return port_; }
  /// File with the authority to trust for TLS; MySQL 5.6 has no TLS.
  std::string authority() const { return home_ + "/authority.pem"; }
  /// As `RunStatements`, in `shop`.
  ServerRows Run(const std::string& statements) const;

 private:
  void Start(const std::string& programs);
  void StartMysql56(const std::string& programs, const std::string& log);
  void Stop();

  const Kind kind_;
  const std::vector<std::string> settings_;
  std::string home_;
  uint16_t port_ = 0;
  pid_t pid_ = 0;
};

}  // namespace keelboat::testing
