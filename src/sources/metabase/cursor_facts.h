#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include <arrow/result.h>

#include "sources/metabase/api.h"
#include "sources/source.h"

namespace keelboat::metabase {

/// \brief As SourceSnapshot::MeasureCursor.
///
/// `now` is the moment beyond which values are of the future, in the form of Predicate.
/// Costs a question or two, which scan the table where the database has no better way.
arrow::Result<CursorFacts> MeasureCursor(Api& api, const Relation& relation,
                                         const std::string& column,
                                         const std::string& where, const std::string& now,
                                         const std::stop_token& stop);

/// As Source::CountDuplicates, of a described relation.
arrow::Result<int64_t> CountDuplicates(Api& api, const Relation& relation,
                                       const std::vector<std::string>& columns,
                                       const std::stop_token& stop);

}  // namespace keelboat::metabase
