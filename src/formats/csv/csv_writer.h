#pragma once

#include <memory>

#include <arrow/io/interfaces.h>
#include <arrow/result.h>
#include <arrow/type_fwd.h>

#include "formats/row_writer.h"

namespace keelboat {

/// \brief Makes a writer of CSV with a header, as RFC 4180 has it, with \n at the ends.
///
/// Null is nothing, an empty text is "". Texts are quoted where they must be. Other
/// values are spelled as core/cell_text.h says, lists and structs as JSON. kUnsupported
/// for types that have no text.
arrow::Result<std::unique_ptr<RowWriter>> MakeCsvWriter(
    const arrow::Schema& schema, std::shared_ptr<arrow::io::OutputStream> stream);

}  // namespace keelboat
