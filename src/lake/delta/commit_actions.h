#pragma once

#include <string>
#include <vector>

#include <arrow/result.h>

#include "core/clock.h"
#include "lake/delta/action.h"
#include "lake/delta/log_state.h"
#include "lake/lake.h"

namespace keelboat::delta {

/// \brief What a commit writes into the log on top of `state`; nullptr: the table is new.
///
/// Pure. Errors: kUnsupported for columns that changed their type where rows stay, or
/// rows of several commits mixed by another program; kConflict for a file to be replaced
/// that is gone; kInternal for a commit that contradicts itself.
arrow::Result<std::vector<Action>> BuildActions(const LakeCommit& commit,
                                                const std::string& table,
                                                const LogState* state,
                                                const std::string& transaction_id,
                                                SystemTime now);

}  // namespace keelboat::delta
