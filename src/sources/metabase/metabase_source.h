#pragma once

#include <memory>
#include <string>

#include <arrow/result.h>

#include "core/retry.h"
#include "keelboat/metabase_options.h"
#include "sources/source.h"

namespace keelboat {

/// \brief Makes a source that reads a database behind a Metabase server.
///
/// Does not connect: the first call that needs the server does, and the login is shared
/// by all calls from then on. kConfig for options that cannot be meant. `pauses` says how
/// long is waited before a question is asked again; how often that is, the options do.
arrow::Result<std::unique_ptr<Source>> MakeMetabaseSource(std::string name,
                                                          const MetabaseOptions& options,
                                                          const RetryPolicy& pauses = {});

}  // namespace keelboat
