#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <arrow/result.h>

#include "core/clock.h"
#include "core/observer.h"
#include "engine/task.h"
#include "lake/view/key_digest.h"
#include "lake/view/key_set.h"

namespace keelboat {

/// Rows that went through, over all slices of a table.
struct Progress {
  std::mutex mutex;
  int64_t rows = 0;
  int64_t bytes = 0;
};

/// What the commit of a slice came to.
struct Extracted {
  /// Why the increment will not do: nothing was committed. Empty: it was.
  std::string full_because;
  LakeSnapshot snapshot;  ///< The version that the commit made.
  int64_t rows = 0;
  int64_t quarantined = 0;
};

/// \brief Carries one slice of a table from its source into the lake: read, check, mask,
/// write, commit.
///
/// `Carry` may be called from several threads at once, once a partition; then one thread
/// calls `Finish`. Destroyed before a commit, it deletes the files that it wrote. Borrows
/// everything it is given.
class SliceLoad {
 public:
  SliceLoad(const TableTask& task, const Slice& slice, const EngineOptions& options,
            Progress& progress, Observer& observer, const Clock& clock);
  SliceLoad(const SliceLoad&) = delete;
  SliceLoad& operator=(const SliceLoad&) = delete;
  ~SliceLoad();

  /// \brief Reads one partition into files, again where an error may pass.
  ///
  /// A reader thread decodes while the calling thread checks and encodes. After an error
  /// nothing of the partition is left. Adds to `bytes` as they come.
  arrow::Status Carry(const Partition& partition, std::atomic<int64_t>& bytes,
                      const std::stop_token& stop);

  /// \brief Publishes what was carried, in one commit on top of `read_version`.
  ///
  /// Called once all partitions were carried. On any error nothing is published.
  arrow::Result<Extracted> Finish(std::optional<int64_t> read_version,
                                  const std::stop_token& stop);

 private:
  // One partition's files and what its rows came to.
  struct Carried {
    Receipt receipt;
    std::optional<Receipt> quarantined;
    std::shared_ptr<arrow::Schema> quarantine_schema;
    std::vector<Violation> violations;
    std::vector<std::string> warnings;
    int64_t rows_read = 0;
    int64_t null_keys = 0;
    int64_t null_cursors = 0;
    int64_t closed_null_cursors = 0;
  };

  const std::string& table() const { return task_.plan.spec.table; }
  bool patches() const { return task_.plan.strategy == LoadStrategy::kBackfill; }
  arrow::Result<Carried> CarryOnce(const Partition& partition,
                                   std::atomic<int64_t>& bytes,
                                   const std::stop_token& stop);
  void CountNulls(const arrow::RecordBatch& batch, const Partition& partition,
                  Carried& carried) const;
  void Advance(int64_t rows, int64_t bytes);
  void Keep(Carried carried);
  // Looks up what left the open tail, and takes what is gone out of the closed files.
  arrow::Status SettleVanished(int64_t read_version, const std::stop_token& stop);
  // Reads the rows of `keys` that the lookup's predicates hold of, a thousand at a time;
  // leaves the next free ordinal in it.
  arrow::Status LookUp(const KeySet& keys, Partition& lookup,
                       const std::stop_token& stop);
  // Backfill: takes the window's rows out of the files of the lake and of the quarantine,
  // and whatever older version of a row that is gone would come to light.
  arrow::Status SettleWindow(const LakeSnapshot& before, const std::stop_token& stop);
  arrow::Status SettleQuarantine(int ordinal, const std::stop_token& stop);
  // Takes out of `keys` what the receipts from these positions on hold.
  arrow::Status EraseCarried(std::size_t first, std::size_t first_quarantined,
                             KeySet& keys, const std::stop_token& stop) const;
  // Why the lake would not have the source's keys; empty: it would.
  arrow::Result<std::string> CompareKeys(int64_t read_version,
                                         const std::stop_token& stop);
  arrow::Result<KeyDigest> DigestSource(const std::stop_token& stop) const;
  arrow::Status Judge();
  arrow::Status JudgeViolations();
  arrow::Status JudgeQuality();
  arrow::Result<std::unique_ptr<LakeSink>> NewSink(
      LakeTable& lake_table, const std::shared_ptr<arrow::Schema>& schema,
      const Partition& partition) const;
  arrow::Result<std::optional<int64_t>> PublishQuarantine();
  LakeCommit NewCommit(const std::vector<Receipt>& receipts,
                       const std::shared_ptr<arrow::Schema>& schema) const;

  const TableTask& task_;
  const Slice& slice_;
  const EngineOptions& options_;
  Progress& progress_;
  Observer& observer_;
  const Clock& clock_;
  /// Of the files: after masks.
  std::shared_ptr<arrow::Schema> schema_;

  std::mutex mutex_;
  // Guarded by mutex_.
  std::shared_ptr<arrow::Schema> quarantine_schema_;
  std::vector<Receipt> receipts_;
  std::vector<Receipt> quarantine_receipts_;
  std::vector<std::string> removed_;
  std::vector<std::string> quarantine_removed_;
  std::vector<Violation> violations_;
  int64_t rows_read_ = 0;
  int64_t rows_written_ = 0;
  int64_t rows_quarantined_ = 0;
  int64_t null_keys_ = 0;
  int64_t null_cursors_ = 0;
  int64_t closed_null_cursors_ = 0;  // Of those, outside the open tail.

  bool committed_ = false;
  bool quarantine_committed_ = false;
};

}  // namespace keelboat
