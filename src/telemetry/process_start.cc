#include "telemetry/process_start.h"

#include <cerrno>
#include <csignal>
#include <fstream>
#include <sstream>
#include <string>

namespace keelboat {
namespace {

ProcessStat StatOf(int64_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  std::getline(file, text, '\0');
  return ParseProcessStat(text);
}

}  // namespace

ProcessStat ParseProcessStat(std::string_view text) {
  ProcessStat stat;
  // The program's name, second and in brackets, may hold spaces and brackets itself.
  const auto name_end = text.rfind(')');
  if (name_end == std::string_view::npos) return stat;
  std::istringstream fields{std::string(text.substr(name_end + 1))};
  fields >> stat.state;
  // The state is the third field, the start the twenty-second.
  std::string skipped;
  for (int field = 4; field < 22; ++field) fields >> skipped;
  fields >> stat.start;
  return stat;
}

int64_t ProcessStart(int64_t pid) { return StatOf(pid).start; }

bool ProcessIsGone(int64_t pid, int64_t start) {
  if (kill(static_cast<pid_t>(pid), 0) != 0 && errno == ESRCH) return true;
  const ProcessStat stat = StatOf(pid);
  if (stat.state == 'Z' || stat.state == 'X') return true;
  return start != 0 && stat.start != 0 && stat.start != start;
}

}  // namespace keelboat
