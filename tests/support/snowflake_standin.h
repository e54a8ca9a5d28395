#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace keelboat::testing {

/// \brief The Snowflake service for tests (tests/support/snowflake_service), for as long
/// as this lives: one empty database. Every call throws std::runtime_error when it cannot
/// be done.
class SnowflakeStandin {
 public:
  SnowflakeStandin();
  ~SnowflakeStandin();
  SnowflakeStandin(const SnowflakeStandin&) = delete;
  SnowflakeStandin& operator=(const SnowflakeStandin&) = delete;

  /// One for the process, started when it is first asked for.
  static SnowflakeStandin& Shared();

  const std::string& host() const { return host_; }
  uint16_t port() const { return port_; }

  // As the service's own switches, described in its README.
  void Set(const std::string& settings_json);
  void Fault(const std::string& fault_json);
  void Reset();
  std::string Log();
  /// How often a text is in the log of statements.
  int Count(const std::string& text);
  /// Runs a statement past all locks, faults and rights; returns
  /// {"columns": […], "rows": [[…]]}.
  std::string Sql(const std::string& statement);

  static constexpr const char* kAccount = "stand-in";
  static constexpr const char* kUser = "LOADER";
  static constexpr const char* kPassword = "sn0w-wörd'%$";
  static constexpr const char* kToken = "pat-7Y4cVnTz0sJ2mQpXeHrB6uKdLw9aGfNi";
  static constexpr const char* kRole = "LOADER_ROLE";
  static constexpr const char* kWarehouse = "LOAD_WH";
  static constexpr const char* kDatabase = "OLIST";

 private:
  std::string Ask(const std::string& method, const std::string& path,
                  const std::string& body);

  std::string home_;
  std::string host_;
  uint16_t port_ = 0;
  pid_t pid_ = 0;
};

}  // namespace keelboat::testing
