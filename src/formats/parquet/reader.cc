#include "formats/parquet/reader.h"

#include <numeric>
#include <utility>

#include <arrow/io/interfaces.h>
#include <arrow/type.h>
#include <parquet/arrow/reader.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/properties.h>

#include "keelboat/error.h"

namespace keelboat {
namespace {

constexpr int64_t kBatchRows = int64_t{1} << 16;

}  // namespace

arrow::Status AsDamagedParquet(const arrow::Status& status) {
  if (status.ok() || status.detail() != nullptr) return status;
  return MakeError(ErrorKind::kData,
                   "the Parquet file is cut off or damaged (" + status.message() +
                       "): restore it from a backup, or load the table in full "
                       "(--full-refresh)");
}

class ParquetReader::Impl {
 public:
  arrow::Status Open(std::shared_ptr<arrow::io::RandomAccessFile> file,
                     const std::vector<std::string>& columns) {
    ::parquet::ArrowReaderProperties arrow_properties(/*use_threads=*/false);
    arrow_properties.set_batch_size(kBatchRows);
    arrow_properties.set_pre_buffer(false);
    ::parquet::ReaderProperties properties;
    properties.set_page_checksum_verification(true);
    ::parquet::arrow::FileReaderBuilder builder;
    ARROW_RETURN_NOT_OK(builder.Open(std::move(file), properties));
    ARROW_ASSIGN_OR_RAISE(file_, builder.properties(arrow_properties)->Build());
    std::shared_ptr<arrow::Schema> schema;
    ARROW_RETURN_NOT_OK(file_->GetSchema(&schema));
    ARROW_ASSIGN_OR_RAISE(std::vector<int> indices, IndicesOf(*schema, columns));
    arrow::FieldVector fields;
    for (const int index : indices) fields.push_back(schema->field(index));
    schema_ = arrow::schema(std::move(fields));
    std::vector<int> groups(static_cast<std::size_t>(file_->num_row_groups()));
    std::iota(groups.begin(), groups.end(), 0);
    ARROW_ASSIGN_OR_RAISE(batches_, file_->GetRecordBatchReader(groups, indices));
    return arrow::Status::OK();
  }

  arrow::Result<std::shared_ptr<arrow::RecordBatch>> Next() {
    std::shared_ptr<arrow::RecordBatch> batch;
    ARROW_RETURN_NOT_OK(batches_->ReadNext(&batch));
    return batch;
  }

  const std::shared_ptr<arrow::Schema>& schema() const { return schema_; }
  int64_t rows() const { return file_->parquet_reader()->metadata()->num_rows(); }

 private:
  // Columns are flat, so a field's index is its leaf's.
  static arrow::Result<std::vector<int>> IndicesOf(
      const arrow::Schema& schema, const std::vector<std::string>& columns) {
    std::vector<int> indices;
    for (const std::string& column : columns) {
      const int index = schema.GetFieldIndex(column);
      if (index < 0) {
        return MakeError(ErrorKind::kNotFound, "the file has no column '" + column + "'",
                         {{"column", column}});
      }
      indices.push_back(index);
    }
    if (columns.empty()) {
      indices.resize(static_cast<std::size_t>(schema.num_fields()));
      std::iota(indices.begin(), indices.end(), 0);
    }
    return indices;
  }

  std::unique_ptr<::parquet::arrow::FileReader> file_;
  std::shared_ptr<arrow::Schema> schema_;
  std::unique_ptr<arrow::RecordBatchReader> batches_;
};

ParquetReader::ParquetReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ParquetReader::~ParquetReader() = default;

arrow::Result<std::unique_ptr<ParquetReader>> ParquetReader::Make(
    std::shared_ptr<arrow::io::RandomAccessFile> file,
    const std::vector<std::string>& columns) {
  auto impl = std::make_unique<Impl>();
  try {
    ARROW_RETURN_NOT_OK(AsDamagedParquet(impl->Open(std::move(file), columns)));
  } catch (const ::parquet::ParquetException& error) {
    return AsDamagedParquet(arrow::Status::Invalid(error.what()));
  }
  return std::unique_ptr<ParquetReader>(new ParquetReader(std::move(impl)));
}

const std::shared_ptr<arrow::Schema>& ParquetReader::schema() const {
  return impl_->schema();
}

int64_t ParquetReader::rows() const { return impl_->rows(); }

arrow::Result<std::shared_ptr<arrow::RecordBatch>> ParquetReader::Next() {
  try {
    auto batch = impl_->Next();
    if (!batch.ok()) return AsDamagedParquet(batch.status());
    return batch;
  } catch (const ::parquet::ParquetException& error) {
    return AsDamagedParquet(arrow::Status::Invalid(error.what()));
  }
}

}  // namespace keelboat
