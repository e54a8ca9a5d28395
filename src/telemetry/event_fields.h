#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "core/observer.h"

namespace keelboat {

enum class LogLevel { kDebug, kInfo, kWarn, kError };

/// Returns "debug", "info", "warn" or "error".
const char* LogLevelName(LogLevel level);

/// \brief An event's stable name, e.g. "table.committed"; users' alerts depend on it.
std::string EventName(const Event& event);
/// How grave an event is.
LogLevel EventLevel(const Event& event);
/// The event's facts in a fixed order; names are as stable as the event's.
nlohmann::ordered_json EventFields(const Event& event);

}  // namespace keelboat
