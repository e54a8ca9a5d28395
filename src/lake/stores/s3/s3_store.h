#pragma once

#include <memory>

#include <arrow/result.h>

#include "core/clock.h"
#include "lake/store.h"
#include "lake/stores/s3/s3_options.h"
#include "net/http_client.h"

namespace keelboat {

/// \brief A store in a bucket of S3, MinIO or another service that speaks S3.
///
/// Does not connect. kConfig: an endpoint that is no "http(s)://host[:port]", a bucket or
/// keys that are missing with no place to look for them, a `tls_ca` that cannot be read.
/// An object of more than one part is visible when its last part has arrived and not
/// before. `Create` replaces an object of the same name. `clock` is borrowed.
arrow::Result<std::shared_ptr<Store>> MakeS3Store(S3Options options,
                                                  const Clock& clock = Clock::System());

/// Whom requests go through.
struct S3Clients {
  std::unique_ptr<HttpClient> store;
  std::unique_ptr<HttpClient> keys;  ///< To services of roles; may be null without them.
};

/// The same over other connections, for tests.
arrow::Result<std::shared_ptr<Store>> MakeS3Store(S3Options options, S3Clients clients,
                                                  const Clock& clock);

}  // namespace keelboat
