#include "formats/parquet/writer.h"

#include <algorithm>
#include <cmath>
#include <exception>
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
#include <parquet/properties.h>
#include <parquet/schema.h>

#include "formats/parquet/dictionary_choice.h"
#include "keelboat/error.h"
#include "keelboat/version.h"

namespace keelboat {
namespace {

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

// How many rows from `offset` on fit into `bytes`; at least one. Batches are small
// (16 MiB), so halving is exact enough.
int64_t RowsWithin(const arrow::RecordBatch& batch, int64_t offset, int64_t rows,
                   int64_t bytes, int64_t* used) {
  while (true) {
    *used = 0;
    for (const auto& column : batch.columns()) {
      *used += BytesOfRows(*column, offset, rows);
    }
    if (*used <= bytes || rows == 1) return rows;
    rows = (rows + 1) / 2;
  }
}

template <typename ArrayType>
bool HoldsNan(const arrow::Array& array) {
  const auto& floats = static_cast<const ArrayType&>(array);
  const auto* values = floats.raw_values();
  bool any = false;
  for (int64_t row = 0; row < array.length(); ++row) any |= std::isnan(values[row]);
  if (!any || array.null_count() == 0) return any;
  // What lies under a null does not count.
  for (int64_t row = 0; row < array.length(); ++row) {
    if (std::isnan(values[row]) && !array.IsNull(row)) return true;
  }
  return false;
}

bool HoldsNan(const arrow::Array& array) {
  if (array.type_id() == arrow::Type::FLOAT) return HoldsNan<arrow::FloatArray>(array);
  if (array.type_id() == arrow::Type::DOUBLE) return HoldsNan<arrow::DoubleArray>(array);
  return false;
}

}  // namespace

class ParquetWriter::Impl {
 public:
  Impl(std::shared_ptr<arrow::Schema> schema,
       std::shared_ptr<arrow::io::OutputStream> stream, ParquetOptions options)
      : schema_(std::move(schema)),
        stream_(std::move(stream)),
        options_(std::move(options)),
        arrow_properties_(::parquet::default_arrow_writer_properties()),
        context_(arrow::default_memory_pool(), arrow_properties_.get()),
        has_nan_(static_cast<std::size_t>(schema_->num_fields()), false),
        text_bounds_(static_cast<std::size_t>(schema_->num_fields())) {}

  // A file is given up by destruction: what the library would still write is wanted by
  // nobody, and what it throws then must not leave.
  ~Impl() {
    if (file_ == nullptr) return;
    (void)Guard([&] {
      file_.reset();
      return arrow::Status::OK();
    });
  }

  arrow::Result<int64_t> WriteSome(const arrow::RecordBatch& batch, int64_t offset) {
    if (file_ == nullptr) ARROW_RETURN_NOT_OK(Open(&batch));
    int64_t rows =
        std::min(batch.num_rows() - offset, options_.row_group_rows - group_rows_);
    if (rows <= 0) return 0;
    int64_t bytes = 0;
    rows =
        RowsWithin(batch, offset, rows, options_.row_group_bytes - group_bytes_, &bytes);
    ARROW_RETURN_NOT_OK(Guard([&] { return WriteRows(batch, offset, rows); }));
    group_rows_ += rows;
    group_bytes_ += bytes;
    if (group_rows_ >= options_.row_group_rows ||
        group_bytes_ >= options_.row_group_bytes) {
      ARROW_RETURN_NOT_OK(EndRowGroup());
    }
    return rows;
  }

  int64_t bytes_written() const { return bytes_written_; }
  bool at_row_group_end() const { return group_ == nullptr; }

  arrow::Result<ParquetFileInfo> Finish() {
    if (file_ == nullptr) ARROW_RETURN_NOT_OK(Open(nullptr));
    ARROW_RETURN_NOT_OK(EndRowGroup());
    ParquetFileInfo info;
    ARROW_RETURN_NOT_OK(Guard([&]() -> arrow::Status {
      file_->Close();
      const ::parquet::FileMetaData& metadata = *file_->metadata();
      info.rows = metadata.num_rows();
      info.row_groups = metadata.num_row_groups();
      ARROW_ASSIGN_OR_RAISE(info.bytes, stream_->Tell());
      for (int column = 0; column < schema_->num_fields(); ++column) {
        info.columns.push_back(ReadColumnStatistics(metadata, column));
        ColumnStatistics& statistics = info.columns.back();
        statistics.has_nan = has_nan_[static_cast<std::size_t>(column)];
        if (schema_->field(column)->type()->id() == arrow::Type::STRING) {
          const TextBounds& bounds = text_bounds_[static_cast<std::size_t>(column)];
          statistics.min = bounds.min();
          statistics.max = bounds.max();
        }
      }
      return arrow::Status::OK();
    }));
    return info;
  }

 private:
  arrow::Status Open(const arrow::RecordBatch* first) {
    ::parquet::WriterProperties::Builder builder;
    builder.version(::parquet::ParquetVersion::PARQUET_2_6)
        ->data_page_version(::parquet::ParquetDataPageVersion::V1)
        ->compression(::parquet::Compression::ZSTD)
        ->compression_level(options_.compression_level)
        ->created_by(std::string("keelboat version ") + kVersion)
        ->max_row_group_length(options_.row_group_rows)
        ->enable_store_decimal_as_integer()
        ->enable_write_page_index()
        ->enable_page_checksum();
    if (first != nullptr) {
      std::vector<bool> dictionaries = ChooseDictionaries(*first);
      for (int column = 0; column < schema_->num_fields(); ++column) {
        if (dictionaries[static_cast<std::size_t>(column)]) continue;
        builder.disable_dictionary(std::make_shared<::parquet::schema::ColumnPath>(
            std::vector<std::string>{schema_->field(column)->name()}));
      }
    }
    return Guard([&]() -> arrow::Status {
      std::shared_ptr<::parquet::WriterProperties> properties = builder.build();
      std::shared_ptr<::parquet::SchemaDescriptor> descriptor;
      ARROW_RETURN_NOT_OK(::parquet::arrow::ToParquetSchema(
          schema_.get(), *properties, *arrow_properties_, &descriptor));
      auto root = std::static_pointer_cast<::parquet::schema::GroupNode>(
          descriptor->schema_root());
      auto metadata = std::make_shared<arrow::KeyValueMetadata>();
      for (const auto& [key, value] : options_.metadata) metadata->Append(key, value);
      file_ = ::parquet::ParquetFileWriter::Open(stream_, std::move(root),
                                                 std::move(properties), metadata);
      return arrow::Status::OK();
    });
  }

  arrow::Status WriteRows(const arrow::RecordBatch& batch, int64_t offset, int64_t rows) {
    if (group_ == nullptr) group_ = file_->AppendBufferedRowGroup();
    for (int index = 0; index < batch.num_columns(); ++index) {
      const arrow::Field& field = *schema_->field(index);
      std::shared_ptr<arrow::Array> column = batch.column(index)->Slice(offset, rows);
      if (HoldsNan(*column)) has_nan_[static_cast<std::size_t>(index)] = true;
      if (column->type_id() == arrow::Type::STRING) {
        text_bounds_[static_cast<std::size_t>(index)].Add(
            static_cast<const arrow::StringArray&>(*column));
      }
      if (!field.nullable() && column->null_count() > 0) {
        return MakeError(ErrorKind::kData,
                         "column '" + field.name() +
                             "' is declared not null, but holds null: declare it "
                             "nullable at the source or filter those rows",
                         {{"column", field.name()}});
      }
      const int16_t* levels = field.nullable() ? DefinitionLevels(*column) : nullptr;
      ARROW_RETURN_NOT_OK(group_->column(index)->WriteArrow(
          levels, nullptr, rows, *column, &context_, field.nullable()));
    }
    return arrow::Status::OK();
  }

  // 1 for a value, 0 for null.
  const int16_t* DefinitionLevels(const arrow::Array& column) {
    const auto rows = static_cast<std::size_t>(column.length());
    if (column.null_count() == 0) {
      if (all_defined_.size() < rows) all_defined_.resize(rows, 1);
      return all_defined_.data();
    }
    levels_.resize(rows);
    for (std::size_t row = 0; row < rows; ++row) {
      levels_[row] = column.IsValid(static_cast<int64_t>(row)) ? 1 : 0;
    }
    return levels_.data();
  }

  arrow::Status EndRowGroup() {
    if (group_ == nullptr) return arrow::Status::OK();
    ARROW_RETURN_NOT_OK(Guard([&] {
      group_->Close();
      return arrow::Status::OK();
    }));
    group_ = nullptr;
    group_rows_ = group_bytes_ = 0;
    ARROW_ASSIGN_OR_RAISE(bytes_written_, stream_->Tell());
    return arrow::Status::OK();
  }

  const std::shared_ptr<arrow::Schema> schema_;
  const std::shared_ptr<arrow::io::OutputStream> stream_;
  const ParquetOptions options_;
  const std::shared_ptr<::parquet::ArrowWriterProperties> arrow_properties_;
  ::parquet::ArrowWriteContext context_;
  std::unique_ptr<::parquet::ParquetFileWriter> file_;
  ::parquet::RowGroupWriter* group_ = nullptr;
  int64_t group_rows_ = 0;
  int64_t group_bytes_ = 0;
  int64_t bytes_written_ = 0;
  std::vector<bool> has_nan_;
  std::vector<TextBounds> text_bounds_;
  std::vector<int16_t> all_defined_;
  std::vector<int16_t> levels_;
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
bool ParquetWriter::at_row_group_end() const { return impl_->at_row_group_end(); }
arrow::Result<ParquetFileInfo> ParquetWriter::Finish() { return impl_->Finish(); }

}  // namespace keelboat
