#include "app/status.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <nlohmann/json.hpp>

#include "keelboat/error.h"
#include "lake/view/latest.h"
#include "planner/increment.h"
#include "telemetry/run_record.h"

namespace keelboat {
namespace {

using Json = nlohmann::ordered_json;

template <typename T>
Json OrNull(const std::optional<T>& value) {
  return value.has_value() ? Json(*value) : Json(nullptr);
}

Json TextOrNull(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

// What the newest record that speaks of a table says of it.
struct LastWord {
  std::string run_id;
  TableRecord table;
};

std::optional<LastWord> Find(const std::vector<RunRecord>& records,
                             const std::string& table) {
  for (const RunRecord& record : records) {
    if (record.test) continue;
    for (const TableRecord& entry : record.tables) {
      if (entry.table == table) return LastWord{record.run_id, entry};
    }
  }
  return std::nullopt;
}

// The newest record in which the table was loaded.
std::optional<TableRecord> LastLoaded(const std::vector<RunRecord>& records,
                                      const std::string& table) {
  for (const RunRecord& record : records) {
    if (record.test) continue;
    for (const TableRecord& entry : record.tables) {
      if (entry.table == table && entry.warehouse_rows.has_value()) return entry;
    }
  }
  return std::nullopt;
}

void AddWarning(ProjectStatus& status, const std::string& text) {
  if (!status.warning.empty()) status.warning += "; ";
  status.warning += text;
}

arrow::Status FillFromLake(TableState& state, const LakeTable& table,
                           const LakeSnapshot& snapshot, ProjectStatus& status,
                           const std::stop_token& stop) {
  state.lake_version = snapshot.version;
  state.bytes = snapshot.bytes;
  state.files = static_cast<int64_t>(snapshot.files.size());
  const std::string watermark = ValueOf(snapshot, lake_key::kWatermark);
  if (!watermark.empty()) state.watermark = watermark;
  auto rows = [&]() -> arrow::Result<int64_t> {
    ARROW_ASSIGN_OR_RAISE(const auto key, KeyOf(snapshot));
    return CountLatest(table, snapshot.files, key, stop);
  }();
  if (rows.ok()) {
    state.rows = *rows;
    return arrow::Status::OK();
  }
  if (KindOf(rows.status()) == ErrorKind::kCancelled) return rows.status();
  AddWarning(status, "the rows of " + state.table +
                         " cannot be counted: " + rows.status().message());
  return arrow::Status::OK();
}

void FillFromLedger(TableState& state, const std::vector<LedgerRow>& ledger,
                    SystemTime now) {
  for (const LedgerRow& row : ledger) {
    if (row.table != state.table) continue;
    state.warehouse_version = row.lake_version;
    state.warehouse_rows = row.rows;
    state.lag_seconds =
        std::chrono::duration_cast<std::chrono::seconds>(now - row.loaded_at).count();
  }
}

}  // namespace

arrow::Result<ProjectStatus> GatherStatus(Project& project,
                                          const std::vector<std::string>& tables,
                                          const std::stop_token& stop) {
  ARROW_ASSIGN_OR_RAISE(auto chosen, project.Tables(tables, stop));
  ARROW_ASSIGN_OR_RAISE(auto lake, project.OpenLake(false));
  ARROW_ASSIGN_OR_RAISE(auto warehouse, project.OpenWarehouse(false));
  const auto records = ListRunRecords(project.config().log_dir() / "runs");
  const auto ledger = warehouse->ReadLedger();

  ProjectStatus status;
  if (!ledger.ok()) {
    AddWarning(status,
               "the warehouse cannot be asked, so its columns are those of the last run "
               "(stale): " +
                   ledger.status().message());
  }
  for (const ConfiguredTable& table : chosen) {
    TableState state;
    state.table = table.spec.table;
    state.strategy = LoadStrategyName(table.spec.strategy);
    ARROW_ASSIGN_OR_RAISE(auto lake_table, lake->Table(state.table));
    ARROW_ASSIGN_OR_RAISE(auto snapshot, lake_table->Latest());
    if (snapshot.has_value()) {
      ARROW_RETURN_NOT_OK(FillFromLake(state, *lake_table, *snapshot, status, stop));
    }
    if (ledger.ok()) {
      FillFromLedger(state, *ledger, project.clock().Now());
    } else {
      state.stale = true;
      if (auto loaded = LastLoaded(records, state.table)) {
        state.warehouse_version = loaded->lake_version;
        state.warehouse_rows = loaded->warehouse_rows;
      }
    }
    if (auto last = Find(records, state.table)) {
      state.last_run = last->run_id;
      state.last_error = last->table.error;
    }
    status.tables.push_back(std::move(state));
  }
  return status;
}

std::string StatusToJson(const ProjectStatus& status) {
  Json tables = Json::array();
  for (const TableState& state : status.tables) {
    tables.push_back({{"table", state.table},
                      {"strategy", state.strategy},
                      {"watermark", OrNull(state.watermark)},
                      {"lake_version", OrNull(state.lake_version)},
                      {"rows", OrNull(state.rows)},
                      {"bytes", OrNull(state.bytes)},
                      {"files", OrNull(state.files)},
                      {"warehouse_version", OrNull(state.warehouse_version)},
                      {"warehouse_rows", OrNull(state.warehouse_rows)},
                      {"lag_seconds", OrNull(state.lag_seconds)},
                      {"last_run", TextOrNull(state.last_run)},
                      {"last_error", TextOrNull(state.last_error)},
                      {"stale", state.stale}});
  }
  return Json{{"tables", std::move(tables)}, {"warning", TextOrNull(status.warning)}}
      .dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace keelboat
