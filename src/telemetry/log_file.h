#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "core/clock.h"
#include "core/observer.h"
#include "telemetry/event_fields.h"

namespace spdlog {
class logger;
}  // namespace spdlog

namespace keelboat {

struct LogOptions {
  /// Empty: no file.
  std::filesystem::path path;
  bool json = false;     ///< JSON lines instead of text.
  bool verbose = false;  ///< Progress and every model and test as well.
  bool quiet = false;    ///< Only errors.
  /// Takes secrets out of every text; nullptr: nothing to hide.
  std::function<std::string(std::string_view)> redact = {};
  /// A descriptor that gets every line as well; -1: none.
  int mirror = -1;
  /// The file is set aside at this size; the last four are kept beside it.
  int64_t rotate_bytes = int64_t{16} << 20;
  const Clock* clock = &Clock::System();
};

/// \brief logs/keelboat.log: one line an event, as text or as JSON (docs/logs.md).
///
/// Thread-safe. Appends; each line is handed to the system at once. A file that cannot be
/// opened or a full disk never fails a run: `lost()` counts the lines that could not be
/// written, `problem()` says why.
class LogFile final : public Observer {
 public:
  /// Makes the folder where it is missing.
  explicit LogFile(LogOptions options);
  ~LogFile() override;

  void On(const Event& event) override;
  /// A line that is no event of a run: "check.failed", "command.failed" …
  void Write(LogLevel level, std::string_view name, const nlohmann::ordered_json& fields);

  int64_t lost() const;
  /// The first thing that went wrong; empty: nothing.
  std::string problem() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace keelboat
