#pragma once

namespace keelboat::transform {

/// The text of worker.py, for `python -c`. Put into the binary by the build.
extern const char* const kWorkerSource;

}  // namespace keelboat::transform
