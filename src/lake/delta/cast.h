#pragma once

#include <memory>

#include <arrow/record_batch.h>
#include <arrow/result.h>

namespace keelboat::delta {

/// \brief Turns a batch of source types into the lake's types, exactly.
///
/// `lake_schema` comes from LakeSchemaOf. Columns that are the same in both are not
/// copied. A value that the lake's type cannot hold is kData and names column and row
/// (`rows_before` rows went before this batch): nanoseconds that microseconds cannot
/// express, text that is not UTF-8, an overflow.
arrow::Result<std::shared_ptr<arrow::RecordBatch>> CastToLake(
    const arrow::RecordBatch& batch, const std::shared_ptr<arrow::Schema>& lake_schema,
    int64_t rows_before);

}  // namespace keelboat::delta
