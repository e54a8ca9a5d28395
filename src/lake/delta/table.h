#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "lake/delta/log.h"
#include "lake/delta/log_state.h"
#include "lake/lake.h"
#include "lake/store.h"

namespace keelboat::delta {

/// \brief A Delta Lake table in one folder of a store.
///
/// Holds nothing that changes: each call reads the log anew, so it is as thread-safe
/// as its store. `clock` must outlive it.
class DeltaTable final : public LakeTable {
 public:
  DeltaTable(std::shared_ptr<Store> store, const Clock& clock, std::string name);

  const std::string& name() const override { return name_; }
  std::string uri() const override;
  arrow::Result<std::optional<LakeSnapshot>> Latest() override;
  arrow::Result<LakeSnapshot> At(int64_t version) override;
  arrow::Result<std::unique_ptr<LakeSink>> NewSink(const SinkOptions& options) override;
  arrow::Result<std::shared_ptr<arrow::RecordBatch>> ToLakeTypes(
      const arrow::RecordBatch& batch) const override;
  arrow::Result<std::shared_ptr<arrow::io::RandomAccessFile>> OpenFile(
      const DataFile& file) const override;
  arrow::Status Download(const DataFile& file, const std::string& path,
                         const std::stop_token& stop) const override;
  std::optional<std::string> LocalCopy(const DataFile& file) const override {
    return store_->LocalCopy(PathOf(file.path));
  }
  void DropLocalCopies() override { store_->DropLocalCopies(folder_ + "/"); }
  arrow::Result<LakeSnapshot> Commit(const LakeCommit& commit) override;
  arrow::Status Discard(const std::vector<Receipt>& receipts) override;
  arrow::Result<std::vector<DataFile>> Vacuum(SystemTime older_than,
                                              bool dry_run) override;
  arrow::Status Drop() override;

 private:
  arrow::Result<LakeSnapshot> SnapshotOf(const LogState& state) const;
  arrow::Result<int64_t> CountRows(const std::string& path) const;
  arrow::Result<LakeSnapshot> TryCommit(const LakeCommit& commit);
  /// The snapshot of our own commit among those after `read_version`, or nullopt;
  /// kConflict when one of the others changed data.
  arrow::Result<std::optional<LakeSnapshot>> CheckCommitsSince(
      std::optional<int64_t> read_version, const std::string& transaction_id,
      const LogState& state);
  arrow::Status CheckFiles(const std::vector<Receipt>& receipts) const;
  /// Writes a checkpoint where one is due.
  void MaybeCheckpoint(const LogState& state) const;
  arrow::Result<std::vector<DataFile>> Unreferenced(SystemTime older_than) const;
  std::string PathOf(const std::string& file) const { return folder_ + "/" + file; }
  arrow::Status InContext(const arrow::Status& status, const char* doing) const;

  const std::shared_ptr<Store> store_;
  const Clock& clock_;
  const std::string name_;
  const std::string folder_;
  const Log log_;
};

}  // namespace keelboat::delta
