#include "cli/status_table.h"

#include "telemetry/figures.h"
#include "telemetry/text_table.h"

namespace keelboat {
namespace {

constexpr const char* kNothing = "-";

std::string Count(const std::optional<int64_t>& number) {
  return number.has_value() ? FormatCount(*number) : kNothing;
}

std::string Version(const std::optional<int64_t>& version) {
  return version.has_value() ? "v" + std::to_string(*version) : kNothing;
}

// The first line, cut: the whole message is in `keelboat history RUN`.
std::string Shortened(const std::string& message) {
  constexpr std::size_t kMost = 60;
  std::string line = message.substr(0, message.find('\n'));
  if (line.size() <= kMost) return line;
  std::size_t end = kMost;
  while (end > 0 && (line[end] & 0xC0) == 0x80) --end;
  return line.substr(0, end) + "…";
}

}  // namespace

std::string FormatStatus(const ProjectStatus& status) {
  using Align = TextTable::Align;
  TextTable table({{"table"},
                   {"strategy"},
                   {"watermark"},
                   {"lake", Align::kRight},
                   {"rows", Align::kRight},
                   {"size", Align::kRight},
                   {"warehouse", Align::kRight},
                   {"rows", Align::kRight},
                   {"age", Align::kRight},
                   {"last run"},
                   {"last error"}});
  for (const TableState& state : status.tables) {
    std::string warehouse = Version(state.warehouse_version);
    if (state.stale && state.warehouse_version.has_value()) warehouse += " (stale)";
    table.AddRow({state.table, state.strategy, state.watermark.value_or(kNothing),
                  Version(state.lake_version), Count(state.rows),
                  state.bytes.has_value() ? FormatBytes(*state.bytes) : kNothing,
                  warehouse, Count(state.warehouse_rows),
                  state.lag_seconds.has_value()
                      ? FormatAge(std::chrono::seconds(*state.lag_seconds))
                      : kNothing,
                  state.last_run.empty() ? kNothing : state.last_run,
                  Shortened(state.last_error)});
  }
  return table.ToString();
}

}  // namespace keelboat
