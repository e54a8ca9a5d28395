#pragma once

#include <arrow/status.h>

#include "lake/delta/action.h"

namespace keelboat::delta {

/// kUnsupported, naming the feature, when the table needs more than keelboat reads.
arrow::Status CheckReadable(const Protocol& protocol, const Metadata& metadata);

/// kUnsupported, naming the feature, when a writer needs more than keelboat does.
arrow::Status CheckWritable(const Protocol& protocol, const Metadata& metadata);

/// \brief The protocol a table needs once it has these columns.
///
/// Never less than `current`. Timestamps without a zone need the table feature
/// timestampNtz, hence versions 3 and 7, where the features of version 2 are listed.
Protocol ProtocolFor(const Protocol& current, bool has_timestamp_without_zone);

}  // namespace keelboat::delta
