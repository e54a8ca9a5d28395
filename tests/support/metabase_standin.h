#pragma once

#include <sys/types.h>

#include <string>

namespace keelboat::testing {

/// \brief The stand-in for a Metabase server (tests/support/metabase), for as long as
/// this lives. Every call throws std::runtime_error when it cannot be done.
class MetabaseStandin {
 public:
  /// Starts it: "v48", "v55" or "v63".
  explicit MetabaseStandin(const std::string& profile, int orders = 1000);
  ~MetabaseStandin();
  MetabaseStandin(const MetabaseStandin&) = delete;
  MetabaseStandin& operator=(const MetabaseStandin&) = delete;

  const std::string& url() const { return url_; }

  // As the server's own switches, described in its README.
  void Set(const std::string& settings_json);
  void Fault(const std::string& fault_json);
  void Expire();
  void Reset();
  std::string Log();
  /// How often an event is in the log: "login", "query_started".
  int Count(const std::string& event);

  static constexpr const char* kUsername = "analyst@example.com";
  static constexpr const char* kPassword = "pa55-wörd'%$";
  static constexpr const char* kApiKey =
      "mb_7Y4cVnTz0sJ2mQpXeHrB6uKdLw9aGfNi1oC3vE5tS8x=";

 private:
  std::string Ask(const std::string& method, const std::string& path,
                  const std::string& body);

  std::string url_;
  pid_t pid_ = 0;
};

}  // namespace keelboat::testing
