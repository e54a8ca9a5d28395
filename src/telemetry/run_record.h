#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <arrow/result.h>

namespace keelboat {

/// What became of one table, as it is written down.
struct TableRecord {
  std::string table;
  std::string status;  ///< "ok", "failed", "skipped", "interrupted".
  std::string strategy;
  std::string reason;
  int64_t rows = 0;
  int64_t quarantined = 0;
  int64_t bytes = 0;
  int64_t files = 0;
  std::optional<int64_t> lake_version;
  std::optional<int64_t> warehouse_rows;
  std::optional<std::string> watermark;
  std::string snapshot;
  double seconds = 0;
  bool nothing_new = false;
  std::string error;       ///< Message; empty: none. Redacted by the caller.
  std::string error_kind;  ///< ErrorKindName; empty: none.
};

struct TransformRecord {
  std::string status;  ///< "ok", "failed", "skipped".
  int64_t models = 0;
  int64_t tests = 0;
  int64_t failed = 0;
  std::string reason;
  double seconds = 0;
};

/// \brief One run, as `logs/runs/<run_id>.json` keeps it. A value. Times are RFC 3339.
struct RunRecord {
  std::string run_id;
  std::string command;
  std::string environment;
  bool test = false;
  /// "running", "ok", "failed", "interrupted"; "died" when read back and its process is
  /// gone.
  std::string status = "running";
  std::optional<int> exit_code;
  std::string started_at;
  std::string ended_at;  ///< Empty while running.
  std::vector<TableRecord> tables;
  std::optional<TransformRecord> transform;
  std::string error;  ///< What stopped the whole run; redacted by the caller.
  std::string error_kind;
  std::map<std::string, std::string> versions;  ///< "keelboat", "source.shop", "dbt" …
  std::map<std::string, int64_t> events;        ///< How many of each kind.
  std::string plan_json;                        ///< JSON text; empty: none.
  /// How many partitions at once helped, where it was measured; empty: it was not.
  std::string workers;
  std::string host;
  int64_t pid = 0;
  int64_t pid_start = 0;  ///< ProcessStart of `pid`; 0: not known.
};

/// What `run`, `extract`, `load` and `transform` print under --json.
std::string RunReportJson(const RunRecord& record);

/// The whole record as JSON.
std::string RunRecordJson(const RunRecord& record);

/// Reads a record back; kData when it is not one.
arrow::Result<RunRecord> ParseRunRecord(const std::string& json);

/// \brief Writes `<folder>/<run_id>.json` in one step: the old content or the new.
///
/// Creates the folder. kUnavailable names the path and the cause.
arrow::Status WriteRunRecord(const std::filesystem::path& folder,
                             const RunRecord& record);

/// \brief All records of a folder, newest first; none when there is no folder.
///
/// A file that cannot be read as a record comes back with status "unreadable" and the
/// reason in `error`. A record of this host that says "running" of a process that is gone
/// says "died", also when another process has its number by now.
std::vector<RunRecord> ListRunRecords(const std::filesystem::path& folder);

}  // namespace keelboat
