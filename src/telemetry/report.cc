#include "telemetry/report.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "core/clock.h"
#include "telemetry/figures.h"
#include "telemetry/terminal_text.h"
#include "telemetry/text_table.h"

namespace keelboat {
namespace {

using std::chrono::microseconds;
using Align = TextTable::Align;

constexpr const char* kNothing = "-";

microseconds Seconds(double seconds) {
  return microseconds(static_cast<int64_t>(std::llround(seconds * 1e6)));
}

std::string Took(const RunRecord& record) {
  const auto from = ParseTime(record.started_at);
  const auto to = ParseTime(record.ended_at);
  if (!from.has_value() || !to.has_value()) return kNothing;
  return FormatDuration(*to - *from);
}

/// "2026-09-21 02:00:00".
std::string ShortTime(const std::string& text) {
  std::string time = text.substr(0, 19);
  std::replace(time.begin(), time.end(), 'T', ' ');
  return time.empty() ? kNothing : Printable(time);
}

std::string Painted(const std::string& status, const TextStyle& style) {
  if (status == "ok") return style.Good(status);
  if (status == "running") return style.Accent(status);
  if (status == "skipped") return style.Dim(status);
  return style.Bad(Printable(status));
}

struct Totals {
  int64_t ok = 0;
  int64_t rows = 0;
  int64_t quarantined = 0;
  int64_t bytes = 0;
};

Totals TotalsOf(const RunRecord& record) {
  Totals totals;
  for (const TableRecord& table : record.tables) {
    if (table.status == "ok") ++totals.ok;
    totals.rows += table.rows;
    totals.quarantined += table.quarantined;
    totals.bytes += table.bytes;
  }
  return totals;
}

std::string TablesOk(const RunRecord& record) {
  const Totals totals = TotalsOf(record);
  const auto all = static_cast<int64_t>(record.tables.size());
  if (totals.ok == all) return Plural(all, "table");
  return fmt::format("{} of {}", totals.ok, Plural(all, "table"));
}

std::string TransformText(const TransformRecord& transform, const TextStyle& style) {
  if (transform.status == "skipped") {
    return "dbt skipped" +
           (transform.reason.empty() ? "" : ": " + Printable(transform.reason));
  }
  std::string text = fmt::format("{} built{}{} passed", Plural(transform.models, "model"),
                                 style.Dot(), Plural(transform.tests, "test"));
  if (transform.failed > 0) {
    text += style.Dot() + style.Bad(FormatCount(transform.failed) + " failed");
  } else if (transform.status != "ok") {
    text = "dbt " + style.Bad(Printable(transform.status));
  }
  return text;
}

/// A message under its heading, wrapped and indented.
std::string Indented(const std::string& message, const TextStyle& style) {
  std::string text;
  for (const std::string& line : Wrapped(message, std::max(20, style.width - 4))) {
    text += "    " + Printable(line) + "\n";
  }
  return text;
}

std::string TablesText(const RunRecord& record, const TextStyle& style) {
  TextTable table({{"table"},
                   {"status"},
                   {"strategy"},
                   {"rows", Align::kRight},
                   {"size", Align::kRight},
                   {"rows/s", Align::kRight},
                   {"took", Align::kRight},
                   {"lake", Align::kRight},
                   {"warehouse", Align::kRight},
                   {"watermark"},
                   {"reason"}});
  for (const TableRecord& row : record.tables) {
    const bool moved = row.status == "ok" && row.seconds > 0 && !row.nothing_new;
    const auto rate =
        static_cast<int64_t>(moved ? static_cast<double>(row.rows) / row.seconds : 0);
    table.AddRow(
        {Printable(row.table), Painted(row.status, style), row.strategy,
         FormatCount(row.rows), FormatBytes(row.bytes),
         moved ? FormatCount(rate) : kNothing, FormatDuration(Seconds(row.seconds)),
         row.lake_version ? fmt::format("v{}", *row.lake_version) : kNothing,
         row.warehouse_rows ? FormatCount(*row.warehouse_rows) : kNothing,
         Printable(row.watermark.value_or(kNothing)),
         Printable(row.nothing_new && row.reason.empty() ? "nothing new" : row.reason)});
  }
  return table.ToString();
}

}  // namespace

std::string FormatRunSummary(const RunRecord& record, const TextStyle& style) {
  const bool ok = record.status == "ok";
  std::string text = (ok ? style.Tick() : style.Cross()) + " " +
                     style.Bold(record.command + " " + record.status) + " in " +
                     Took(record);
  if (!record.tables.empty()) {
    const Totals totals = TotalsOf(record);
    text += style.Dot() + TablesOk(record) + style.Dot() + FormatRows(totals.rows);
    if (totals.bytes > 0) text += style.Dot() + FormatBytes(totals.bytes);
    if (totals.quarantined > 0) {
      text += style.Dot() + style.Warn(FormatCount(totals.quarantined) + " quarantined");
    }
  }
  if (record.transform.has_value()) {
    text += style.Dot() + TransformText(*record.transform, style);
  }
  text += "\n  " + style.Dim("run " + record.run_id +
                             (ok ? ""
                                 : style.Dot() + "keelboat history " + record.run_id +
                                       " shows it in full"));
  return text;
}

std::string FormatRun(const RunRecord& record, const TextStyle& style) {
  std::string text = style.Bold("run " + record.run_id) + "  " +
                     Painted(record.status, style) +
                     (record.test ? "  " + style.Warn("test mode") : "") + "\n";
  text +=
      fmt::format("{} in {}{}{} UTC{}{}\n", record.command, record.environment,
                  style.Dot(), ShortTime(record.started_at), style.Dot(), Took(record));
  if (record.exit_code) text += fmt::format("exit code {}\n", *record.exit_code);
  if (!record.error.empty()) {
    text += "\n" + style.Bad("error") + " (" + record.error_kind + ")\n" +
            Indented(record.error, style);
  }
  if (!record.tables.empty()) text += "\n" + TablesText(record, style);
  for (const TableRecord& table : record.tables) {
    if (table.error.empty()) continue;
    text += "\n" + style.Bad(Printable(table.table)) + " (" + table.error_kind + ")\n" +
            Indented(table.error, style);
  }
  if (record.transform.has_value()) {
    const TransformRecord& transform = *record.transform;
    text += "\ntransform  " + Painted(transform.status, style) + style.Dot() +
            TransformText(transform, style) + style.Dot() +
            FormatDuration(Seconds(transform.seconds)) + "\n";
    const bool told = transform.status == "skipped" || transform.reason.empty();
    if (!told) text += Indented(transform.reason, style);
  }
  if (!record.versions.empty()) {
    text += "\n";
    for (const auto& [part, version] : record.versions) {
      text += style.Dim(fmt::format("{} {}", Printable(part), Printable(version))) + "\n";
    }
  }
  return text;
}

std::string FormatHistory(const std::vector<RunRecord>& records, const TextStyle& style) {
  TextTable table({{"run"},
                   {"command"},
                   {"environment"},
                   {"status"},
                   {"took", Align::kRight},
                   {"tables"},
                   {"rows", Align::kRight},
                   {"models and tests"}});
  for (const RunRecord& record : records) {
    if (record.status == "unreadable") {
      table.AddRow({Printable(record.run_id), "", "", Painted(record.status, style), "",
                    "", "", Printable(record.error)});
      continue;
    }
    const bool transformed = record.transform && record.transform->status != "skipped";
    table.AddRow({Printable(record.run_id),
                  record.command + (record.test ? " (test)" : ""), record.environment,
                  Painted(record.status, style), Took(record),
                  record.tables.empty() ? kNothing : TablesOk(record),
                  record.tables.empty() ? kNothing : FormatCount(TotalsOf(record).rows),
                  transformed ? TransformText(*record.transform, style) : kNothing});
  }
  return records.empty() ? "" : table.ToString();
}

}  // namespace keelboat
