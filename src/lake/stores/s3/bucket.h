#pragma once

#include <string>
#include <vector>

#include <arrow/result.h>

#include "lake/stores/s3/s3_client.h"

namespace keelboat::s3 {

/// \brief Makes the bucket where there is none. As Store::Setup.
///
/// kConflict: somebody else has a bucket of that name.
arrow::Result<std::vector<std::string>> SetupBucket(const S3Client& client, bool dry_run);

}  // namespace keelboat::s3
