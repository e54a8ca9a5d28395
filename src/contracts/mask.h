#pragma once

#include <memory>

#include <arrow/array/array_base.h>
#include <arrow/result.h>

#include "contracts/contract.h"

namespace keelboat {

/// \brief The column with its values masked: utf8, nulls stay null.
///
/// hash: SHA-256 of the value's text, trimmed of white space and lower-cased (both by
/// Unicode), in lower-case hexadecimal; of a binary value its bytes as they are.
/// partial: the first and the last character kept, a star for every other one; two or
/// fewer become stars. Values that are not text are masked as AppendCellText spells
/// them. kData when a text is not valid UTF-8.
arrow::Result<std::shared_ptr<arrow::Array>> MaskColumn(
    const std::shared_ptr<arrow::Array>& column, MaskKind kind);

}  // namespace keelboat
