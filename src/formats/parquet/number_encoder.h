#pragma once

#include <memory>

#include "formats/parquet/column_encoder.h"

namespace keelboat::parquet_pages {

/// \brief Makes the encoder of a column of four or eight bytes a value.
///
/// Integers, dates, timestamps, floats and decimals that Parquet stores as integers.
/// Borrows the scratch pad, which is free again after each call.
std::unique_ptr<ColumnEncoder> MakeNumberEncoder(
    const ::parquet::ColumnDescriptor& descriptor,
    std::unique_ptr<PageCompressor> compressor, Bytes* scratch);

}  // namespace keelboat::parquet_pages
