#pragma once

#include <string>
#include <vector>

#include <arrow/result.h>

#include "core/clock.h"
#include "lake/store.h"
#include "lake/stores/s3/s3_client.h"

namespace keelboat::s3 {

/// An upload in parts that is under way, or was given up.
struct OpenUpload {
  std::string key;
  std::string id;
  SystemTime begun;
};

/// A request that lists what begins with a prefix; more of the query may be added.
S3Request ListRequest(const std::string& prefix);

/// \brief All objects whose key begins with `prefix`, sorted, notes and probes too.
///
/// ObjectInfo::path is the whole key.
arrow::Result<std::vector<ObjectInfo>> ListObjects(const S3Client& client,
                                                   const std::string& prefix);

/// The uploads that the store tells of; some tell only of those of exactly that key.
arrow::Result<std::vector<OpenUpload>> ListUploads(const S3Client& client,
                                                   const std::string& prefix);

}  // namespace keelboat::s3
