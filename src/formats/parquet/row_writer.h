#pragma once

#include <memory>

#include <arrow/io/interfaces.h>
#include <arrow/result.h>
#include <arrow/type_fwd.h>

#include "formats/row_writer.h"

namespace keelboat {

/// \brief Makes a writer of one Parquet file of any Arrow type that Parquet has.
///
/// For files of their own; ParquetWriter writes those of a lake. zstd, row groups of at
/// most 122,880 rows or about 32 MiB, one of them in memory; the Arrow schema is kept
/// beside the Parquet one. kUnsupported for types that Parquet has not.
arrow::Result<std::unique_ptr<RowWriter>> MakeParquetRowWriter(
    const std::shared_ptr<arrow::Schema>& schema,
    std::shared_ptr<arrow::io::OutputStream> stream);

}  // namespace keelboat
