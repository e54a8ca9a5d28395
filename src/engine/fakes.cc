#include "engine/fakes.h"

#include <fstream>

#include "core/stop.h"

namespace keelboat::fakes {
namespace {

class FakeReader final : public SourceReader {
 public:
  FakeReader(const FakeSource& source, int read, std::shared_ptr<arrow::Schema> schema,
             std::vector<std::shared_ptr<arrow::RecordBatch>> batches,
             std::stop_token stop)
      : source_(source),
        read_(read),
        schema_(std::move(schema)),
        batches_(std::move(batches)),
        stop_(std::move(stop)) {}

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }
  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* out) override {
    ARROW_RETURN_NOT_OK(CheckStop(stop_));
    ARROW_RETURN_NOT_OK(source_.fail(read_, next_));
    const auto index = static_cast<std::size_t>(next_++);
    *out = index < batches_.size() ? batches_[index] : nullptr;
    return arrow::Status::OK();
  }
  std::vector<std::string> Warnings() const override {
    return {"a warning of the reader"};
  }

 private:
  const FakeSource& source_;
  int read_;
  std::shared_ptr<arrow::Schema> schema_;
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches_;
  std::stop_token stop_;
  int next_ = 0;
};

class FakeSink final : public LakeSink {
 public:
  explicit FakeSink(FakeLakeTable& table) : table_(table) {}
  ~FakeSink() override {
    if (!finished_) ++table_.discarded;
  }
  arrow::Status Write(const arrow::RecordBatch& batch) override {
    rows_ += batch.num_rows();
    return arrow::Status::OK();
  }
  arrow::Result<Receipt> Finish() override {
    finished_ = true;
    ++table_.open_files;
    Receipt receipt;
    receipt.rows = rows_;
    receipt.bytes = rows_ * 10;
    receipt.files.push_back(
        {"part", table_.uri() + "/part", rows_ * 10, rows_, "", "", {}});
    return receipt;
  }

 private:
  FakeLakeTable& table_;
  int64_t rows_ = 0;
  bool finished_ = false;
};

}  // namespace

arrow::Result<std::shared_ptr<SourceReader>> FakeSource::Read(
    const Relation& relation, const Partition&, const std::stop_token& stop) {
  ARROW_RETURN_NOT_OK(fail_read(relation.table));
  return std::make_shared<FakeReader>(*this, reads++, schema_, batches_, stop);
}

arrow::Result<std::unique_ptr<LakeSink>> FakeLakeTable::NewSink(const SinkOptions&) {
  return std::make_unique<FakeSink>(*this);
}

arrow::Status FakeLakeTable::Download(const DataFile& file, const std::string& path,
                                      const std::stop_token&) const {
  std::ofstream(path) << "bytes of " << file.path;
  return fail_download;
}

arrow::Result<LakeSnapshot> FakeLakeTable::Commit(const LakeCommit& commit) {
  open_files -= static_cast<int>(commit.receipts.size());
  ARROW_RETURN_NOT_OK(fail_commit);
  commits.push_back(commit);
  LakeSnapshot snapshot;
  snapshot.version = latest.has_value() ? latest->version + 1 : 0;
  snapshot.schema = commit.schema;
  for (const Receipt& receipt : commit.receipts) {
    snapshot.rows += receipt.rows;
    snapshot.bytes += receipt.bytes;
    snapshot.files.insert(snapshot.files.end(), receipt.files.begin(),
                          receipt.files.end());
  }
  latest = snapshot;
  return snapshot;
}

arrow::Status FakeLakeTable::Discard(const std::vector<Receipt>& receipts) {
  open_files -= static_cast<int>(receipts.size());
  discarded += static_cast<int>(receipts.size());
  return arrow::Status::OK();
}

}  // namespace keelboat::fakes
