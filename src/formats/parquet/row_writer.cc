#include "formats/parquet/row_writer.h"

#include <utility>

#include <arrow/memory_pool.h>
#include <arrow/type.h>
#include <arrow/util/byte_size.h>
#include <parquet/arrow/writer.h>
#include <parquet/exception.h>
#include <parquet/properties.h>

#include "keelboat/error.h"
#include "keelboat/version.h"

namespace keelboat {
namespace {

constexpr int64_t kRowGroupRows = 122'880;
constexpr int64_t kRowGroupBytes = int64_t{32} << 20;

class ParquetRowWriter final : public RowWriter {
 public:
  explicit ParquetRowWriter(std::unique_ptr<::parquet::arrow::FileWriter> writer)
      : writer_(std::move(writer)) {}

  arrow::Status Write(const arrow::RecordBatch& batch) override {
    if (group_bytes_ >= kRowGroupBytes) {
      ARROW_RETURN_NOT_OK(Guard([&] { return writer_->NewBufferedRowGroup(); }));
      group_bytes_ = 0;
    }
    group_bytes_ += arrow::util::TotalBufferSize(batch);
    return Guard([&] { return writer_->WriteRecordBatch(batch); });
  }
  arrow::Status Finish() override {
    return Guard([&] { return writer_->Close(); });
  }

 private:
  // The library throws; nothing of that leaves this file.
  template <typename Call>
  static arrow::Status Guard(Call call) {
    try {
      return call();
    } catch (const ::parquet::ParquetStatusException& error) {
      return error.status();
    } catch (const std::exception& error) {
      return MakeError(ErrorKind::kInternal,
                       std::string("writing Parquet: ") + error.what());
    }
  }

  const std::unique_ptr<::parquet::arrow::FileWriter> writer_;
  int64_t group_bytes_ = 0;
};

}  // namespace

arrow::Result<std::unique_ptr<RowWriter>> MakeParquetRowWriter(
    const std::shared_ptr<arrow::Schema>& schema,
    std::shared_ptr<arrow::io::OutputStream> stream) {
  if (schema->num_fields() == 0) {
    return MakeError(ErrorKind::kUnsupported,
                     "a Parquet file needs a column: take another format for an answer "
                     "without one");
  }
  auto properties = ::parquet::WriterProperties::Builder()
                        .compression(arrow::Compression::ZSTD)
                        ->compression_level(1)
                        ->max_row_group_length(kRowGroupRows)
                        ->enable_write_page_index()
                        ->created_by(std::string("keelboat ") + kVersion)
                        ->build();
  auto arrow_properties =
      ::parquet::ArrowWriterProperties::Builder().store_schema()->build();
  auto writer = ::parquet::arrow::FileWriter::Open(
      *schema, arrow::default_memory_pool(), std::move(stream), std::move(properties),
      std::move(arrow_properties));
  if (!writer.ok()) {
    const bool type = writer.status().IsNotImplemented() || writer.status().IsInvalid();
    if (!type) return writer.status();
    return MakeError(ErrorKind::kUnsupported,
                     "this answer cannot be Parquet: " + writer.status().message() +
                         "; --format arrow takes every type");
  }
  return std::make_unique<ParquetRowWriter>(std::move(*writer));
}

}  // namespace keelboat
