#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <arrow/result.h>
#include <arrow/status.h>

#include "contracts/contract.h"
#include "lake/lake.h"
#include "planner/plan.h"
#include "sources/source.h"

namespace keelboat {

/// \brief Plans a table again: in another view of its source, or in full for a reason.
///
/// Called from the engine's threads, for one table by one thread at a time.
using Replan = std::function<arrow::Result<TablePlan>(const std::string& full_because,
                                                      SourceSnapshot& snapshot,
                                                      const std::stop_token& stop)>;

/// \brief One table's work with everything that it touches. Borrowed parts outlive the
/// run.
struct TableTask {
  TablePlan plan;
  Source* source = nullptr;  ///< Borrowed; null when only loading.
  /// The view that the plan was made in; null when only loading.
  std::shared_ptr<SourceSnapshot> snapshot;
  Replan replan;                       ///< Empty when only loading.
  const Contract* contract = nullptr;  ///< Borrowed; null when the table has none.
  std::shared_ptr<LakeTable> lake_table;
  /// Where rows that break the contract go; its folder need not exist.
  std::shared_ptr<LakeTable> quarantine_table;
};

enum class TableStatus { kOk, kFailed, kSkipped, kInterrupted };

/// Returns "ok", "failed", "skipped" or "interrupted".
const char* TableStatusName(TableStatus status);

/// \brief What became of one table. Numbers count what this run did.
struct TableOutcome {
  std::string table;
  TableStatus status = TableStatus::kOk;
  std::string strategy;
  std::string reason;
  int64_t rows =
      0;  ///< Rows committed to the lake by this run; when only loading, in the lake.
  int64_t quarantined = 0;
  int64_t bytes = 0;
  int64_t files = 0;
  std::optional<int64_t> lake_version;
  std::optional<int64_t> warehouse_rows;  ///< In the table after this run's load.
  bool nothing_new = false;               ///< The warehouse already had this version.
  /// How consistent the read was: ConsistencyName, or "split" when the tables of this run
  /// were not all read in one view because it was lost on the way.
  std::string snapshot;
  std::string watermark;  ///< Of an incremental table; empty: none.
  double seconds = 0;
  arrow::Status error;
};

struct EngineOptions {
  std::string run_id;
  /// Partitions read side by side; each costs a connection, two threads and
  /// about two queues of memory.
  int workers = 2;
  /// All of them from the beginning; otherwise as many as turn out to help.
  bool workers_fixed = true;
  /// How many of them work until something is known, where the number is not fixed.
  int workers_at_first = 2;
  /// How to open a view anew after one was lost.
  SnapshotRequest snapshot;
  /// Bytes that wait between a table's reader and its writer.
  int64_t queue_bytes = int64_t{16} << 20;
  int64_t target_file_bytes = int64_t{128} << 20;
  /// Folder for copies of the lake's files, where the lake is not on this machine.
  std::string copies_folder;
};

}  // namespace keelboat
