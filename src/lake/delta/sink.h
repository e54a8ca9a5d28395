#pragma once

#include <memory>
#include <string>

#include <arrow/result.h>

#include "core/clock.h"
#include "lake/lake.h"
#include "lake/store.h"

namespace keelboat::delta {

/// \brief Makes a sink that writes Parquet files into a table's folder.
///
/// A file ends with the row group that takes it to `target_file_bytes`, or to so many
/// column chunks that its footer would take more memory than its rows. Without rows
/// there is no file. `clock` must outlive the sink.
arrow::Result<std::unique_ptr<LakeSink>> MakeSink(std::shared_ptr<Store> store,
                                                  std::string folder,
                                                  const SinkOptions& options,
                                                  const Clock& clock);

}  // namespace keelboat::delta
