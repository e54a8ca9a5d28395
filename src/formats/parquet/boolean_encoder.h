#pragma once

#include <memory>

#include "formats/parquet/column_encoder.h"

namespace keelboat::parquet_pages {

/// Makes the encoder of a column of booleans: bits, never a dictionary.
std::unique_ptr<ColumnEncoder> MakeBooleanEncoder(
    const ::parquet::ColumnDescriptor& descriptor,
    std::unique_ptr<PageCompressor> compressor);

}  // namespace keelboat::parquet_pages
