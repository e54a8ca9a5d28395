#include "lake/delta/sink.h"

#include <utility>
#include <vector>

#include <arrow/type.h>

#include "formats/parquet/writer.h"
#include "keelboat/error.h"
#include "keelboat/version.h"
#include "lake/delta/cast.h"
#include "lake/delta/hashing_stream.h"
#include "lake/delta/lake_type.h"
#include "lake/delta/name.h"
#include "lake/delta/statistics_json.h"

namespace keelboat::delta {
namespace {

// Parquet's library keeps some 2 KiB of each until the footer is written.
constexpr int64_t kMostChunks = 16 << 10;

class DeltaSink final : public LakeSink {
 public:
  DeltaSink(std::shared_ptr<Store> store, std::string folder, SinkOptions options,
            std::shared_ptr<arrow::Schema> lake_schema, const Clock& clock)
      : store_(std::move(store)),
        folder_(std::move(folder)),
        options_(std::move(options)),
        lake_schema_(std::move(lake_schema)),
        clock_(clock) {
    receipt_.ordinal = options_.ordinal;
  }

  ~DeltaSink() override {
    if (finished_) return;
    // Best effort: what stays behind is unreferenced, and vacuum's to delete.
    if (stream_ != nullptr) (void)stream_->Abort();
    writer_.reset();
    for (const DataFile& file : receipt_.files) {
      (void)store_->Delete(folder_ + "/" + file.path);
    }
  }

  arrow::Status Write(const arrow::RecordBatch& batch) override {
    if (broken_ || finished_) {
      return MakeError(ErrorKind::kInternal, "writing to a sink that is done");
    }
    arrow::Status status = WriteBatch(batch);
    broken_ = !status.ok();
    return status;
  }

  arrow::Result<Receipt> Finish() override {
    if (broken_ || finished_) {
      return MakeError(ErrorKind::kInternal, "finishing a sink that is done");
    }
    broken_ = true;
    if (writer_ != nullptr) ARROW_RETURN_NOT_OK(CloseFile());
    if (receipt_.rows != rows_seen_) {
      return MakeError(ErrorKind::kInternal,
                       "files hold " + std::to_string(receipt_.rows) + " rows of " +
                           std::to_string(rows_seen_) + " that came");
    }
    finished_ = true;
    return receipt_;
  }

 private:
  arrow::Status WriteBatch(const arrow::RecordBatch& batch) {
    ARROW_RETURN_NOT_OK(CheckSchema(*batch.schema()));
    ARROW_ASSIGN_OR_RAISE(auto lake_batch, CastToLake(batch, lake_schema_, rows_seen_));
    for (int64_t offset = 0; offset < lake_batch->num_rows();) {
      if (writer_ == nullptr) ARROW_RETURN_NOT_OK(OpenFile());
      ARROW_ASSIGN_OR_RAISE(int64_t rows, writer_->WriteSome(*lake_batch, offset));
      offset += rows;
      if (IsFull()) ARROW_RETURN_NOT_OK(CloseFile());
    }
    rows_seen_ += batch.num_rows();
    return arrow::Status::OK();
  }

  bool IsFull() const {
    if (!writer_->at_row_group_end()) return false;
    return writer_->bytes_written() >= options_.target_file_bytes ||
           int64_t{writer_->row_groups()} * lake_schema_->num_fields() >= kMostChunks;
  }

  arrow::Status CheckSchema(const arrow::Schema& schema) const {
    if (schema.Equals(*options_.schema, /*check_metadata=*/false)) {
      return arrow::Status::OK();
    }
    return MakeError(ErrorKind::kInternal, "a batch has the columns [" +
                                               schema.ToString() + "], announced were [" +
                                               options_.schema->ToString() + "]");
  }

  arrow::Status OpenFile() {
    file_name_ = NewDataFileName(options_.ordinal, options_.run_id,
                                 static_cast<int>(receipt_.files.size()));
    ARROW_ASSIGN_OR_RAISE(auto target, store_->Create(folder_ + "/" + file_name_));
    ARROW_ASSIGN_OR_RAISE(stream_, HashingStream::Make(std::move(target)));
    ParquetOptions options;
    options.metadata = {{"keelboat.version", kVersion},
                        {"keelboat.run_id", options_.run_id}};
    ARROW_ASSIGN_OR_RAISE(writer_,
                          ParquetWriter::Make(lake_schema_, stream_, std::move(options)));
    return arrow::Status::OK();
  }

  arrow::Status CloseFile() {
    ARROW_ASSIGN_OR_RAISE(ParquetFileInfo info, writer_->Finish());
    writer_.reset();
    ARROW_ASSIGN_OR_RAISE(std::string checksum, stream_->Checksum());
    DataFile file;
    file.path = file_name_;
    file.uri = store_->Uri(folder_ + "/" + file_name_);
    file.bytes = info.bytes;
    file.rows = info.rows;
    file.stats = StatisticsJson(*lake_schema_, info);
    file.checksum = std::move(checksum);
    file.rows_version = options_.rows_version;
    file.open_tail = options_.open_tail;
    // Known before the close, so that a failing close cannot leave it behind.
    receipt_.files.push_back(std::move(file));
    ARROW_RETURN_NOT_OK(stream_->Close());
    stream_.reset();
    receipt_.files.back().modified = clock_.Now();
    receipt_.rows += info.rows;
    receipt_.bytes += info.bytes;
    return arrow::Status::OK();
  }

  const std::shared_ptr<Store> store_;
  const std::string folder_;
  const SinkOptions options_;
  const std::shared_ptr<arrow::Schema> lake_schema_;
  const Clock& clock_;
  Receipt receipt_;
  int64_t rows_seen_ = 0;
  std::string file_name_;
  std::shared_ptr<HashingStream> stream_;
  std::unique_ptr<ParquetWriter> writer_;
  bool broken_ = false;
  bool finished_ = false;
};

}  // namespace

arrow::Result<std::unique_ptr<LakeSink>> MakeSink(std::shared_ptr<Store> store,
                                                  std::string folder,
                                                  const SinkOptions& options,
                                                  const Clock& clock) {
  ARROW_ASSIGN_OR_RAISE(auto lake_schema, LakeSchemaOf(*options.schema));
  return std::make_unique<DeltaSink>(std::move(store), std::move(folder), options,
                                     std::move(lake_schema), clock);
}

}  // namespace keelboat::delta
