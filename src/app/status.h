#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <arrow/result.h>

#include "app/project.h"

namespace keelboat {

/// One table, as `keelboat status` shows it.
struct TableState {
  std::string table;
  std::string strategy;
  std::optional<std::string> watermark;  ///< Of a table that follows a cursor.
  std::optional<int64_t> lake_version;
  std::optional<int64_t> rows;  ///< Of the lake's latest-per-key view.
  std::optional<int64_t> bytes;
  std::optional<int64_t> files;
  std::optional<int64_t> warehouse_version;  ///< Lake version that the warehouse has.
  std::optional<int64_t> warehouse_rows;
  std::optional<int64_t>
      lag_seconds;         ///< Age of the warehouse's content; null: never loaded.
  std::string last_run;    ///< Id of the newest run that had it; empty: none.
  std::string last_error;  ///< What failed in that run; empty: nothing.
  /// True where the warehouse could not be asked and the last record speaks for it.
  bool stale = false;
};

struct ProjectStatus {
  std::vector<TableState> tables;
  std::string warning;  ///< What could not be told, or is stale; empty: nothing.
};

/// Reads lake, warehouse and run records (test runs left out); asks no source for rows.
arrow::Result<ProjectStatus> GatherStatus(Project& project,
                                          const std::vector<std::string>& tables,
                                          const std::stop_token& stop);

/// What `status --json` prints.
std::string StatusToJson(const ProjectStatus& status);

}  // namespace keelboat
