#pragma once

#include <arrow/result.h>

#include "app/pipeline.h"

namespace keelboat {

struct Invocation;

/// \brief A pipeline run as people and programs follow it: bars or lines on standard
/// error, with --json the report on standard output. Returns the exit code.
arrow::Result<int> RunPhases(const Invocation& invocation,
                             const PipelineRequest& request);

}  // namespace keelboat
