#include "app/lookback.h"

#include <string>

#include "contracts/exact_number.h"
#include "core/quantity.h"
#include "keelboat/error.h"

namespace keelboat {

arrow::Status CheckLookback(std::string_view text) {
  if (auto number = ExactNumber::Parse(text); number.ok()) {
    if (!number->negative()) return arrow::Status::OK();
  } else if (ParseDuration(text).ok()) {
    return arrow::Status::OK();
  }
  return MakeError(
      ErrorKind::kConfig,
      "'" + std::string(text) +
          "' is neither a length of time (30s, 10m, 12h, 1d, 2w) nor a number "
          "of 0 or more");
}

}  // namespace keelboat
