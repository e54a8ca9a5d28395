#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include <arrow/result.h>
#include <arrow/type_fwd.h>

#include "lake/lake.h"
#include "lake/view/cursor_window.h"
#include "lake/view/key_set.h"

namespace keelboat {

/// \brief The keys whose row that counts lies in `window`, and that `new_files` have not.
///
/// `files` are all of the table whose schema is given; `new_files` are its own too, not
/// committed yet. These are the keys that would vanish, or of which an older row would
/// come to light, if the window's rows went. Memory: as ViewOptions says, and the keys
/// that are returned.
arrow::Result<KeySet> WindowKeys(const LakeTable& table, const arrow::Schema& schema,
                                 const std::vector<DataFile>& files,
                                 const CursorWindow& window,
                                 const std::vector<DataFile>& new_files,
                                 const std::vector<std::string>& key,
                                 const std::stop_token& stop,
                                 const ViewOptions& options = {});

}  // namespace keelboat
