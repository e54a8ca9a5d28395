#include "core/full_disk.h"

#include <string>

#include "keelboat/error.h"

namespace keelboat {

bool IsFullDisk(const arrow::Status& status) {
  const std::string error = DetailOf(status, "errno");
  return error == "ENOSPC" || error == "EDQUOT" || error == "EFBIG";
}

int ExitCodeOf(const arrow::Status& status) {
  return IsFullDisk(status) ? 1 : ExitCodeOf(KindOf(status));
}

}  // namespace keelboat
