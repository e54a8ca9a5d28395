#pragma once

#include <string_view>

#include <arrow/status.h>

namespace keelboat {

/// \brief kConfig unless the text is a lookback: a length of time ("10m", "1d"), or a
/// number that is not negative ("10000", "0.5"), for a numeric cursor.
///
/// Which of the two fits is known only when the cursor's type is.
arrow::Status CheckLookback(std::string_view text);

}  // namespace keelboat
