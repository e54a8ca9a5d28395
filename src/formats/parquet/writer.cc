#include "formats/parquet/writer.h"

#include <algorithm>
#include <exception>
#include <string_view>
#include <utility>

#include <arrow/array.h>
#include <arrow/io/interfaces.h>
#include <arrow/memory_pool.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>
#include <parquet/arrow/schema.h>
#include <parquet/column_writer.h>
#include <parquet/exception.h>
#include <parquet/file_writer.h>
#include <parquet/metadata.h>
#include <parquet/page_index.h>
#include <parquet/properties.h>
#include <parquet/schema.h>

#include "formats/parquet/column_encoder.h"
#include "keelboat/error.h"
#include "keelboat/version.h"

namespace keelboat {
namespace {

using parquet_pages::ColumnEncoder;

constexpr std::string_view kMagic = "PAR1";

arrow::Status CheckType(const arrow::Field& field) {
  switch (field.type()->id()) {
    case arrow::Type::BOOL:
    case arrow::Type::INT8:
    case arrow::Type::INT16:
    case arrow::Type::INT32:
    case arrow::Type::INT64:
    case arrow::Type::FLOAT:
    case arrow::Type::DOUBLE:
    case arrow::Type::STRING:
    case arrow::Type::BINARY:
    case arrow::Type::DATE32:
    case arrow::Type::DECIMAL128:
      return arrow::Status::OK();
    case arrow::Type::TIMESTAMP:
      if (static_cast<const arrow::TimestampType&>(*field.type()).unit() ==
          arrow::TimeUnit::MICRO) {
        return arrow::Status::OK();
      }
      break;
    default:
      break;
  }
  return MakeError(ErrorKind::kUnsupported,
                   "column '" + field.name() +
                       "' has a type that is not written to "
                       "Parquet: " +
                       field.type()->ToString(),
                   {{"column", field.name()}});
}

// The library throws; nothing of that leaves this file.
template <typename Call>
arrow::Status Guard(const Call& call) {
  try {
    return call();
  } catch (const ::parquet::ParquetStatusException& error) {
    return error.status();
  } catch (const std::exception& error) {
    return MakeError(ErrorKind::kInternal,
                     std::string("writing parquet: ") + error.what());
  }
}

int64_t BytesOfRows(const arrow::Array& array, int64_t offset, int64_t rows) {
  if (array.type_id() == arrow::Type::STRING || array.type_id() == arrow::Type::BINARY) {
    const auto& strings = static_cast<const arrow::BinaryArray&>(array);
    return strings.value_offset(offset + rows) - strings.value_offset(offset) + rows * 4;
  }
  const auto& fixed = static_cast<const arrow::FixedWidthType&>(*array.type());
  return rows * fixed.bit_width() / 8;
}

// What encoders hold of a row, indices and levels, beside its data. Those of a few
// columns do not count: their row groups end with rows, at a number that suits readers.
int64_t StateOfRow(const arrow::Schema& schema) {
  constexpr int kUncounted = 64;
  constexpr int64_t kOfColumn = 2;
  constexpr int64_t kOfNullable = 2;
  int64_t bytes = 0;
  for (int column = kUncounted; column < schema.num_fields(); ++column) {
    bytes += kOfColumn + (schema.field(column)->nullable() ? kOfNullable : 0);
  }
  return bytes;
}

int64_t BytesOfRows(const arrow::RecordBatch& batch, int64_t offset, int64_t rows,
                    int64_t state_of_row) {
  int64_t bytes = rows * state_of_row;
  for (const auto& column : batch.columns()) bytes += BytesOfRows(*column, offset, rows);
  return bytes;
}

// How many rows from `offset` on fit into `bytes`; at least one. Batches are small
// (16 MiB), so halving is exact enough.
int64_t RowsWithin(const arrow::RecordBatch& batch, int64_t offset, int64_t rows,
                   int64_t bytes, int64_t state_of_row, int64_t* used) {
  while (true) {
    *used = BytesOfRows(batch, offset, rows, state_of_row);
    if (*used <= bytes || rows == 1) return rows;
    rows = (rows + 1) / 2;
  }
}

}  // namespace

class ParquetWriter::Impl {
 public:
  Impl(std::shared_ptr<arrow::Schema> schema,
       std::shared_ptr<arrow::io::OutputStream> stream, ParquetOptions options)
      : schema_(std::move(schema)),
        stream_(std::move(stream)),
        options_(std::move(options)),
        state_of_row_(StateOfRow(*schema_)) {}

  arrow::Result<int64_t> WriteSome(const arrow::RecordBatch& batch, int64_t offset) {
    if (metadata_ == nullptr) {
      ExpectRowsLike(batch);
      ARROW_RETURN_NOT_OK(Guard([&] { return Open(); }));
    }
    int64_t rows =
        std::min(batch.num_rows() - offset, options_.row_group_rows - group_rows_);
    if (rows <= 0) return 0;
    int64_t bytes = 0;
    rows = RowsWithin(batch, offset, rows, options_.row_group_bytes - group_bytes_,
                      state_of_row_, &bytes);
    ARROW_RETURN_NOT_OK(Guard([&] { return WriteRows(batch, offset, rows); }));
    group_rows_ += rows;
    group_bytes_ += bytes;
    if (group_rows_ >= options_.row_group_rows ||
        group_bytes_ >= options_.row_group_bytes) {
      ARROW_RETURN_NOT_OK(Guard([&] { return EndRowGroup(); }));
    }
    return rows;
  }

  int64_t bytes_written() const { return bytes_written_; }
  int row_groups() const { return row_groups_; }
  bool at_row_group_end() const { return group_rows_ == 0; }

  arrow::Result<ParquetFileInfo> Finish() {
    ParquetFileInfo info;
    ARROW_RETURN_NOT_OK(Guard([&]() -> arrow::Status {
      if (metadata_ == nullptr) ARROW_RETURN_NOT_OK(Open());
      ARROW_RETURN_NOT_OK(EndRowGroup());
      ARROW_ASSIGN_OR_RAISE(auto metadata, WriteFooter());
      info.rows = metadata->num_rows();
      info.row_groups = metadata->num_row_groups();
      ARROW_ASSIGN_OR_RAISE(info.bytes, stream_->Tell());
      for (int column = 0; column < schema_->num_fields(); ++column) {
        const auto& encoder = *encoders_[static_cast<std::size_t>(column)];
        info.columns.push_back(ReadColumnStatistics(*metadata, column));
        ColumnStatistics& statistics = info.columns.back();
        statistics.has_nan = encoder.has_nan();
        if (schema_->field(column)->type()->id() == arrow::Type::STRING) {
          statistics.min = encoder.min();
          statistics.max = encoder.max();
        }
      }
      return arrow::Status::OK();
    }));
    return info;
  }

 private:
  // How long a chunk will be, if the rest is like the first rows.
  void ExpectRowsLike(const arrow::RecordBatch& first) {
    const int64_t rows = std::max<int64_t>(first.num_rows(), 1);
    const int64_t bytes = BytesOfRows(first, 0, first.num_rows(), state_of_row_) / rows;
    context_.chunk_rows = std::min(
        options_.row_group_rows, options_.row_group_bytes / std::max<int64_t>(bytes, 1));
  }

  arrow::Status Open() {
    ::parquet::WriterProperties::Builder builder;
    builder.version(::parquet::ParquetVersion::PARQUET_2_6)
        ->data_page_version(::parquet::ParquetDataPageVersion::V1)
        ->compression(::parquet::Compression::ZSTD)
        ->compression_level(options_.compression_level)
        ->created_by(std::string("keelboat version ") + kVersion)
        ->enable_store_decimal_as_integer();
    std::shared_ptr<::parquet::WriterProperties> properties = builder.build();
    ARROW_RETURN_NOT_OK(::parquet::arrow::ToParquetSchema(
        schema_.get(), *properties, *::parquet::default_arrow_writer_properties(),
        &descriptor_));
    context_.compression_level = options_.compression_level;
    for (int column = 0; column < schema_->num_fields(); ++column) {
      ARROW_ASSIGN_OR_RAISE(auto encoder,
                            ColumnEncoder::Make(*schema_->field(column)->type(),
                                                *descriptor_->Column(column), &context_));
      encoders_.push_back(std::move(encoder));
    }
    metadata_ = ::parquet::FileMetaDataBuilder::Make(descriptor_.get(), properties);
    index_ = ::parquet::PageIndexBuilder::Make(descriptor_.get());
    return stream_->Write(kMagic.data(), static_cast<int64_t>(kMagic.size()));
  }

  arrow::Status WriteRows(const arrow::RecordBatch& batch, int64_t offset, int64_t rows) {
    for (int index = 0; index < batch.num_columns(); ++index) {
      const arrow::Field& field = *schema_->field(index);
      std::shared_ptr<arrow::Array> column = batch.column(index)->Slice(offset, rows);
      if (!field.nullable() && column->null_count() > 0) {
        return MakeError(ErrorKind::kData,
                         "column '" + field.name() +
                             "' is declared not null, but holds null: declare it "
                             "nullable at the source or filter those rows",
                         {{"column", field.name()}});
      }
      auto status = encoders_[static_cast<std::size_t>(index)]->Append(*column);
      if (!status.ok()) return AddContext(status, "writing column " + field.name());
    }
    return arrow::Status::OK();
  }

  arrow::Status EndRowGroup() {
    if (group_rows_ == 0) return arrow::Status::OK();
    ::parquet::RowGroupMetaDataBuilder* group = metadata_->AppendRowGroup();
    index_->AppendRowGroup();
    const auto ordinal = static_cast<int16_t>(row_groups_++);
    int64_t uncompressed = 0;
    for (int column = 0; column < schema_->num_fields(); ++column) {
      ::parquet::ColumnChunkMetaDataBuilder* chunk = group->NextColumnChunk();
      auto pages = ::parquet::PageWriter::Open(
          stream_, ::parquet::Compression::ZSTD, chunk, ordinal,
          static_cast<int16_t>(column), arrow::default_memory_pool(),
          /*buffered_row_group=*/false, nullptr, nullptr,
          /*page_write_checksum_enabled=*/true, index_->GetColumnIndexBuilder(column),
          index_->GetOffsetIndexBuilder(column),
          arrow::util::CodecOptions(options_.compression_level));
      ARROW_ASSIGN_OR_RAISE(
          int64_t bytes,
          encoders_[static_cast<std::size_t>(column)]->WriteChunk(pages.get(), chunk));
      uncompressed += bytes;
    }
    group->set_num_rows(group_rows_);
    group->Finish(uncompressed, ordinal);
    group_rows_ = group_bytes_ = 0;
    return stream_->Tell().Value(&bytes_written_);
  }

  arrow::Result<std::unique_ptr<::parquet::FileMetaData>> WriteFooter() {
    index_->Finish();
    const auto locations = index_->WriteTo(stream_.get());
    metadata_->SetIndexLocations(::parquet::IndexKind::kColumnIndex,
                                 locations.column_index_locations);
    metadata_->SetIndexLocations(::parquet::IndexKind::kOffsetIndex,
                                 locations.offset_index_locations);
    auto pairs = std::make_shared<arrow::KeyValueMetadata>();
    for (const auto& [key, value] : options_.metadata) pairs->Append(key, value);
    auto metadata = metadata_->Finish(pairs);
    ::parquet::WriteFileMetaData(*metadata, stream_.get());
    return metadata;
  }

  const std::shared_ptr<arrow::Schema> schema_;
  const std::shared_ptr<arrow::io::OutputStream> stream_;
  const ParquetOptions options_;
  const int64_t state_of_row_;
  std::shared_ptr<::parquet::SchemaDescriptor> descriptor_;
  parquet_pages::EncoderContext context_;
  std::vector<std::unique_ptr<ColumnEncoder>> encoders_;
  std::unique_ptr<::parquet::FileMetaDataBuilder> metadata_;
  std::unique_ptr<::parquet::PageIndexBuilder> index_;
  int row_groups_ = 0;
  int64_t group_rows_ = 0;
  int64_t group_bytes_ = 0;
  int64_t bytes_written_ = 0;
};

ParquetWriter::ParquetWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ParquetWriter::~ParquetWriter() = default;

arrow::Result<std::unique_ptr<ParquetWriter>> ParquetWriter::Make(
    std::shared_ptr<arrow::Schema> schema,
    std::shared_ptr<arrow::io::OutputStream> stream, ParquetOptions options) {
  for (const auto& field : schema->fields()) ARROW_RETURN_NOT_OK(CheckType(*field));
  return std::unique_ptr<ParquetWriter>(new ParquetWriter(
      std::make_unique<Impl>(std::move(schema), std::move(stream), std::move(options))));
}

arrow::Result<int64_t> ParquetWriter::WriteSome(const arrow::RecordBatch& batch,
                                                int64_t offset) {
  return impl_->WriteSome(batch, offset);
}

arrow::Status ParquetWriter::Write(const arrow::RecordBatch& batch) {
  for (int64_t offset = 0; offset < batch.num_rows();) {
    ARROW_ASSIGN_OR_RAISE(int64_t rows, WriteSome(batch, offset));
    offset += rows;
  }
  return arrow::Status::OK();
}

int64_t ParquetWriter::bytes_written() const { return impl_->bytes_written(); }
int ParquetWriter::row_groups() const { return impl_->row_groups(); }
bool ParquetWriter::at_row_group_end() const { return impl_->at_row_group_end(); }
arrow::Result<ParquetFileInfo> ParquetWriter::Finish() { return impl_->Finish(); }

}  // namespace keelboat
