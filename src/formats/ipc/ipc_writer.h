#pragma once

#include <memory>

#include <arrow/io/interfaces.h>
#include <arrow/result.h>
#include <arrow/type_fwd.h>

#include "formats/row_writer.h"

namespace keelboat {

/// The two shapes of Arrow IPC.
enum class IpcShape {
  kFile,    ///< ".arrow": batches can be found from its end; Feather version 2.
  kStream,  ///< ".arrows": can be read while it is written.
};

/// Makes a writer of Arrow IPC. It takes every type and keeps the schema's metadata.
arrow::Result<std::unique_ptr<RowWriter>> MakeIpcWriter(
    const std::shared_ptr<arrow::Schema>& schema, IpcShape shape,
    std::shared_ptr<arrow::io::OutputStream> stream);

}  // namespace keelboat
