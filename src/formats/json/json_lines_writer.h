#pragma once

#include <memory>

#include <arrow/io/interfaces.h>
#include <arrow/result.h>
#include <arrow/type_fwd.h>

#include "formats/row_writer.h"

namespace keelboat {

/// \brief Makes a writer of JSON lines: an object a row, every column in every row.
///
/// Values as formats/json_cell.h says: numbers keep all of their digits, so a reader that
/// puts them into doubles may lose some that are here. kUnsupported for types that have
/// no JSON.
arrow::Result<std::unique_ptr<RowWriter>> MakeJsonLinesWriter(
    const arrow::Schema& schema, std::shared_ptr<arrow::io::OutputStream> stream);

}  // namespace keelboat
