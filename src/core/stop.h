#pragma once

#include <stop_token>

#include <arrow/status.h>

#include "keelboat/error.h"

namespace keelboat {

/// Returns kCancelled once a stop was requested. Call it between units of work.
inline arrow::Status CheckStop(const std::stop_token& stop) {
  if (!stop.stop_requested()) return arrow::Status::OK();
  return MakeError(ErrorKind::kCancelled, "stopped on request");
}

}  // namespace keelboat
