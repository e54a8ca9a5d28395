#pragma once

#include <memory>

#include <arrow/type_fwd.h>

#include "formats/parquet/column_encoder.h"

namespace keelboat::parquet_pages {

/// Makes the encoder of a column of text, bytes, or decimals stored as bytes.
std::unique_ptr<ColumnEncoder> MakeBytesEncoder(
    const arrow::DataType& type, const ::parquet::ColumnDescriptor& descriptor,
    std::unique_ptr<PageCompressor> compressor);

}  // namespace keelboat::parquet_pages
