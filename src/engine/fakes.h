#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/observer.h"
#include "keelboat/error.h"
#include "lake/lake.h"
#include "sources/source.h"
#include "warehouses/warehouse.h"

// In-memory stand-ins for the engine's tests: each keeps the promises of its family
// header and can be told to fail.

namespace keelboat::fakes {

/// Serves the batches of one schema; `fail` may replace the n-th ReadNext of a read.
class FakeSource final : public Source {
 public:
  FakeSource(std::shared_ptr<arrow::Schema> schema,
             std::vector<std::shared_ptr<arrow::RecordBatch>> batches)
      : schema_(std::move(schema)), batches_(std::move(batches)) {}

  /// Asked before each ReadNext with (read number, batch number), both from 0.
  std::function<arrow::Status(int, int)> fail = [](int, int) {
    return arrow::Status::OK();
  };
  int reads = 0;
  /// Asked before a table is read, and before a view is opened anew.
  std::function<arrow::Status(const std::string& table)> fail_read =
      [](const std::string&) { return arrow::Status::OK(); };
  std::function<arrow::Status()> fail_open = [] { return arrow::Status::OK(); };
  int views = 0;  ///< That were asked for anew.

  const std::string& name() const override { return name_; }
  arrow::Result<SourceInfo> Check(const std::stop_token&) override {
    return SourceInfo{};
  }
  arrow::Result<std::vector<std::string>> ListTables(const std::stop_token&) override {
    return std::vector<std::string>{"t"};
  }
  arrow::Result<Relation> DescribeTable(const std::string& table,
                                        const std::stop_token&) override {
    Relation relation;
    relation.table = table;
    relation.schema = schema_;
    return relation;
  }
  arrow::Result<int64_t> CountDuplicates(const std::string&,
                                         const std::vector<std::string>&,
                                         const std::stop_token&) override {
    return 0;
  }
  arrow::Result<std::shared_ptr<SourceReader>> Read(const Relation&, const Partition&,
                                                    const std::stop_token& stop) override;
  arrow::Result<Relation> DescribeQuery(const std::string&,
                                        const std::stop_token& stop) override {
    return DescribeTable("", stop);
  }
  arrow::Result<Split> SplitRelation(const Relation&, const SplitRequest&,
                                     const std::stop_token&) override {
    return Split{{{}}, {}, ""};
  }
  arrow::Result<std::shared_ptr<SourceSnapshot>> OpenSnapshot(
      const SnapshotRequest&, const std::stop_token&) override;

 private:
  std::string name_ = "shop";
  std::shared_ptr<arrow::Schema> schema_;
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches_;
};

/// Reads what its source reads.
class FakeSnapshot final : public SourceSnapshot {
 public:
  explicit FakeSnapshot(Source* source) : source_(*source) {}
  const SnapshotInfo& info() const override { return info_; }
  arrow::Result<std::shared_ptr<SourceReader>> Read(
      const Relation& relation, const Partition& partition,
      const std::stop_token& stop) override {
    return source_.Read(relation, partition, stop);
  }
  arrow::Result<CursorFacts> MeasureCursor(const Relation&, const std::string&,
                                           const std::string&,
                                           const std::stop_token&) override {
    return CursorFacts{};
  }

 private:
  Source& source_;
  SnapshotInfo info_;
};

inline arrow::Result<std::shared_ptr<SourceSnapshot>> FakeSource::OpenSnapshot(
    const SnapshotRequest&, const std::stop_token&) {
  ++views;
  ARROW_RETURN_NOT_OK(fail_open());
  return std::make_shared<FakeSnapshot>(this);
}

/// A lake table in memory.
class FakeLakeTable final : public LakeTable {
 public:
  explicit FakeLakeTable(std::string name) : name_(std::move(name)) {}

  arrow::Status fail_commit;
  arrow::Status fail_download;
  std::optional<LakeSnapshot> latest;
  std::vector<LakeCommit> commits;
  int discarded = 0;
  std::map<std::string, std::string> local_copies;  ///< Paths, by path of the file.
  int open_files = 0;  ///< Written, neither committed nor discarded.

  const std::string& name() const override { return name_; }
  std::string uri() const override { return "/lake/" + name_; }
  arrow::Result<std::optional<LakeSnapshot>> Latest() override { return latest; }
  arrow::Result<LakeSnapshot> At(int64_t) override { return *latest; }
  arrow::Result<std::unique_ptr<LakeSink>> NewSink(const SinkOptions& options) override;
  arrow::Result<std::shared_ptr<arrow::RecordBatch>> ToLakeTypes(
      const arrow::RecordBatch& batch) const override {
    return batch.Slice(0);
  }
  arrow::Result<std::shared_ptr<arrow::io::RandomAccessFile>> OpenFile(
      const DataFile& file) const override {
    return MakeError(ErrorKind::kNotFound, "no file " + file.path);
  }
  arrow::Status Download(const DataFile& file, const std::string& path,
                         const std::stop_token& stop) const override;
  std::optional<std::string> LocalCopy(const DataFile& file) const override {
    const auto found = local_copies.find(file.path);
    if (found == local_copies.end()) return std::nullopt;
    return found->second;
  }
  void DropLocalCopies() override { local_copies.clear(); }
  arrow::Result<LakeSnapshot> Commit(const LakeCommit& commit) override;
  arrow::Status Discard(const std::vector<Receipt>& receipts) override;
  arrow::Result<std::vector<DataFile>> Vacuum(SystemTime, bool) override {
    return std::vector<DataFile>{};
  }
  arrow::Status Drop() override {
    latest.reset();
    return arrow::Status::OK();
  }

 private:
  std::string name_;
};

/// A warehouse that remembers what it was asked to load.
class FakeWarehouse final : public Warehouse {
 public:
  std::function<arrow::Status(const LoadRequest&)> fail = [](const LoadRequest&) {
    return arrow::Status::OK();
  };
  std::vector<LoadRequest> loads;

  arrow::Result<WarehouseInfo> Check(const std::stop_token&) override {
    return WarehouseInfo{};
  }
  arrow::Status Setup(const SetupRequest&, const std::stop_token&) override {
    return arrow::Status::OK();
  }
  arrow::Result<std::vector<LedgerRow>> ReadLedger() override {
    return std::vector<LedgerRow>{};
  }
  arrow::Result<LoadResult> Apply(const LoadRequest& request,
                                  const std::stop_token&) override {
    ARROW_RETURN_NOT_OK(fail(request));
    loads.push_back(request);
    return LoadResult{false, request.rows};
  }
  arrow::Result<Difference> Compare(const LoadRequest&, const std::stop_token&) override {
    return Difference{};
  }
  arrow::Status DropSchema() override { return arrow::Status::OK(); }
  arrow::Status Close() override { return arrow::Status::OK(); }
};

/// Keeps every event.
class EventLog final : public Observer {
 public:
  void On(const Event& event) override {
    std::lock_guard lock(mutex_);
    events.push_back(event);
  }
  template <typename T>
  std::vector<T> All() const {
    std::vector<T> found;
    for (const Event& event : events) {
      if (const T* match = std::get_if<T>(&event)) found.push_back(*match);
    }
    return found;
  }
  std::vector<Event> events;

 private:
  std::mutex mutex_;
};

}  // namespace keelboat::fakes
