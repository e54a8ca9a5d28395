#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <arrow/result.h>

#include "lake/store.h"

namespace keelboat {

struct SpoolOptions {
  /// Path of a folder for the copies, of this process alone; asked for at the first one.
  /// It may be gone when the store is.
  std::function<arrow::Result<std::string>()> folder;
  /// All copies together; what does not fit is not kept.
  int64_t most_bytes = int64_t{4} << 30;
};

/// \brief `inner`, with copies on this machine of what is written by `Create`.
///
/// See Store::LocalCopy. A copy that cannot be kept is no error. Copies that were not
/// dropped stay in the folder. Thread-safe.
std::shared_ptr<Store> MakeSpoolStore(std::shared_ptr<Store> inner, SpoolOptions options);

}  // namespace keelboat
