#pragma once

#include <chrono>
#include <string>

namespace keelboat {

/// \brief How this machine's clock stands to a server's, for people: "clocks agree",
/// "this machine's clock is 5 s behind".
///
/// Servers tell whole seconds, and an answer takes its time: two seconds are nothing.
std::string ClockSkewText(std::chrono::seconds ahead);

}  // namespace keelboat
