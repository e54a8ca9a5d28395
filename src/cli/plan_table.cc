#include "cli/plan_table.h"

#include "telemetry/figures.h"
#include "telemetry/text_table.h"

namespace keelboat {
namespace {

std::string Joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

int64_t PartitionsOf(const TablePlan& plan) {
  std::size_t count = 0;
  for (const Slice& slice : plan.slices) count += slice.partitions.size();
  return static_cast<int64_t>(count);
}

std::string Notes(const TablePlan& plan) {
  std::string notes;
  auto add = [&](const std::string& what, const std::vector<std::string>& names) {
    if (!names.empty())
      notes += "  " + plan.spec.table + ": " + what + Joined(names) + "\n";
  };
  add("new columns: ", plan.schema_change.added);
  add("dropped columns: ", plan.schema_change.dropped);
  add("changed types: ", plan.schema_change.retyped);
  for (const std::string& warning : plan.warnings) add("", {warning});
  return notes;
}

}  // namespace

std::string FormatPlan(const Plan& plan) {
  using Align = TextTable::Align;
  TextTable table({{"table"},
                   {"source"},
                   {"strategy"},
                   {"about rows", Align::kRight},
                   {"partitions", Align::kRight},
                   {"key"},
                   {"snapshot"},
                   {"lake", Align::kRight},
                   {"reason"}});
  std::string notes;
  for (const TablePlan& entry : plan.tables) {
    const auto& rows = entry.relation.estimated_rows;
    table.AddRow(
        {entry.spec.table, entry.spec.source, LoadStrategyName(entry.strategy),
         rows.has_value() ? FormatCount(*rows) : "?", FormatCount(PartitionsOf(entry)),
         entry.key.empty() ? "none" : Joined(entry.key),
         ConsistencyName(entry.snapshot.consistency),
         entry.lake_version.has_value() ? "v" + std::to_string(*entry.lake_version)
                                        : "new",
         entry.reason});
    notes += Notes(entry);
  }
  return table.ToString() + (notes.empty() ? "" : "\n" + notes);
}

}  // namespace keelboat
