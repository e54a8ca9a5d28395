#pragma once

#include <cstdint>
#include <stop_token>
#include <string>

#include <arrow/result.h>

#include "core/clock.h"
#include "core/observer.h"
#include "engine/task.h"

namespace keelboat {

struct Extracted {
  LakeSnapshot snapshot;  ///< The version that the commit made.
  int64_t rows = 0;
  int64_t quarantined = 0;
};

/// \brief Carries one table from its source into the lake: read, check, mask, write,
/// commit.
///
/// A reader thread decodes while the calling thread checks and encodes. Retryable
/// errors begin the read again, as `plan.spec.retry` says. On any error nothing
/// of the table is published and its new files are deleted.
arrow::Result<Extracted> ExtractTable(const TableTask& task, const EngineOptions& options,
                                      Observer& observer, const Clock& clock,
                                      const std::stop_token& stop);

}  // namespace keelboat
