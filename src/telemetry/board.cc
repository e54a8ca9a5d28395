#include "telemetry/board.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "telemetry/event_fields.h"
#include "telemetry/figures.h"
#include "telemetry/terminal_text.h"

namespace keelboat {
namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;

constexpr int kNarrowestName = 11;
constexpr int kWidestName = 40;
// What a finished table's line needs beside its name.
constexpr int kFactCells = 60;
// Less of a note than this tells nothing.
constexpr int kLeastNote = 12;
constexpr int kBarCells = 20;

microseconds Between(Board::Time from, Board::Time to) {
  return duration_cast<microseconds>(to - from);
}

bool IsTest(const std::string& type) { return type == "test" || type == "unit_test"; }

bool BuildsSomething(const std::string& type) {
  return type == "model" || type == "snapshot" || type == "seed";
}

std::string Joined(const std::vector<std::string>& parts, const std::string& between) {
  std::string joined;
  for (const std::string& part : parts) {
    if (part.empty()) continue;
    if (!joined.empty()) joined += between;
    joined += part;
  }
  return joined;
}

}  // namespace

void Board::Apply(const Event& event, Time now) {
  if (const auto* run = std::get_if<RunStarted>(&event)) {
    OnRunStarted(*run, now);
  } else if (const auto* started = std::get_if<TableStarted>(&event)) {
    OnTableStarted(*started, now);
  } else if (const auto* progress = std::get_if<TableProgress>(&event)) {
    Table& table = tables_[progress->table];
    table.rows = progress->rows;
    table.bytes = progress->bytes;
  } else if (const auto* retried = std::get_if<TableRetried>(&event)) {
    tables_[retried->table].rows = 0;
    kept_.push_back({.sign = options_.style.Bang(),
                     .name = retried->table,
                     .facts = "trying again in " + FormatDuration(retried->pause),
                     .message = Redacted(retried->cause.message())});
  } else if (const auto* committed = std::get_if<TableCommitted>(&event)) {
    OnCommitted(*committed);
  } else if (const auto* failed = std::get_if<TableFailed>(&event)) {
    tables_[failed->table].state = State::kFailed;
    kept_.push_back({.sign = options_.style.Cross(),
                     .name = failed->table,
                     .facts = fmt::format("{} failed", PhaseName(failed->phase)),
                     .message = Redacted(failed->cause.message()),
                     .failure = true});
  } else if (const auto* skipped = std::get_if<TableSkipped>(&event)) {
    Table& table = tables_[skipped->table];
    if (table.state == State::kFailed) return;  // it has been told why
    table.state = State::kDone;
    kept_.push_back({.sign = options_.style.Skipped(),
                     .name = skipped->table,
                     .facts = fmt::format("not {}ed", PhaseName(skipped->phase)),
                     .message = Redacted(skipped->reason)});
  } else if (const auto* warned = std::get_if<Warned>(&event)) {
    kept_.push_back({.sign = options_.style.Bang(),
                     .name = warned->table,
                     .message = Redacted(warned->message)});
  } else if (const auto* chosen = std::get_if<WorkersChosen>(&event)) {
    kept_.push_back({.facts = options_.style.Dim("  " + chosen->verdict)});
  } else if (const auto* transform = std::get_if<TransformStarted>(&event)) {
    tool_ = transform->tool;
    nodes_total_ = transform->nodes;
    transform_began_ = now;
  } else if (const auto* node = std::get_if<NodeStarted>(&event)) {
    running_[node->unique_id] = {node->name, node->resource_type, node->index};
    nodes_total_ = std::max(nodes_total_, node->total);
  } else if (const auto* node_done = std::get_if<NodeFinished>(&event)) {
    OnNodeFinished(*node_done);
  } else if (const auto* transformed = std::get_if<TransformFinished>(&event)) {
    OnTransformFinished(*transformed);
  }
}

void Board::OnRunStarted(const RunStarted& event, Time now) {
  began_ = now;
  command_ = event.command;
  all_known_ = !event.tables.empty() || event.command == "transform";
  if (all_known_) name_width_ = kNarrowestName;
  for (const std::string& table : event.tables) {
    tables_[table];
    MakeRoomFor(table);
  }
  const TextStyle& style = options_.style;
  std::string head = style.Bold("keelboat " + event.command);
  head += style.Dim(style.Dot() + event.environment + style.Dot() + event.run_id);
  if (event.test_mode) head += style.Dim(style.Dot()) + style.Warn("test mode");
  kept_.push_back({.facts = std::move(head)});
}

void Board::OnTableStarted(const TableStarted& event, Time now) {
  MakeRoomFor(event.table);
  Table& table = tables_[event.table];
  const bool extract = event.phase == Phase::kExtract;
  table.state = extract ? State::kExtracting : State::kLoading;
  if (extract) {
    table.rows = 0;
    table.bytes = 0;
  }
  table.estimate = event.estimated_rows;
  if (!event.reason.empty()) table.reason = event.reason;
  table.since = now;
  table.order = std::count_if(tables_.begin(), tables_.end(),
                              [](const auto& entry) { return entry.second.order > 0; }) +
                1;
}

void Board::OnCommitted(const TableCommitted& event) {
  Table& table = tables_[event.table];
  const bool extract = event.phase == Phase::kExtract;
  table.rows = event.rows;
  if (extract) {
    table.bytes = event.bytes;
    table.extract_took = event.took;
  }
  if (extract && command_ != "extract" && command_ != "fetch") {
    table.state = State::kExtracted;
    return;
  }
  table.state = State::kDone;
  const TextStyle& style = options_.style;
  Entry entry{.sign = style.Tick(), .name = event.table, .note = table.reason};
  if (event.nothing_new) {
    entry.facts = style.Dim("nothing new" + style.Dot() + FormatRows(table.rows));
    kept_.push_back(std::move(entry));
    return;
  }
  const microseconds took = table.extract_took + (extract ? microseconds(0) : event.took);
  const bool read = table.extract_took.count() > 0;
  entry.facts =
      PadLeft(FormatCount(table.rows), 11) + (table.rows == 1 ? " row " : " rows");
  entry.facts += PadLeft(FormatBytes(read ? table.bytes : event.bytes), 10);
  entry.facts +=
      PadLeft(FormatRate(table.rows, read ? table.extract_took : event.took), 19);
  entry.facts += PadLeft(FormatDuration(took), 9);
  kept_.push_back(std::move(entry));
}

void Board::OnNodeFinished(const NodeFinished& event) {
  running_.erase(event.unique_id);
  ++nodes_done_;
  const bool test = IsTest(event.resource_type);
  const LogLevel level = EventLevel(event);
  const TextStyle& style = options_.style;
  const std::string what = Printable(event.resource_type + " " + event.name);
  if (level == LogLevel::kError) {
    kept_.push_back({.sign = style.Cross(),
                     .facts = what,
                     .message = Redacted(event.message),
                     .failure = true});
    return;
  }
  if (level == LogLevel::kWarn) {
    ++tests_done_;
    kept_.push_back(
        {.sign = style.Bang(), .facts = what, .message = Redacted(event.message)});
    return;
  }
  const bool skipped = event.status == "skipped";
  if (!skipped && test) ++tests_done_;
  if (!skipped && BuildsSomething(event.resource_type)) ++models_done_;
  const bool wanted =
      options_.nodes == NodeLines::kAll ||
      (options_.nodes == NodeLines::kModels && BuildsSomething(event.resource_type));
  if (!wanted) return;
  const std::string end = skipped ? "skipped" : FormatDuration(event.took);
  kept_.push_back({.sign = skipped ? style.Skipped() : style.Tick(),
                   .facts = fmt::format("{}  {}", what, end)});
}

void Board::OnTransformFinished(const TransformFinished& event) {
  if (std::exchange(transform_done_, true)) return;
  running_.clear();
  const TextStyle& style = options_.style;
  Entry entry{.sign = style.Cross(), .name = tool_.empty() ? "dbt" : tool_};
  const std::string built = Plural(event.models, "model") + " built" + style.Dot() +
                            Plural(event.tests, "test") + " passed  " +
                            FormatDuration(event.took);
  if (event.status == "ok") {
    entry.sign = style.Tick();
    entry.facts = built;
  } else if (event.status == "skipped") {
    entry.sign = style.Skipped();
    entry.facts = "skipped";
    entry.message = Redacted(event.reason);
  } else {
    entry.failure = true;
    // Nodes that failed were each told in a line of their own.
    entry.facts = event.failed > 0
                      ? FormatCount(event.failed) + " failed" + style.Dot() + built
                      : "failed";
    if (event.failed == 0) entry.message = Redacted(event.reason);
  }
  kept_.push_back(std::move(entry));
}

std::vector<std::string> Board::TakeFinished(int width) { return Take(width, false); }
std::vector<std::string> Board::TakeFailures(int width) { return Take(width, true); }

std::vector<std::string> Board::Take(int width, bool failures_only) {
  std::vector<std::string> lines;
  for (const Entry& entry : std::exchange(kept_, {})) {
    if (!failures_only || entry.failure) AddLines(entry, width, lines);
  }
  return lines;
}

void Board::AddLines(const Entry& entry, int width,
                     std::vector<std::string>& lines) const {
  std::string head = entry.sign.empty() ? "" : entry.sign + " ";
  if (!entry.name.empty()) head += Cell(entry.name, width) + "  ";
  head += entry.facts;
  if (entry.message.empty()) {
    const int room = width - DisplayWidth(head) - 2;
    if (!entry.note.empty() && room >= kLeastNote) {
      head += options_.style.Dim("  " + Truncated(Printable(Redacted(entry.note)), room));
    }
    lines.push_back(Truncated(head, width));
    return;
  }
  const std::string line = head + (entry.facts.empty() ? "" : ": ") + entry.message;
  const bool one_line = entry.message.find('\n') == std::string::npos;
  if (one_line && DisplayWidth(line) <= width) {
    lines.push_back(line);
    return;
  }
  lines.push_back(Truncated(head, width));
  for (const std::string& line : Wrapped(entry.message, width - 4)) {
    lines.push_back("    " + line);
  }
}

std::vector<std::string> Board::Frame(Time now, int width, int height) const {
  std::vector<std::string> lines;
  const auto active = Active();
  const bool transforming = !tool_.empty() && !transform_done_;
  if (active.empty() && !transforming) return lines;
  const int room = std::max(1, height - (transforming ? 4 : 2));
  for (const auto& [name, table] : active) {
    if (static_cast<int>(lines.size()) == room) {
      lines.push_back(options_.style.Dim(
          fmt::format("  and {} more", active.size() - static_cast<size_t>(room))));
      break;
    }
    lines.push_back(TableLine(name, *table, now, width));
  }
  if (transforming) {
    lines.push_back(TransformLine(now, width));
    std::vector<std::string> names;
    for (const auto& [id, node] : running_) names.push_back(Printable(node.name));
    if (!names.empty()) {
      lines.push_back(options_.style.Dim("  running " + Joined(names, ", ")));
    }
  }
  lines.push_back(options_.style.Dim("  " + Totals(now)));
  for (std::string& line : lines) line = Truncated(line, width);
  return lines;
}

std::string Board::Line(Time now) const {
  std::vector<std::string> doing;
  for (const auto& [name, table] : Active()) {
    const bool extracting = table->state == State::kExtracting;
    doing.push_back(fmt::format("{} {} ({})", extracting ? "reading" : "loading",
                                Printable(name), FormatRows(table->rows)));
  }
  if (!tool_.empty() && !transform_done_) {
    doing.push_back(
        fmt::format("{} {} of {}", Printable(tool_), nodes_done_, nodes_total_));
    for (const auto& [id, node] : running_) doing.push_back(Printable(node.name));
  }
  if (doing.empty()) return {};
  return Totals(now) + ": " + Joined(doing, ", ");
}

std::string Board::TableLine(const std::string& name, const Table& table, Time now,
                             int width) const {
  const TextStyle& style = options_.style;
  const microseconds took = Between(table.since, now);
  const bool extracting = table.state == State::kExtracting;
  std::string line =
      style.Spinner(took.count() / 100000) + " " + Cell(name, width) + "  ";
  line += style.Dim(extracting ? "reading" : "loading") + "  ";
  const bool estimated = table.estimate.value_or(0) > 0;
  if (extracting && estimated) {
    const double share = std::min(
        0.99, static_cast<double>(table.rows) / static_cast<double>(*table.estimate));
    line += style.Bar(share, kBarCells) + "  ";
  }
  line += FormatCount(table.rows);
  // The estimate is the server's guess; once it is passed it says nothing.
  if (extracting && estimated && table.rows <= *table.estimate) {
    line += style.Dim(" of about " + FormatCount(*table.estimate));
  }
  line += " rows";
  if (!extracting) return line;
  line += "  " + FormatBytes(table.bytes);
  return line + style.Dim("  " + FormatRate(table.rows, took));
}

std::string Board::TransformLine(Time now, int width) const {
  const TextStyle& style = options_.style;
  const microseconds took = Between(transform_began_, now);
  const double share = nodes_total_ > 0 ? static_cast<double>(nodes_done_) /
                                              static_cast<double>(nodes_total_)
                                        : 0;
  return fmt::format("{} {}  {}  {} of {}{}{}{}{}", style.Spinner(took.count() / 100000),
                     Cell(tool_, width), style.Bar(share, kBarCells), nodes_done_,
                     nodes_total_, style.Dim(style.Dot()), Plural(models_done_, "model"),
                     style.Dim(style.Dot()), Plural(tests_done_, "test"));
}

std::string Board::Totals(Time now) const {
  int64_t done = 0;
  int64_t rows = 0;
  int64_t bytes = 0;
  for (const auto& [name, table] : tables_) {
    if (table.state == State::kDone || table.state == State::kFailed) ++done;
    rows += table.rows;
    bytes += table.bytes;
  }
  const std::string dot = options_.style.Dot();
  std::string totals = FormatElapsed(Between(began_, now));
  if (tables_.empty()) return totals;
  const std::string tables =
      all_known_ ? fmt::format("{} of {}", done,
                               Plural(static_cast<int64_t>(tables_.size()), "table"))
                 : Plural(done, "table") + " done";
  totals += dot + tables + dot + FormatRows(rows);
  if (bytes > 0) totals += dot + FormatBytes(bytes);
  return totals;
}

std::string Board::Redacted(std::string_view text) const {
  std::string safe = options_.redact ? options_.redact(text) : std::string(text);
  std::string printable;
  // Line breaks are the message's own; other control characters are not let through.
  for (const std::string& line : Wrapped(safe, 1 << 20)) {
    printable += (printable.empty() ? "" : "\n") + Printable(line);
  }
  return printable;
}

std::string Board::Cell(const std::string& name, int width) const {
  const int cells = std::clamp(width - kFactCells, kNarrowestName, name_width_);
  return PadRight(Truncated(Printable(name), cells), cells);
}

void Board::MakeRoomFor(const std::string& name) {
  name_width_ =
      std::max(name_width_, std::min(kWidestName, DisplayWidth(Printable(name))));
}

bool Board::IsActive(const Table& table) const {
  return table.state == State::kExtracting || table.state == State::kLoading;
}

std::vector<std::pair<std::string, const Board::Table*>> Board::Active() const {
  std::vector<std::pair<std::string, const Table*>> active;
  for (const auto& [name, table] : tables_) {
    if (IsActive(table)) active.emplace_back(name, &table);
  }
  std::sort(active.begin(), active.end(), [](const auto& left, const auto& right) {
    return left.second->order < right.second->order;
  });
  return active;
}

}  // namespace keelboat
